import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readArguments, type Arguments } from './args';
import { create } from './create';

const git = spawnSync('git', ['--version']).status === 0;
const withGit = git || process.env.KD_REQUIRE_ENGINE === '1' ? it : it.skip;
const ENTRYPOINT =
  'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n@agentic_workflow(name="x")\nclass X:\n    pass\n';

let cwd: string;
beforeEach(() => (cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'create-kdcube-'))));
afterEach(() => fs.rmSync(cwd, { recursive: true }));

/** Runs it with a person who answers by these words of the questions; an empty text is the default. */
async function answered(argv: string[], answers: Record<string, string | boolean>) {
  const questions: string[] = [];
  const answerTo = (question: string) => {
    questions.push(question);
    return Object.entries(answers).find(([start]) => question.includes(start))?.[1];
  };
  const terminal = {
    ask: (question: string, fallback?: string) => Promise.resolve(String(answerTo(question) ?? fallback)),
    confirm: (question: string, fallback: boolean) => Promise.resolve((answerTo(question) as boolean | undefined) ?? fallback),
    close: () => undefined,
  };
  const lines: string[] = [];
  const given = readArguments([...argv, '--skip-install']) as Arguments;
  const failure = await create(given, { cwd, print: (line) => void lines.push(line), terminal }).catch((error: Error) => error);
  return { questions, lines, failure };
}

withGit('asks at most six questions, and uses nothing of what is there if the answer is no', async () => {
  fs.mkdirSync(path.join(cwd, 'bundles/x'), { recursive: true });
  fs.writeFileSync(path.join(cwd, 'bundles/x/entrypoint.py'), ENTRYPOINT);
  spawnSync('git', ['init', '--quiet'], { cwd });
  const answers = {
    folder: '.',
    'platform version': '2026.07.20.444',
    'images go': 'ghcr.io/acme',
    'Use them': false,
    uncommitted: true,
  };
  const { questions, lines, failure } = await answered([], answers);
  expect(failure).toBeUndefined();
  expect(questions).toEqual([
    'Which folder?',
    'Which platform version (platform.ref)?',
    'Where do images go, such as ghcr.io/acme? [later]',
    'Found bundle x. Use them?',
    'The repository has uncommitted changes (bundles/). Go on?',
  ]);
  expect(lines.join('\n')).not.toContain('bundle   bundles/x');
  expect(lines).toContain('  npx nx g @kdcube/nx:init --platformRef=2026.07.20.444 --registry=ghcr.io/acme --no-discover');
});

withGit('changes nothing if a person does not want to go on', async () => {
  fs.writeFileSync(path.join(cwd, 'package.json'), '{}');
  for (const isRepository of [false, true]) {
    if (isRepository) spawnSync('git', ['init', '--quiet'], { cwd });
    const { failure } = await answered(['.', '--platform-ref', '2026.07.20.444'], { 'Go on': false });
    expect(failure).toEqual(
      expect.objectContaining({ message: expect.stringMatching(/Stopped[^]*No file or folder was created or changed/) }),
    );
    expect(fs.readdirSync(cwd).filter((name) => name !== '.git')).toEqual(['package.json']);
    expect(fs.readFileSync(path.join(cwd, 'package.json'), 'utf8')).toBe('{}');
  }
});

it('asks nothing about a new folder but what is missing', async () => {
  const { questions, failure } = await answered(['acme', '--platform-ref', '2026.07.20.444', '--skip-git'], {});
  expect([failure, questions]).toEqual([undefined, ['Where do images go, such as ghcr.io/acme? [later]']]);
  expect(fs.readdirSync(path.join(cwd, 'acme')).sort()).toEqual(['.gitignore', 'nx.json', 'package.json']);
});
