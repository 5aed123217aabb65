// npm run demo, as somebody runs it who has just cloned this repository.
import path from 'node:path';
import { testWithEngine } from './support/engine';
import { pathWithoutEngine } from './support/image';
import { localNpm } from './support/npm';
import { type Ran, freshFolder, run } from './support/run';

const ROOT = path.resolve(__dirname, '..');
const AFFECTED = ['hello@1-0-0:stage', 'kdcube-chat-proc-bundled:docker-push', 'kdcube-exec-bundled:docker-push'];

async function demo(env: Record<string, string>): Promise<Ran & { left: string }> {
  // Built and packed once: the demo does both too, in the same folders.
  const npm = await localNpm();
  const left = freshFolder('demo');
  const ran = await run('npm', ['run', 'demo'], { cwd: ROOT, env: { ...npm.env, ...env, TMPDIR: left } });
  return { ...ran, left };
}

/** What the demo says is affected by its one change. */
function affected(output: string): string[] {
  const said = output.slice(output.indexOf('Change one bundle'));
  return [...said.matchAll(/^ {2}(\S+:[a-z-]+)$/gm)].map(([, task]) => task!).sort();
}

test('without an engine it ends well, says what it left out, and what to type next in the folder that it made', async () => {
  const ran = await demo({ PATH: pathWithoutEngine(), DOCKER_HOST: '' });
  expect([ran.exitCode, ran.exitCode === 0 ? '' : ran.output]).toEqual([0, '']);
  expect(affected(ran.output)).toEqual(AFFECTED);
  expect(ran.output).toContain('"module": "weather@2-1-0.entrypoint"');
  const end = ran.output.slice(ran.output.indexOf('── Done'));
  expect(end).toMatch(/Left out: Starting an image: neither docker nor podman/);
  expect(ran.output.match(/Successfully ran targets? .*docker-push/g)).toHaveLength(2);
  expect(end).toContain(`cd ${ran.left}`);
});

testWithEngine('with an engine it also starts an image, which sees its bundles', async (engine) => {
  const ran = await demo(engine.env);
  expect([ran.exitCode, ran.exitCode === 0 ? '' : ran.output]).toEqual([0, '']);
  expect(affected(ran.output)).toEqual(AFFECTED);
  expect(ran.output).not.toContain('Left out');
  expect(ran.output).toMatch(/It started, and holds no platform\. In \/bundles:\n(?: {2}(?:weather@2-1-0|hello@1-0-0)\n){2}/);
});
