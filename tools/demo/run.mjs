// npm run demo: the main job, once, in a folder of its own. Needs Node and git; where docker or podman runs too, it starts an image.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { start } from '../registry/registry.mjs';
import { ensureInstalled, nxEnv, root } from '../setup.mjs';
import { pushStandIns } from './platform.mjs';

const PLATFORM_REF = '2026.3.4.1716';
const OTHER_ID = 'weather@2-1-0';

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-demo-'));
const shop = path.join(place, 'acme');
const leftOut = [];

// The demo must run for somebody who never told git a name.
const identity = {
  GIT_AUTHOR_NAME: 'KDCube demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_COMMITTER_NAME: 'KDCube demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
};

ensureInstalled();
title('Packing @kdcube/nx, @kdcube/release and create-kdcube');
const packed = execFileSync(process.execPath, [path.join(root, 'tools/pack.mjs')], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const tarball = (name) => packed.split('\n').find((line) => path.basename(line).startsWith(name) && line.endsWith('.tgz'));

const own = process.env.KDCUBE_REGISTRY ? undefined : await start({ port: 0 });
const registry = process.env.KDCUBE_REGISTRY ?? own.host;
const env = {
  ...identity,
  ...nxEnv,
  CI: 'true',
  KDCUBE_PLATFORM_REGISTRY: registry,
  KDCUBE_CACHE_DIR: path.join(place, 'cache'),
  NX_NO_CLOUD: 'true',
};
try {
  await main();
} finally {
  await own?.close();
}

async function main() {
  title(`A customer's repository in ${shop}`);
  const door = path.join(root, 'packages/create-kdcube/dist/index.js');
  await run(place, process.execPath, [
    door,
    shop,
    '--yes',
    '--platform-ref',
    PLATFORM_REF,
    '--plugin',
    `file:${tarball('kdcube-nx')}`,
    '--plugin',
    `file:${tarball('kdcube-release')}`,
  ]);

  title('Two bundles: one made here, one from a second repository at a tag');
  const other = await makeOtherRepository();
  await nx('g', '@kdcube/nx:bundle', 'hello@1-0-0', '--title', 'Hello');
  await nx('g', '@kdcube/nx:bundle', OTHER_ID, '--repo', `file://${other}`, '--ref', 'v2.1.0', '--subdir', 'service/bundles');
  await commit('Add two bundles');

  title('Pins: what the tag means, and which base the images stand on');
  await pushStandIns(registry, PLATFORM_REF);
  console.log(
    own
      ? `(The platform's images are small stand-ins that hold no platform, in a registry of the demo's own at ${registry} that runs until the demo ends.)`
      : `(The platform's images are small stand-ins that hold no platform, put into ${registry}.)`,
  );
  await nx('sync');
  await commit('Pin them');

  title('Check, stage, and derive what the platform is told');
  await nx('run', 'release:validate');
  await nx('run-many', '-t', 'stage', '--output-style=static');
  await nx('run', 'release:descriptor');
  console.log(fs.readFileSync(path.join(shop, 'dist/release/agentic-bundles.json'), 'utf8'));

  title('Build the two images with the bundles in them: without a container engine');
  console.log(
    own
      ? '(No registry is named, so they go to dist/images. KDCUBE_REGISTRY=127.0.0.1:5000 npm run demo sends them to a registry on this machine.)'
      : `(KDCUBE_REGISTRY is set: they go to ${registry}.)`,
  );
  await nx('run-many', '-t', 'docker-push', '--output-style=static');
  if (own) await startImage();

  title('Change one bundle, and see what that affects');
  fs.appendFileSync(path.join(shop, 'bundles/hello@1-0-0/README.md'), '\nChanged by the demo.\n');
  await commit('Change hello');
  const affected = await affectedTasks();
  console.log(affected.map((task) => `  ${task}`).join('\n'));
  const expected = ['hello@1-0-0:stage', 'kdcube-chat-proc-bundled:docker-push', 'kdcube-exec-bundled:docker-push'];
  if (affected.join() !== expected.join()) throw new Error(`Expected exactly ${expected.join(', ')}.`);
  console.log(`\n${OTHER_ID} did not change: it is not staged again.`);
  await nx('affected', '-t', 'stage', 'docker-push', '--base=HEAD~1', '--output-style=static');

  title('Done');
  for (const line of leftOut) console.log(`Left out: ${line}`);
  console.log(`What to type next, in the folder that the demo made:

  cd ${shop}
  npx nx g @kdcube/nx:bundle my-bundle      # a bundle of your own
  npx nx affected -t test stage             # test and stage what changed
  npx nx sync                               # the pins say again what release.yaml says
  npx nx run release:validate               # everything the platform would only say in a log
  npx nx show project release               # what else can be done
`);
  if (own)
    console.log(
      `The images are in ${path.join(shop, 'dist/images')}. They stand on the stand-ins, whose registry has ended with the demo: images for a platform begin with npm create kdcube.`,
    );
}

async function makeOtherRepository() {
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

/** Hands an image to the engine that runs here, and starts it. */
async function startImage() {
  const image = 'kdcube-chat-proc-bundled';
  title('Start one of them, where docker or podman runs');
  const engine = ['docker', 'podman'].find(
    (program) => spawnSync(program, ['info'], { stdio: 'ignore', timeout: 20_000 }).status === 0,
  );
  if (!engine) {
    leftOut.push('Starting an image: neither docker nor podman runs on this machine.');
    console.log('left out: neither docker nor podman runs on this machine.');
    return;
  }
  await nx('run', `${image}:docker-push`, '--format=docker-archive', '--output-style=static');
  const { key } = JSON.parse(fs.readFileSync(path.join(shop, `dist/push/${image}/receipt.json`), 'utf8'));
  const name = `${engine === 'podman' ? 'localhost/' : ''}${image}:c-${key}`;
  await run(shop, engine, ['load', '--input', path.join(shop, `dist/images/${image}.tar`)]);
  await run(shop, engine, ['run', '--rm', '--network=none', name]);
  await run(shop, engine, ['rmi', name], { quiet: true });
}

async function affectedTasks() {
  const said = await output([nxBin(), 'affected', '-t', 'stage', 'docker-push', '--base=HEAD~1', '--graph=stdout']);
  const { tasks } = JSON.parse(said.slice(said.indexOf('{')));
  return Object.keys(tasks.tasks).sort();
}

async function output(args) {
  const child = spawn(process.execPath, args, {
    cwd: shop,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  await once(child, 'close');
  return said;
}

async function commit(message) {
  await run(shop, 'git', ['add', '-A'], { quiet: true });
  await run(shop, 'git', ['commit', '-q', '-m', message], { quiet: true });
}

async function nx(...args) {
  console.log(`\n$ nx ${args.join(' ')}`);
  await run(shop, process.execPath, [nxBin(), ...args], { quiet: true });
}

function nxBin() {
  const home = path.join(shop, 'node_modules/nx');
  const { bin } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  return path.join(home, typeof bin === 'string' ? bin : bin.nx);
}

async function run(cwd, program, args, { quiet = false } = {}) {
  if (!quiet)
    console.log(
      `$ ${program === process.execPath ? 'node' : program} ${args.map((arg) => (path.relative(process.cwd(), arg).length < arg.length && path.isAbsolute(arg) ? path.basename(arg) : arg)).join(' ')}`,
    );
  // Not the synchronous one: the demo's registry answers from this very process.
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  const [status] = await once(child, 'close');
  if (status === 0) return;
  console.error(
    `\nThe demo stopped: ${path.basename(program)} ${args.join(' ')} ended with ${status}. Its folder stays for a look: ${place}`,
  );
  process.exit(1);
}

function title(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}`);
}
