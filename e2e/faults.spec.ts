// Some rows of docs/faults.md as commands: the output of nx, its exit code, and the state of the registry and dist/ afterwards.
import fs from 'node:fs';
import path from 'node:path';
import { type Double, digestsOf, pushStandIns, registryDouble, writes } from './support/oci';
import { expectProblem } from './support/problem';
import { freshFolder, type Ran } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const IMAGE = 'kdcube-chat-proc-bundled';

let registry: Double;
let workspace: Workspace;
let env: Record<string, string>;
let prefix = 0;
/** The repository prefix of this test. */
let repository: string;

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env: { KDCUBE_REGISTRY: registry.host } });
  workspace.commit('Add my-bundle');
});

beforeEach(() => {
  prefix += 1;
  repository = `${registry.host}/t${prefix}/${IMAGE}`;
  env = { KDCUBE_REGISTRY: `${registry.host}/t${prefix}`, KDCUBE_PLATFORM_REGISTRY: registry.host };
  registry.faults = undefined;
  registry.journal.length = 0;
  fs.rmSync(path.join(workspace.dir, 'dist'), { recursive: true, force: true });
});

afterAll(() => registry.close());

const push = (more: Record<string, string> = {}): Promise<Ran> =>
  workspace.nx(`run ${IMAGE}:docker-push`, { env: { ...env, ...more } });
const receipt = (): { digest: string; key: string } => workspace.json(`dist/push/${IMAGE}/receipt.json`);
const noReceipt = (): void => expect(fs.existsSync(path.join(workspace.dir, 'dist/push', IMAGE))).toBe(false);

test('a registry that is busy for a moment: the wait is logged, and the push succeeds', async () => {
  let left = 1;
  registry.faults = ({ method, kind }) =>
    method === 'PUT' && kind === 'upload' && (left -= 1) === 0 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
  const ran = await push();
  expect([ran.exitCode, ran.output]).toEqual([0, expect.stringMatching(/answered 429 to PUT .*Trying again in 1 s\./)]);
  expect(new Set(Object.values(await digestsOf(repository)))).toEqual(new Set([receipt().digest]));
});

test('401 without a challenge: a hint, no tag, no receipt; then the push succeeds', async () => {
  registry.faults = ({ name }) => (name?.startsWith('t') ? { status: 401 } : undefined);
  expectProblem(await push(), ['registry-denied'], `hint  docker login ${registry.host}`);
  noReceipt();
  registry.faults = undefined;
  expect(await digestsOf(repository)).toEqual({});
  expect((await push()).exitCode).toBe(0);
});

test('a deleted base: reports its name and digest, and writes nothing', async () => {
  registry.faults = ({ name, kind, method }) =>
    name === 'kdcube-chat-proc' && kind === 'manifest' && method === 'GET' ? { status: 404 } : undefined;
  const ran = await push({ KDCUBE_CACHE_DIR: freshFolder('cache') });
  expectProblem(ran, ['image-not-found'], /kdcube-chat-proc@sha256:[0-9a-f]{64} does not exist/);
  noReceipt();
  expect(await digestsOf(repository)).toEqual({});
});

test('a commit tag that names another image: reports both digests, and keeps it', async () => {
  const platform = await (await fetch(`http://${registry.host}/v2/kdcube-chat-proc/manifests/${PLATFORM_REF}`)).text();
  const tag = `customer-${workspace.head()}`;
  const { config, layers } = JSON.parse(platform) as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [config, ...layers])
    await fetch(`http://${repository.replace('/', '/v2/')}/blobs/uploads/?mount=${digest}&from=kdcube-chat-proc`, {
      method: 'POST',
    });
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const address = `http://${repository.replace('/', '/v2/')}/manifests/${tag}`;
  expect((await fetch(address, { method: 'PUT', headers: { 'content-type': type }, body: platform })).status).toBe(201);
  const before = await digestsOf(repository);
  registry.journal.length = 0;
  expectProblem(
    await push(),
    ['tag-exists'],
    before[tag]!,
    /names another image: sha256:[0-9a-f]{64}, not sha256:[0-9a-f]{64}/,
    'Commit tags and release tags are never moved',
  );
  noReceipt();
  expect(await digestsOf(repository)).toEqual(before);
  expect(writes(registry.journal).filter((write) => write.startsWith('PUT'))).toEqual([]);
});

test('two machines push one image at the same time: both succeed, with one digest', async () => {
  const both = await Promise.all([1, 2].map((count) => push({ KDCUBE_CACHE_DIR: freshFolder(`cache-${count}`) })));
  expect(both.map(({ exitCode, output }) => [exitCode, exitCode === 0 ? '' : output])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const { digest, key } = receipt();
  const tags = [`c-${key}`, `customer-${workspace.head()}`, 'customer-main'];
  expect(await digestsOf(repository)).toEqual(Object.fromEntries(tags.map((tag) => [tag, digest])));
});
