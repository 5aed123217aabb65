// The main job: from an empty folder to two images with the bundles in them, and what one change affects.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { pushStandIns } from './platform.mjs';
import { title } from './shop.mjs';

export const PLATFORM_REF = '2026.3.4.1716';
const OTHER_ID = 'weather@2-1-0';

/** `registry` has the platform's images; `own`: the demo started it, and no registry is configured for the release's images. `tarball(name)` is one of our packages. */
export async function mainJob(shop, { registry, own, tarball }) {
  const { place, dir, nx, run, commit } = shop;
  title(`A customer's repository in ${dir}`);
  const door = path.join(root, 'packages/create-kdcube/dist/index.js');
  await run(place, process.execPath, [
    door,
    dir,
    '--yes',
    // The stand-ins for the platform's images have versions that it never had.
    '--skip-ref-check',
    '--platform-ref',
    PLATFORM_REF,
    '--plugin',
    `file:${tarball('kdcube-nx')}`,
    '--plugin',
    `file:${tarball('kdcube-release')}`,
  ]);

  title('Two bundles: one made here, one from a second repository at a tag');
  const other = await makeOtherRepository(shop);
  await nx('g', '@kdcube/nx:bundle', 'hello@1-0-0', '--title', 'Hello');
  await nx('g', '@kdcube/nx:bundle', OTHER_ID, '--repo', `file://${other}`, '--ref', 'v2.1.0', '--subdir', 'service/bundles');
  await commit('Add two bundles');

  title('Pins: the commit of the tag, and the base of each image');
  await pushStandIns(registry, PLATFORM_REF);
  console.log(
    own
      ? `(The platform's images are small stand-ins, in a registry at ${registry} that runs until the demo ends.)`
      : `(The platform's images are small stand-ins, pushed to ${registry}.)`,
  );
  await nx('sync');
  await commit('Pin them');

  title('Validate, stage, and derive the bundle descriptor');
  await nx('run', 'release:validate');
  await nx('run-many', '-t', 'stage', '--output-style=static');
  await nx('run', 'release:descriptor');
  console.log(fs.readFileSync(path.join(dir, 'dist/release/agentic-bundles.json'), 'utf8'));

  title('Build the two images with the bundles in them: without a container engine');
  console.log(
    own
      ? '(No registry is configured, so they go to dist/images. KDCUBE_REGISTRY=127.0.0.1:5000 npm run demo pushes them to a registry on this machine.)'
      : `(KDCUBE_REGISTRY is set: they go to ${registry}.)`,
  );
  await nx('run-many', '-t', 'docker-push', '--output-style=static');
  if (own) await startImage(shop);

  title('Change one bundle, and see what that affects');
  fs.appendFileSync(path.join(dir, 'bundles/hello@1-0-0/README.md'), '\nChanged by the demo.\n');
  await commit('Change hello');
  const affected = await affectedTasks(shop);
  console.log(affected.map((task) => `  ${task}`).join('\n'));
  const expected = ['hello@1-0-0:stage', 'kdcube-chat-proc-bundled:docker-push', 'kdcube-exec-bundled:docker-push'];
  if (affected.join() !== expected.join()) throw new Error(`Expected exactly ${expected.join(', ')}.`);
  console.log(`\n${OTHER_ID} did not change: it is not staged again.`);
  await nx('affected', '-t', 'stage', 'docker-push', '--base=HEAD~1', '--output-style=static');
}

async function makeOtherRepository({ place, run }) {
  const other = path.join(place, 'weather-repo');
  const folder = path.join(other, 'service/bundles', OTHER_ID);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'entrypoint.py'),
    `try:
    from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint
except ImportError:
    from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow as bundle_entrypoint


@bundle_entrypoint(name="weather", version="2.1.0")
class Weather:
    def __init__(self, config, comm_context=None):
        self.config = config

    async def run(self, **payload):
        return {"final_answer": "Sunny, as in every demo."}
`,
  );
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'weather'],
    ['tag', 'v2.1.0'],
  ])
    await run(other, 'git', args, { quiet: true });
  console.log(`(A second repository in ${other}, tag v2.1.0.)`);
  return other;
}

/** Loads an image into the local engine, and starts it. */
async function startImage({ dir, nx, run, skipped }) {
  const image = 'kdcube-chat-proc-bundled';
  title('Start one of them, if docker or podman runs');
  const engine = ['docker', 'podman'].find(
    (program) => spawnSync(program, ['info'], { stdio: 'ignore', timeout: 20_000 }).status === 0,
  );
  if (!engine) {
    skipped.push('Starting an image: neither docker nor podman runs on this machine.');
    console.log('skipped: neither docker nor podman runs on this machine.');
    return;
  }
  await nx('run', `${image}:docker-push`, '--format=docker-archive', '--output-style=static');
  const { key } = JSON.parse(fs.readFileSync(path.join(dir, `dist/push/${image}/receipt.json`), 'utf8'));
  const name = `${engine === 'podman' ? 'localhost/' : ''}${image}:c-${key}`;
  await run(dir, engine, ['load', '--input', path.join(dir, `dist/images/${image}.tar`)]);
  await run(dir, engine, ['run', '--rm', '--network=none', name]);
  await run(dir, engine, ['rmi', name], { quiet: true });
}

async function affectedTasks({ output }) {
  const graph = await output('affected', '-t', 'stage', 'docker-push', '--base=HEAD~1', '--graph=stdout');
  const { tasks } = JSON.parse(graph.slice(graph.indexOf('{')));
  return Object.keys(tasks.tasks).sort();
}
