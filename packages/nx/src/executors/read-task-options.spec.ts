import { KdcubeError } from '@kdcube/release/internal';
import { DockerPushOptions } from './docker-push/schema';
import { readTaskOptions } from './read-task-options';

const problemsOf = (raw: Record<string, unknown>): string[] => {
  try {
    readTaskOptions(DockerPushOptions, raw);
    return [];
  } catch (error) {
    return (error as KdcubeError).problems.map(({ code, message, hint }) => [code, message, hint ?? ''].join(' | '));
  }
};

it('applies defaults, and reads text where Nx parsed numbers', () => {
  const read = readTaskOptions(DockerPushOptions, { branch: 2026, args: { LEVEL: 5, ON: true }, verbose: true, dryRun: true });
  expect(read).toEqual({ branch: '2026', args: { LEVEL: '5', ON: 'true' }, dryRun: true, offline: false, json: false });
});

it.each<[Record<string, unknown>, string[]]>([
  [{ registri: 'x' }, ['wrong-option | There is no option --registri. | --registry']],
  [{ completely: 1 }, [expect.stringMatching(/no option --completely\. \| one of .*--registry/) as string]],
  [{ engine: 'kaniko' }, ['wrong-option | --engine: it is one of "auto", "oci", "buildx", "podman". | ']],
  [{ dryRun: 'maybe' }, ['wrong-option | --dryRun: it is a boolean. | ']],
  [{ platform: 'linux' }, ['wrong-option | --platform: it is a platform, such as linux/amd64. | ']],
  [
    { engine: 'x', registri: 1 },
    [expect.stringContaining('--engine') as string, expect.stringContaining('--registri') as string],
  ],
])('reports every wrong option, with the nearest one: %j', (raw, problems) => expect(problemsOf(raw)).toEqual(problems));
