import type { Host } from '../../src/targets/compose/host/host';

/** Answers of docker by the beginning of its arguments; the first that fits counts. */
export type DockerAnswers = [start: string, answer: string | { exitCode: number; stderr: string }][];

/** A host with a docker that answers from a table, and keeps what it was asked. Its files are those of `files`. */
export function hostWithDocker(
  files: Pick<Host, 'readFile' | 'writeFile' | 'remove' | 'list'>,
  answers: DockerAnswers,
): Host & { asked: string[] } {
  const asked: string[] = [];
  return {
    ...files,
    name: 'ssh://deploy@kdcube.example.com',
    asked,
    async run(program, args) {
      const command = args.join(' ');
      asked.push(command);
      const found = program === 'docker' ? answers.find(([start]) => command.startsWith(start))?.[1] : '';
      if (found === undefined) throw new Error(`No answer to docker ${command}`);
      return typeof found === 'string' ? { stdout: found, stderr: '', exitCode: 0 } : { stdout: '', ...found };
    },
    follow: () => Promise.reject(new Error('not asked')),
    close: () => Promise.resolve(),
  };
}
