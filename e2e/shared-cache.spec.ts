// A shared Nx cache: a clean clone restores layouts instead of building them, and docker-push uploads the restored layouts.
import fs from 'node:fs';
import path from 'node:path';
import { type CacheServer, cacheServer } from './support/cache';
import { pathWithoutEngine } from './support/image';
import { gitRepo, type Repo } from './support/git';
import { nxOn, ordinary } from './support/machine';
import { type Double, digestOf, pushStandIns, registryDouble } from './support/oci';
import { expectProblem, filesIn } from './support/problem';
import { freshFolder, type Ran } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const PROC = 'kdcube-chat-proc-bundled';
const EXEC = 'kdcube-exec-bundled';
const UI = 'kdcube-web-ui';
const RUNS = 'acme-tools';
const IMAGES = [PROC, EXEC, UI];
const TASKS = [...IMAGES.map((image) => `${image}:docker-build`), 'here:stage', 'pinned@1:stage'].sort();
const BUILD = ['run-many', '-t', 'stage', 'docker-build', `--exclude=${RUNS}`, '--output-style=static'];

let registry: Double;
let cache: CacheServer;
let pinned: Repo;
let workspace: Workspace;
let first: Workspace;
let second: Workspace;

beforeAll(async () => {
  registry = await registryDouble();
  cache = await cacheServer({ token: 'main', reader: 'pull-request' });
  await pushStandIns(registry.host, PLATFORM_REF);
  pinned = gitRepo(freshFolder('pinned'), { 'bundles/pinned@1/entrypoint.py': 'pinned = 1\n' });
  pinned.tag('v1');
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle here');
  workspace.write({
    'release.yaml': `${workspace.read('release.yaml').trimEnd()}\n    - {id: "pinned@1", repo: ${JSON.stringify(pinned.url)}, ref: "v1", subdir: "bundles"}\n`,
    [`images/${UI}/Dockerfile_UI`]: 'FROM scratch\nCOPY config.json /config.json\n',
    [`images/${UI}/config.json`]: '{}\n',
    [`images/${RUNS}/Dockerfile`]: 'FROM scratch\nCOPY tool /tool\nRUN ["/tool"]\n',
    [`images/${RUNS}/tool`]: { content: '#!/bin/sh\n', mode: 0o755 },
  });
  await workspace.mustNx('sync', { env: { KDCUBE_REGISTRY: registry.host } });
  workspace.commit('A release');
});

afterAll(() => Promise.all([registry.close(), cache.close()]));

function shared(token: string): Record<string, string> {
  return {
    KDCUBE_REGISTRY: registry.host,
    NX_SELF_HOSTED_REMOTE_CACHE_SERVER: cache.url,
    NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
  };
}

/** The cache status that Nx prints for each task: `remote cache`, or '' if it ran. */
function ends({ output }: Ran): Record<string, string> {
  const lines = output.replace(/\u001b\[[0-9;]*m/g, '').matchAll(/^> nx run (\S+)(?:.*\[(.*)\])?$/gm);
  return Object.fromEntries([...lines].map(([, task, how = '']) => [task!, how]));
}

// The tests of this file depend on each other.
test('a clean clone restores the outputs of another one, byte for byte, and builds nothing', async () => {
  const built = await nxOn(ordinary, workspace, BUILD, shared('main'));
  first = built.clone;
  expect(ends(built.ran)).toEqual(Object.fromEntries(TASKS.map((task) => [task, ''])));
  expect(cache.journal.filter((line) => line.startsWith('PUT')).map((line) => line.slice(-3))).toEqual(TASKS.map(() => '200'));

  registry.journal.length = 0;
  const restored = await nxOn(ordinary, workspace, BUILD, shared('main'));
  second = restored.clone;
  expect(ends(restored.ran)).toEqual(Object.fromEntries(TASKS.map((task) => [task, 'remote cache'])));
  expect(filesIn(path.join(second.dir, 'dist'))).toEqual(filesIn(path.join(first.dir, 'dist')));
  expect(
    Object.keys(filesIn(path.join(second.dir, 'dist/build'))).filter((file) => /layout\/index\.json$/.test(file)),
  ).toHaveLength(IMAGES.length);
  expect([fs.existsSync(second.env.KDCUBE_CACHE_DIR!), registry.journal]).toEqual([false, []]);
});

test('docker-push refuses a restored layout that it cannot compare with the bundles', async () => {
  fs.renameSync(pinned.dir, `${pinned.dir}-away`);
  registry.journal.length = 0;
  const env = { ...shared('main'), PATH: pathWithoutEngine(), DOCKER_HOST: '' };
  expectProblem(await second.nx(`run ${PROC}:docker-push`, { env }), ['repo-unreachable'], pinned.dir);
  fs.renameSync(`${pinned.dir}-away`, pinned.dir);
  expect(registry.journal.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([]);
});

test('docker-push compares the restored layout with the bundles, uploads it, and compresses nothing', async () => {
  const digests = IMAGES.map((image) => first.json<{ digest: string }>(`dist/build/${image}/receipt.json`).digest);
  const env = { ...shared('main'), PATH: pathWithoutEngine(), DOCKER_HOST: '' };
  await second.mustNx(`run-many -t docker-push --exclude=${RUNS}`, { env });
  for (const [at, image] of IMAGES.entries()) {
    const { how, digest, key } = second.json<{ how: string; digest: string; key: string }>(`dist/push/${image}/receipt.json`);
    expect([image, how, digest]).toEqual([image, 'prebuilt', digests[at]]);
    expect(await digestOf(`${registry.host}/${image}`, `c-${key}`)).toBe(digest);
  }
  expect(fs.readdirSync(second.env.KDCUBE_CACHE_DIR!).filter((folder) => folder.startsWith('layers'))).toEqual([]);
});

test('a changed bundle is a cache miss for itself and its images only; a read-only token writes nothing', async () => {
  workspace.commit('Change a bundle', { 'bundles/here/words.py': 'words = 2\n' });
  const before = [...cache.entries.keys()];
  cache.journal.length = 0;
  const { ran } = await nxOn(ordinary, workspace, BUILD, shared('pull-request'));
  const changed = [`${EXEC}:docker-build`, `${PROC}:docker-build`, 'here:stage'];
  expect(ends(ran)).toEqual(Object.fromEntries(TASKS.map((task) => [task, changed.includes(task) ? '' : 'remote cache'])));
  expect(cache.journal.filter((line) => line.startsWith('PUT')).map((line) => line.slice(-3))).toEqual(changed.map(() => '403'));
  expect([...cache.entries.keys()]).toEqual(before);
});

test('a Dockerfile with RUN is not cached: the cache is not contacted, and needs-engine is reported', async () => {
  const shown = await workspace.mustNx(`show project ${RUNS} --json`);
  const { targets } = JSON.parse(shown.stdout) as { targets: Record<string, { cache?: boolean }> };
  expect(targets['docker-build']!.cache).toBe(false);
  cache.journal.length = 0;
  const env = { ...shared('main'), PATH: pathWithoutEngine(), DOCKER_HOST: '' };
  expectProblem(await workspace.nx(`run ${RUNS}:docker-build`, { env }), ['needs-engine'], `images/${RUNS}/Dockerfile:3`);
  expect(cache.journal).toEqual([]);
});
