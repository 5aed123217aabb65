// A customer's repository with many bundles, as `npm create kdcube` makes it, and the change of one file that every round begins with.
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { pythonModule } from './text.mjs';

export const PLATFORM_REF = '2026.7.20.444';
export const IMAGE = 'kdcube-chat-proc-bundled';
export const OTHER_IMAGE = 'kdcube-exec-bundled';
export const BASE_NAMES = ['kdcube-chat-proc', 'py-code-exec'];
const CHANGED = ['bundle-17', 'services/step_07.py'];

const identity = {
  GIT_AUTHOR_NAME: 'KDCube bench',
  GIT_AUTHOR_EMAIL: 'bench@example.com',
  GIT_COMMITTER_NAME: 'KDCube bench',
  GIT_COMMITTER_EMAIL: 'bench@example.com',
};

/** The files of a bundle: about 20, which are about 22 kB when they are compressed. */
export function bundleFiles(index) {
  const files = new Map([
    ['__init__.py', Buffer.from('')],
    ['entrypoint.py', Buffer.from(entrypoint(index))],
    ['services/__init__.py', Buffer.from('')],
    ['README.md', Buffer.from(`# Bundle ${index}\n\nMade for the bench.\n`)],
  ]);
  for (let step = 1; step <= 16; step += 1)
    files.set(`services/step_${String(step).padStart(2, '0')}.py`, Buffer.from(pythonModule(index * 100 + step, 6_000)));
  return files;
}

export function bundleIds(count) {
  return Array.from({ length: count }, (_, index) => `bundle-${String(index + 1).padStart(2, '0')}`);
}

/** Makes the repository in `dir` (which must not be there) with these packages, and a plain folder beside it with the same files, for those who build from a folder. */
export function makeShop(dir, count, cache) {
  const env = { KDCUBE_CACHE_DIR: cache };
  const packed = execFileSync(process.execPath, [path.join(root, 'tools/pack.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const plugins = ['kdcube-nx', 'kdcube-release'].map((name) =>
    packed.split('\n').find((line) => path.basename(line).startsWith(name)),
  );
  const door = path.join(root, 'packages/create-kdcube/dist/index.js');
  execFileSync(
    process.execPath,
    [
      door,
      dir,
      '--yes',
      '--skip-ref-check',
      '--platform-ref',
      PLATFORM_REF,
      ...plugins.flatMap((file) => ['--plugin', `file:${file}`]),
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...identity, ...env },
    },
  );
  for (const [index, id] of bundleIds(count).entries()) write(path.join(dir, 'bundles', id), bundleFiles(index + 1));
  const release = path.join(dir, 'release.yaml');
  const items = bundleIds(count).map((id) => `    - id: ${id}\n`);
  fs.writeFileSync(release, fs.readFileSync(release, 'utf8').replace('  items: []\n', `  items:\n${items.join('')}`));
  execFileSync('git', ['remote', 'add', 'origin', 'git@example.com:acme/acme.git'], { cwd: dir });
  commit(dir, 'Many bundles');
}

/** What is known of a repository that is there. */
export function openShop(dir, count) {
  const files = new Map();
  for (const [index, id] of bundleIds(count).entries())
    for (const [name, bytes] of bundleFiles(index + 1)) files.set(`bundles/${id}/${name}`, bytes);
  const context = path.join(path.dirname(dir), 'context');
  fs.rmSync(context, { recursive: true, force: true });
  // Into both: a repository of an earlier run may hold other texts.
  for (const folder of [dir, context]) write(folder, files);
  const [bundle, file] = CHANGED;
  const changed = `bundles/${bundle}/${file}`;
  const original = files.get(changed);
  return {
    dir,
    context,
    files,
    bundle,
    /** Changes one file of one bundle in a way that was not seen before, and commits it, unless it is to stay uncommitted. */
    change({ uncommitted = false } = {}) {
      const bytes = Buffer.concat([original, Buffer.from(`\nNONCE = "${crypto.randomUUID()}"\n`)]);
      files.set(changed, bytes);
      for (const folder of [dir, context]) fs.writeFileSync(path.join(folder, changed), bytes);
      if (!uncommitted) commit(dir, 'Change one file');
    },
    /** Builds on this base from now on. */
    standOn(host, size, digest) {
      for (const [index, image] of [IMAGE, OTHER_IMAGE].entries()) {
        const file = path.join(dir, 'pins/images', image, 'pin.json');
        const bases = { [`\${KDCUBE_PLATFORM_REGISTRY}/${BASE_NAMES[index]}:${PLATFORM_REF}`]: digest };
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(
          file,
          `${JSON.stringify({ pin: 1, platform: PLATFORM_REF, bundles: bundleIds(count).sort(), bases }, null, 2)}\n`,
        );
      }
      commit(dir, `Stand on the ${size} base`);
      const lines = [
        `FROM ${host}/${size}/${BASE_NAMES[0]}@${digest}`,
        'WORKDIR /app',
        'COPY ./bundles /bundles',
        'ENV AGENTIC_BUNDLES_ROOT=/bundles BUNDLES_ROOT=/bundles',
      ];
      fs.writeFileSync(path.join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    },
  };
}

export function nxProgram(dir) {
  const home = path.join(dir, 'node_modules/nx');
  const { bin } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  return path.join(home, typeof bin === 'string' ? bin : bin.nx);
}

function commit(dir, message) {
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: dir,
      env: { ...process.env, ...identity },
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
  git('add', '-A');
  if (git('status', '--porcelain') !== '') git('commit', '-q', '-m', message);
}

function write(dir, files) {
  for (const [name, bytes] of files) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), bytes);
  }
}

function entrypoint(index) {
  return `"""What the platform loads."""

from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint, on_reactive_event


@bundle_entrypoint(name="bundle-${index}")
class Bundle${index}:
    def __init__(self, config, comm_context=None):
        self.config = config

    @on_reactive_event
    async def run(self, **payload):
        return {"final_answer": "${index}", "followups": []}
`;
}
