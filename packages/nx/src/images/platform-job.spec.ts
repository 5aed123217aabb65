import * as fs from 'node:fs';
import * as path from 'node:path';
import { type BuiltPin, platformImages } from '@kdcube/release/internal';
import { type Acme, acme, DOCKERFILE, dockerDouble, type Engine } from '../../testing/acme-kit';
import { commit, gitSync, problemOf } from '../../testing/git-kit';
import { runPins } from '../../testing/generators/sync';
import { platformRepo, type PlatformRepo } from '../../testing/platform-kit';
import { type Double, putImage, registryDouble } from '../../testing/registry-kit';
import { withSnapshot } from '../git/snapshot/snapshot';
import { silentLog } from '../system/log';
import { resolveRegistries } from '../workspace/registries';
import { openRelease } from '../workspace/workspace';
import { localName } from './build/engine-build';
import type { ImageJob } from './job';
import { planImageJob } from './plan-job';
import { pushImage } from './push/push';

const REF = '2026.7.20.444';

jest.setTimeout(120_000);

let ours: Acme;
let engine: Engine;
let bases: Double;
let platform: PlatformRepo;

beforeEach(async () => {
  ours = await acme();
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  engine = dockerDouble(ours);
  bases = await registryDouble();
  await putImage(bases.host, 'library/python', '3.12', 'python', '2026-01-01T00:00:00Z');
  platform = platformRepo(ours.box, `${bases.host}/library/python:3.12`, REF);
  Object.assign(process.env, { KDCUBE_REGISTRY: ours.registry.host });
  fs.rmSync(path.join(ours.root, 'images'), { recursive: true });
  fs.rmSync(path.join(ours.root, 'pins/images'), { recursive: true });
  release(REF);
  await (await runPins(ours.root)).sync();
  commit(ours.root, {});
});

afterEach(async () => {
  jest.restoreAllMocks();
  delete process.env.KDCUBE_REGISTRY;
  await bases.close();
  await ours.end();
});

function release(ref: string, more = ''): void {
  ours.commit({
    'release.yaml': `platform: {repo: "${platform.url}", ref: "${ref}", build: true${more}}
bundles:
  items:
    - {id: "here@1-0"}
`,
  });
}

const pinOf = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(ours.root, `pins/platform/${name}/pin.json`), 'utf8')) as BuiltPin;

async function withJob<T>(name: string, work: (job: ImageJob) => Promise<T>, options = {}): Promise<T> {
  const open = await openRelease(ours.root);
  return withSnapshot(ours.root, async (snapshot) =>
    work(await planImageJob(open, name, snapshot, { args: {}, offline: false, ...options }, silentLog)),
  );
}

