import * as fs from 'node:fs';
import * as path from 'node:path';
import { blobFile, readLayout } from '../../oci/layout';
import type { Log } from '../../system/log';
import { silentLog } from '../../system/log';
import { type Acme, acme, dockerDouble, DOCKERFILE, type Engine, ENTRYPOINT } from '../../../testing/acme-kit';
import { problemOf } from '../../../testing/git-kit';
import { acmeRegistry, layersIn, pushProc } from '../../../testing/acme-push';
import { buildToOutput } from '../build/build-output';
import { pushImage, type PushOptions } from './push';
import { resolveRegistries } from '../../workspace/registries';
import type { Builder } from '../build/engine';

jest.setTimeout(120_000);

let ours: Acme;
let engine: Engine;
let notes: string[];

beforeEach(async () => {
  ours = await acme();
  engine = dockerDouble(ours);
  notes = [];
});
afterEach(() => ours.end());

const log: Log = { ...silentLog, note: (text) => void notes.push(text) };
const toRegistry = () => acmeRegistry(ours);
const nowhere = () => resolveRegistries({ platformRegistry: ours.registry.host }, {}, {});
const push = (more: Partial<PushOptions> = {}) => pushProc(ours, log, more);
const layersOf = (digest: string) => layersIn(ours, digest);
const build = (wanted: Builder = 'auto', cached = true) =>
  ours.job((job) => buildToOutput(job, { root: ours.root, registries: toRegistry(), engine: wanted, cached }, log));
const layoutDir = () => path.join(ours.root, 'dist/build/proc/layout');
const pushedLayout = () => path.join(ours.root, 'dist/images/proc');
const writes = () =>
  ours.registry.journal.filter(({ method, name }) => name === 'acme/proc' && !['GET', 'HEAD'].includes(method));
const blobWrites = () => writes().filter(({ method, kind }) => method === 'PUT' && kind !== 'manifest');

describe('a daemonless push', () => {
  it('builds and sends the image, runs no engine, and reports why', async () => {
    const receipt = await push();
    expect(receipt).toMatchObject({ how: 'built', why: ['no previous image'], sent: { reusedLayers: 0, sentLayers: 3 } });
    expect(receipt.tags).toEqual([`customer-${receipt.commit}`, 'customer-main']);
    expect(engine.calls()).toEqual([]);
    // The folder /bundles, and a layer for each bundle.
    expect(await layersOf(receipt.digest)).toHaveLength(3);
  });

  it('sends one layer if one bundle changed, and compresses no other', async () => {
    const first = await push();
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    ours.registry.journal.length = 0;
    const second = await push();
    expect(second).toMatchObject({ how: 'built', why: ['here@1-0 changed'], sent: { reusedLayers: 2, sentLayers: 1 } });
    const [one, other] = [await layersOf(first.digest), await layersOf(second.digest)];
    expect(one.filter((layer) => other.includes(layer))).toHaveLength(2);
    expect(blobWrites()).toHaveLength(2);
  });

  it('finds the previous image by its branch tag if this checkout has never pushed', async () => {
    await push();
    fs.rmSync(path.join(ours.root, 'dist'), { recursive: true });
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    expect(await push()).toMatchObject({ why: ['here@1-0 changed'], sent: { sentLayers: 1 } });
  });

  it('does not reuse a layer of the previous image if it cannot read the bundle to compare', async () => {
    await push();
    fs.renameSync(ours.org, `${ours.org}-gone`);
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    ours.registry.journal.length = 0;
    expect(await problemOf(push())).toMatchObject({ code: 'repo-unreachable' });
    expect(writes()).toEqual([]);
  });

  it('looks up its tags before it sends anything, and none of them if something is not committed', async () => {
    const lookups = () =>
      ours.registry.journal.filter(({ method, reference }) => method === 'HEAD' && reference?.startsWith('customer-'));
    const { tags } = await push();
    expect(new Set(lookups().map(({ reference }) => reference))).toEqual(new Set(tags));
    expect(ours.registry.journal.indexOf(lookups()[0]!)).toBeLessThan(ours.registry.journal.indexOf(writes()[0]!));
    ours.registry.journal.length = 0;
    fs.appendFileSync(path.join(ours.root, 'bundles/here@1-0/entrypoint.py'), '# not committed\n');
    expect((await push()).tags).toEqual([]);
    expect(lookups()).toEqual([]);
  });

  it('writes nothing if nothing changed, or if an earlier content is in the registry', async () => {
    const first = await push();
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    await push();
    ours.registry.journal.length = 0;
    expect(await push()).toMatchObject({ how: 'reused' });
    ours.commit({ 'bundles/here@1-0/entrypoint.py': ENTRYPOINT });
    expect(writes()).toEqual([]);
    const { tags } = await push();
    // Only the tags of the new commit.
    expect(writes().map(({ method, kind, reference }) => [method, kind, reference])).toEqual(
      tags.map((tag) => ['PUT', 'manifest', tag]),
    );
    expect(await push()).toMatchObject({ how: 'reused', digest: first.digest });
  });

  it('computes the same digest in every way: anew, from a layout, with another cache, to a folder', async () => {
    const { digest } = await push();
    fs.rmSync(path.join(ours.root, 'dist'), { recursive: true });
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    expect((await build()).digest).toBe(digest);
    expect((await push({ registries: nowhere() })).digest).toBe(digest);
    const [fromLayout, built] = ['dist/images/proc', 'dist/build/proc/layout'].map((folder) =>
      fs.readFileSync(path.join(ours.root, folder, 'index.json'), 'utf8'),
    );
    expect(fromLayout).toBe(built);
  });

  it('builds once if two pushes of one image run concurrently: the second one reuses it', async () => {
    const both = await Promise.all([push(), push()]);
    expect(both.map(({ how }) => how).sort()).toEqual(['built', 'reused']);
    expect(both[0].digest).toBe(both[1].digest);
  });

  it('on a dry run, writes nothing and reports why it would', async () => {
    const output: string[] = [];
    const options = { root: ours.root, registries: toRegistry(), engine: 'auto' as const, dryRun: true };
    const recording: Log = { ...silentLog, done: (...parts) => void output.push(parts.join(' ')) };
    expect(await ours.job((job) => pushImage(job, options, recording))).toBeUndefined();
    expect(output.join('\n')).toMatch(/would push proc to .*:c-[0-9a-f]{64} {2}\(no previous image\)/);
    expect(writes()).toEqual([]);
    expect(fs.existsSync(path.join(ours.root, 'dist'))).toBe(false);
  });
});

