// npm run demo in a fresh clone.
import fs from 'node:fs';
import path from 'node:path';
import { testWithEngine } from './support/engine';
import { pathWithoutEngine } from './support/image';
import { localNpm } from './support/npm';
import { ISOLATED_PLUGINS, type Ran, freshFolder, run } from './support/run';

const ROOT = path.resolve(__dirname, '..');
const AFFECTED = ['hello@1-0-0:stage', 'kdcube-chat-proc-bundled:docker-push', 'kdcube-exec-bundled:docker-push'];

async function demo(env: Record<string, string>, args: readonly string[] = []): Promise<Ran & { left: string }> {
  // Built and packed once: the demo would do both in the same folders.
  const npm = await localNpm();
  const left = freshFolder('demo');
  const ran = await run('npm', ['run', 'demo', ...args], {
    cwd: ROOT,
    env: { ...npm.env, ...ISOLATED_PLUGINS, ...env, TMPDIR: left },
  });
  return { ...ran, left };
}

/** The tasks that the demo lists as affected by its change. */
function affected(output: string): string[] {
  const section = output.slice(output.indexOf('Change one bundle'));
  return [...section.matchAll(/^ {2}(\S+:[a-z-]+)$/gm)].map(([, task]) => task!).sort();
}

test('succeeds without an engine, reports the skipped steps, and suggests the next commands', async () => {
  const ran = await demo({ PATH: pathWithoutEngine(), DOCKER_HOST: '' });
  expect([ran.exitCode, ran.exitCode === 0 ? '' : ran.output]).toEqual([0, '']);
  expect(affected(ran.output)).toEqual(AFFECTED);
  expect(ran.output).toContain('"module": "weather@2-1-0.entrypoint"');
  const end = ran.output.slice(ran.output.indexOf('── Done'));
  expect(end).toMatch(/Skipped: Starting an image: neither docker nor podman/);
  expect(ran.output.match(/Successfully ran targets? .*docker-push/g)).toHaveLength(2);
  expect(end).toContain(`cd ${ran.left}`);
});

test('--deploy continues with a rollout on a stand-in for ECS: one service restarts, a broken image is reported with its reason, and is rolled back', async () => {
  const { exitCode, output, left } = await demo({ PATH: pathWithoutEngine(), DOCKER_HOST: '' }, ['--', '--deploy']);
  expect([exitCode, exitCode === 0 ? '' : output]).toEqual([0, '']);
  const story = output.slice(output.indexOf('the cloud is a stand-in'));
  expect(story).toMatch(/^deployed {4}prod {2}prod-1, recorded as prod\.prod-1\.1/m);
  expect(story).toMatch(/^services {3}1 of 4 restart$/m);
  expect(story).toMatch(/^deployed {4}prod {2}prod-2, recorded as prod\.prod-2\.1/m);
  expect(story).toMatch(/^\[container-crashed\]\n.*exit code 1\..*\n(?:.*\n){3} +KeyError: 'GREETING'$/m);
  expect(story).toMatch(/Nx ended with 1[^]*"verdict":"rolled-back","exitCode":12,/);
  expect(story).toMatch(/^prod: prod-2, since/m);
  expect(story).toMatch(/ prod-3 +1 +rolled-back [^]* prod-2 +1 +succeeded [^]* prod-1 +1 +succeeded /);
  expect(story).toMatch(/^deployed {4}prod {2}prod-1, recorded as prod\.prod-1\.2[^]*^prod: prod-1, since/m);
  const journal = /^ {2}(\S+aws-calls\.ndjson)$/m.exec(story)![1]!;
  expect(journal.startsWith(left)).toBe(true);
  expect(fs.readFileSync(journal, 'utf8')).toContain('"op":"UpdateService"');
});

testWithEngine('with an engine, also starts an image that finds its bundles', async (engine) => {
  const ran = await demo(engine.env);
  expect([ran.exitCode, ran.exitCode === 0 ? '' : ran.output]).toEqual([0, '']);
  expect(affected(ran.output)).toEqual(AFFECTED);
  expect(ran.output).not.toContain('Skipped:');
  expect(ran.output).toMatch(/It started, and holds no platform\. In \/bundles:\n(?: {2}(?:weather@2-1-0|hello@1-0-0)\n){2}/);
});