const push = (name: string, options = {}) =>
  withJob(
    name,
    (job) => {
      const registries = resolveRegistries({ registry: `${ours.registry.host}/acme` }, {}, {});
      return pushImage(job, { root: ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
    },
    options,
  );

const keyOf = (name: string) => withJob(name, async ({ plan }) => plan.key);
const keys = async () =>
  Object.fromEntries(await Promise.all(platformImages(REF).map(async (name) => [name, await keyOf(name)] as const)));

it('pins every image of the platform: the commit, the base images, and the repository that a Dockerfile clones', () => {
  expect(fs.readdirSync(path.join(ours.root, 'pins/platform')).sort()).toEqual(platformImages(REF));
  const pin = pinOf('kdcube-chat-ingress');
  expect(pin).toMatchObject({
    ref: REF,
    commit: gitSync(platform.dir, 'rev-parse', 'HEAD'),
    dockerfile: 'deployment/docker/custom-ui-managed-infra/Dockerfile_Ingress',
  });
  expect(Object.keys(pin.bases)).toEqual([`${bases.host}/library/python:3.12`]);
  expect(pinOf('proxylogin').clones).toEqual({
    [`file://${platform.login}#master`]: gitSync(platform.login, 'rev-parse', 'master'),
  });
});

it('builds an image from the files that it copies, and no others, and tags it with platform.ref and the commit', async () => {
  const receipt = await push('kdcube-chat-ingress');
  const head = gitSync(ours.root, 'rev-parse', 'HEAD');
  expect(receipt).toMatchObject({
    how: 'built',
    tags: [gitSync(platform.dir, 'rev-parse', 'HEAD'), REF, `customer-${head}`, 'customer-main'],
  });
  const { files, dockerfile } = engine.built(await withJob('kdcube-chat-ingress', async ({ plan }) => localName(plan)));
  expect(files.map((file) => path.basename(file))).toEqual([
    '.dockerignore',
    'Dockerfile_Ingress',
    'docker-entrypoint.sh',
    '__init__.py',
    ...['chat-ingress', 'chat-processor', 'chat', 'dbdeploy', 'metric-service'].map((name) => `requirements-${name}.txt`),
  ]);
  expect(dockerfile).toContain(`FROM ${bases.host}/library/python:3.12@sha256:`);
  expect(await push('kdcube-chat-ingress')).toMatchObject({ how: 'reused', digest: receipt!.digest });
});

it('fetches the pinned commit of a repository that the Dockerfile clones', async () => {
  await push('proxylogin');
  const { dockerfile } = engine.built(await withJob('proxylogin', async ({ plan }) => localName(plan)));
  const pinned = gitSync(platform.login, 'rev-parse', 'master');
  expect(dockerfile).toContain(
    `RUN git init --quiet . && git fetch --quiet --depth=1 file://${platform.login} ${pinned} && git checkout`,
  );
  expect(dockerfile).not.toContain('git clone');
});

it('gives an image another key only for its own files', async () => {
  const before = await keys();
  platform.release('2026.7.21.100', { 'docs/README.md': 'changed\n', 'ui/chat-web-app/src/main.ts': 'export default 1;\n' });
  release('2026.7.21.100');
  await (await runPins(ours.root)).sync();
  const after = await keys();
  expect(platformImages(REF).filter((name) => before[name] !== after[name])).toEqual(['kdcube-web-ui']);
});

it('names the line of a source that the commit does not have, and a ref that has it', async () => {
  const moved = 'deployment/docker/custom-ui-managed-infra/docker-entrypoint.sh';
  platform.release('2026.7.21.1', { [moved]: null, 'deployment/docker/other/docker-entrypoint.sh': '#!/bin/sh\n' });
  platform.release('2026.7.22.1', { [moved]: '#!/bin/sh\n' });
  release('2026.7.21.1');
  await (await runPins(ours.root)).sync();
  const problem = await problemOf(push('kdcube-chat-ingress'));
  expect(problem).toMatchObject({
    code: 'dockerfile-unreadable',
    message: `This COPY cannot be executed: ${moved} is not in the build context.`,
    at: { file: 'kdcube@2026.7.21.1:app/ai-app/deployment/docker/custom-ui-managed-infra/Dockerfile_Ingress', line: 7 },
    hint: 'platform.ref: "2026.7.22.1"    has every file that this Dockerfile copies; here the build context has deployment/docker/other/docker-entrypoint.sh',
  });
  expect(engine.calls().filter((call) => call.startsWith('buildx build'))).toEqual([]);
});

it('works offline with a copy on this machine, and says what is missing without one', async () => {
  await push('kdcube-metrics');
  fs.renameSync(platform.dir, `${platform.dir}-gone`);
  expect(await push('kdcube-metrics', { offline: true })).toMatchObject({ how: 'reused' });
  fs.rmSync(path.join(process.env.KDCUBE_CACHE_DIR!, 'git'), { recursive: true });
  // This machine's engine built it, whatever can be read.
  expect(await push('kdcube-metrics', { offline: true })).toMatchObject({ how: 'reused' });
  expect(await problemOf(push('kdcube-secrets', { offline: true }))).toMatchObject({ code: 'repo-unreachable' });
});

it('refuses a tag that was moved, and a pin whose parts do not belong together', async () => {
  platform.release('later', { 'services/kdcube-ai-app/new.py': '1\n' });
  const pin = { ...pinOf('kdcube-metrics'), commit: gitSync(platform.dir, 'rev-parse', 'later') };
  ours.commit({ 'pins/platform/kdcube-metrics/pin.json': JSON.stringify(pin) });
  gitSync(platform.dir, 'tag', '--force', REF, 'later');
  expect(await problemOf(push('kdcube-metrics'))).toMatchObject({
    code: 'pin-stale',
    message: expect.stringContaining('contradicts itself'),
  });
  expect(await problemOf(push('kdcube-chat-proc'))).toMatchObject({ code: 'tag-moved' });
});

describe('an image with bundles on an image that is built here', () => {
  const BUNDLED = 'kdcube-chat-proc-bundled';
  const BASE = '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:';
  const imagePin = () =>
    JSON.parse(fs.readFileSync(path.join(ours.root, `pins/images/${BUNDLED}/pin.json`), 'utf8')) as {
      bases: Record<string, string>;
    };

  beforeEach(async () => {
    ours.commit({ [`images/${BUNDLED}/Dockerfile_ChatProcBundled`]: DOCKERFILE });
    await (await runPins(ours.root)).sync();
    commit(ours.root, {});
  });

  it('is pinned without a digest of its base, and has another key if its base has', async () => {
    expect(imagePin().bases).toEqual({ [`${BASE}${REF}`]: 'platform.build' });
    const before = await keyOf(BUNDLED);
    platform.release('2026.7.21.1', { 'docs/README.md': 'changed\n' });
    release('2026.7.21.1');
    await (await runPins(ours.root)).sync();
    const after = await withJob(BUNDLED, async ({ plan }) => plan);
    expect(after.bases).toEqual({ [`${BASE}2026.7.21.1`]: `c-${await keyOf('kdcube-chat-proc')}` });
    expect(after.labels['org.opencontainers.image.base.digest']).toBeUndefined();
    // Its label names platform.ref.
    expect(after.key).not.toBe(before);
  });

  it('is built on what the key of its base names, verified', async () => {
    expect(await problemOf(push(BUNDLED))).toMatchObject({
      code: 'image-not-pushed',
      hint: 'nx run kdcube-chat-proc:docker-push',
    });
    const base = await push('kdcube-chat-proc');
    const references = await withJob(BUNDLED, ({ references: read }) =>
      read(resolveRegistries({ registry: `${ours.registry.host}/acme` }, {}, {}), silentLog),
    );
    expect([...references.values()]).toEqual([`${ours.registry.host}/acme/kdcube-chat-proc:c-${base!.key}@${base!.digest}`]);
    expect(await push(BUNDLED)).toMatchObject({ how: 'built', bases: { [`${BASE}${REF}`]: `c-${base!.key}` } });
    expect(await push(BUNDLED)).toMatchObject({ how: 'reused' });
  });

  it('is not built on an image that nothing proves', async () => {
    await push('kdcube-chat-proc');
    fs.rmSync(path.join(process.env.KDCUBE_CACHE_DIR!, 'engine-digests'), { recursive: true });
    expect(await problemOf(push(BUNDLED))).toMatchObject({ code: 'image-unverified' });
  });
});