describe('a Dockerfile that needs an engine', () => {
  const withRun = () => ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });

  it('is built by an engine, and the line is reported', async () => {
    withRun();
    expect(await push()).toMatchObject({ how: 'built' });
    expect(engine.calls().map((call) => call.split(' ')[0])).toEqual(['image', 'buildx', 'tag', 'push', 'rmi']);
    expect(notes.join('\n')).toMatch(
      /^images\/proc\/Dockerfile_ChatProcBundled:5 \(RUN\) needs an engine: it runs a program.* buildx builds proc/m,
    );
  });

  it('is a Problem with its line if no engine is allowed or available', async () => {
    withRun();
    const at = { file: 'images/proc/Dockerfile_ChatProcBundled', line: 5 };
    expect(await problemOf(push({ engine: 'oci' }))).toMatchObject({ code: 'needs-engine', at });
    process.env.PATH = process.env.PATH!.split(':').slice(1).join(':');
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
    expect(await problemOf(push())).toMatchObject({ code: 'needs-engine', at });
    expect(writes()).toEqual([]);
  });
});

it('a line that no engine can execute either is its own Problem, with its line, and no engine is started', async () => {
  ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}COPY nowhere /x\n` });
  expect(await problemOf(push())).toMatchObject({
    code: 'dockerfile-unreadable',
    message: expect.stringContaining('nowhere is not in the build context'),
    at: { file: 'images/proc/Dockerfile_ChatProcBundled', line: 5 },
  });
  expect(engine.calls()).toEqual([]);
});

it('reports that the release has no bundles if the Dockerfile copies them', async () => {
  const options = { root: ours.root, registries: toRegistry(), engine: 'auto' as const, dryRun: false };
  expect(await problemOf(ours.job((job) => pushImage({ ...job, bundles: [] }, options, log)))).toMatchObject({
    code: 'dockerfile-unreadable',
    message: expect.stringContaining('bundles is not in the build context, because release.yaml has no bundles'),
    hint: 'nx g @kdcube/nx:bundle my-bundle',
  });
});

describe('docker-build', () => {
  it('writes a layout without the base’s layers, and docker-push uses it', async () => {
    const receipt = await build();
    expect(receipt).toMatchObject({ engine: 'oci', digest: expect.stringMatching(/^sha256:/) });
    expect(receipt).not.toHaveProperty('local');
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    expect(await push()).toMatchObject({ how: 'prebuilt', digest: receipt.digest });
  });

  it('does nothing if the layout exists, unless it has other content', async () => {
    const first = await build();
    const before = fs.statSync(layoutDir()).ino;
    expect(await build()).toEqual(first);
    expect(fs.statSync(layoutDir()).ino).toBe(before);
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    const second = await push();
    expect(second.how).toBe('built');
    expect(second.digest).not.toBe(first.digest);
  });

  it('rebuilds a damaged layout, and reports it', async () => {
    const { digest } = await build();
    const file = path.join(layoutDir(), 'blobs/sha256', digest!.slice('sha256:'.length));
    fs.writeFileSync(file, fs.readFileSync(file).fill(32, 0, 5));
    expect((await build()).digest).toBe(digest);
    expect(notes.join('\n')).toContain('built again');
  });

  it('leaves an image that only an engine can build in its store, if the target is not cached', async () => {
    await build();
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN true\n` });
    expect(await build('auto', false)).toMatchObject({
      engine: 'buildx',
      local: expect.stringContaining('localhost/kdcube/proc:c-'),
    });
    expect(fs.existsSync(layoutDir())).toBe(false);
  });
});

it('rebuilds a layout that has lost a layer of its own, and reports it', async () => {
  const { digest } = await build();
  const { image, missing } = await readLayout(layoutDir());
  const own = image.layers.find((layer) => !missing.some((each) => each.digest === layer.digest))!;
  fs.rmSync(blobFile(layoutDir(), own));
  expect(await push()).toMatchObject({ how: 'built', digest });
  expect(notes.join('\n')).toContain(`lacks its layer ${own.digest}. The image is built again.`);
  expect(await build()).toMatchObject({ digest });
  expect(fs.existsSync(blobFile(layoutDir(), own))).toBe(true);
});

describe('without a registry', () => {
  it('writes a complete layout to dist/images, and reuses it', async () => {
    const first = await push({ registries: nowhere() });
    expect(first).toMatchObject({ how: 'built', repository: 'oci:dist/images/proc', tags: [] });
    expect((await readLayout(pushedLayout())).missing).toEqual([]);
    expect(await push({ registries: nowhere() })).toMatchObject({ how: 'reused', digest: first.digest });
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    const third = await push({ registries: nowhere() });
    expect(third).toMatchObject({ how: 'built', why: ['here@1-0 changed'], sent: { reusedLayers: 2, sentLayers: 1 } });
    expect((await readLayout(pushedLayout())).missing).toEqual([]);
  });

  it('writes a file for docker load if configured, also for an existing image', async () => {
    await push({ registries: nowhere() });
    const archive = path.join(ours.root, 'dist/images/proc.tar');
    expect(fs.existsSync(archive)).toBe(false);
    await push({ registries: nowhere(), format: 'docker-archive', dryRun: true });
    expect(fs.existsSync(archive)).toBe(false);
    await push({ registries: nowhere(), format: 'docker-archive' });
    expect(fs.statSync(archive).size).toBeGreaterThan(1000);
  });

  it('is a Problem if no registry of the base is configured, and leaves no files', async () => {
    expect((await problemOf(push({ registries: resolveRegistries({}, {}, {}) }))).code).toBe('registry-missing');
    expect(fs.existsSync(path.join(ours.root, 'dist'))).toBe(false);
  });

  it('leaves the old layout intact if the base cannot be read', async () => {
    await push({ registries: nowhere() });
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    const before = fs.readFileSync(path.join(pushedLayout(), 'index.json'), 'utf8');
    ours.registry.faults = () => ({ status: 403 });
    expect((await problemOf(push({ registries: nowhere() }))).code).toBe('registry-denied');
    expect(fs.readFileSync(path.join(pushedLayout(), 'index.json'), 'utf8')).toBe(before);
    expect(fs.readdirSync(path.join(ours.root, 'dist/images'))).toEqual(['proc']);
  });
});
