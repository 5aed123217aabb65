import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isRefusal, readIgnore, readRecipe, type BaseTree, type Refusal } from '@kdcube/release/internal';
import { writeDockerArchive } from './docker-archive';
import { scratch, type Base } from './base';
import { assembleImage, type BuiltImage } from './build';
import type { OciBuild } from './layer-plan';
import { indexOwnLayers } from './own-layers';
import { blobFile, openBlob, readLayout, writeLayout } from './layout';
import type { ImageConfig, ImageManifest } from '../registry/manifests/manifest-format';
import { gitSync, sandbox, type Sandbox, problemOf } from '../../testing/git-kit';

let box: Sandbox;
beforeAll(() => (box = sandbox()));
afterAll(() => box.end());

const PLATFORM = 'linux/amd64';

/** A repository with own files, and bundles. */
function repository(bundles: Record<string, string>, own: Record<string, string> = { 'x.txt': 'x' }): string {
  const dir = box.folder('repo');
  gitSync(dir, 'init', '-q');
  for (const [name, text] of Object.entries(own)) write(path.join(dir, 'own', name), text);
  for (const [id, text] of Object.entries(bundles)) write(path.join(dir, 'bundles', id, 'entrypoint.py'), text);
  gitSync(dir, 'add', '-A');
  return dir;
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

async function build(dir: string, lines: string, more: Partial<OciBuild> & { opened?: string[] } = {}): Promise<BuiltImage> {
  const result = await tryBuild(dir, lines, more);
  if (isRefusal(result)) throw new Error(`line ${result.line}: ${result.why}`);
  return result;
}

async function tryBuild(
  dir: string,
  lines: string,
  { opened = [], ...more }: Partial<OciBuild> & { opened?: string[] } = {},
): Promise<BuiltImage | Refusal> {
  const recipe = readRecipe(/^FROM/m.test(lines) ? lines : `FROM scratch\n${lines}`, { args: {}, platform: PLATFORM });
  if (isRefusal(recipe)) return recipe;
  const tree = gitSync(dir, 'write-tree');
  const part = (at: string, folder: string) => ({
    path: at,
    tree: gitSync(dir, 'rev-parse', `${tree}:${folder}`),
    subject: folder,
    open: async () => {
      opened.push(folder);
      return { context: { cwd: dir } };
    },
  });
  const ids = fs.existsSync(path.join(dir, 'bundles')) ? fs.readdirSync(path.join(dir, 'bundles')) : [];
  const context = [part('', 'own'), ...ids.map((id) => part(`bundles/${id}`, `bundles/${id}`))];
  return assembleImage({
    recipe,
    base: scratch(PLATFORM),
    platform: PLATFORM,
    context,
    ignore: readIgnore(''),
    labels: {},
    // A base without any files.
    baseFiles: async () => ({ at: () => undefined }),
    ...more,
  });
}

/** A base with `count` layers, whose blobs do not exist. */
function base(count: number, change: { config?: object; manifest?: object; mediaType?: string } = {}): Base {
  const digest = (index: number) => `sha256:${index.toString(16).padStart(64, '0')}`;
  const layers = Array.from({ length: count }, (_, index) => ({
    mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    digest: digest(index),
    size: 10,
  }));
  const config = {
    os: 'linux',
    architecture: 'amd64',
    created: '2020-02-02T00:00:00Z',
    config: { Env: ['A=1'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
  return {
    reference: 'example.com/base:1',
    mediaType: change.mediaType ?? 'application/vnd.docker.distribution.manifest.v2+json',
    manifest: {
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digest(0), size: 1 },
      layers,
      ...change.manifest,
    },
    config: { ...config, ...change.config } as Base['config'],
  };
}

const json = (bytes: Buffer): Record<string, unknown> => JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;

test('is reproducible on every machine', async () => {
  const image = await build(
    repository({ one: 'one', two: 'two' }),
    'COPY bundles /bundles\nCOPY x.txt /app/\nENV A=1\nCMD ["x"]',
    { labels: { b: '2', a: '1' } },
  );
  expect(json(image.config.bytes)).toMatchObject({
    created: '1980-01-01T00:00:00Z',
    config: { Cmd: ['x'], Labels: { a: '1', b: '2' }, WorkingDir: '/' },
    history: [
      { created_by: 'COPY bundles /bundles', comment: expect.stringMatching(/^kd [\w-]{22}$/) },
      { comment: expect.stringMatching(/^kd [\w-]{22} one$/) },
      { comment: expect.stringMatching(/^kd [\w-]{22} two$/) },
      { created_by: 'COPY x.txt /app/' },
      { created_by: 'ENV A=1', empty_layer: true },
      { created_by: 'CMD ["x"]', empty_layer: true },
    ],
  });
  expect(image.digest).toBe('sha256:7f567739216cb6ae4a4fd85215f3ce77b9f0d5f5579993812879c080981fd46a');
});

test('builds the same image with another clone, umask, time zone and cache', async () => {
  const lines = 'COPY . /all';
  const first = await build(repository({ one: 'one' }), lines);
  const before = { umask: process.umask(0o077), TZ: process.env.TZ, cache: process.env.KDCUBE_CACHE_DIR };
  process.env.TZ = 'Pacific/Kiritimati';
  process.env.KDCUBE_CACHE_DIR = box.folder('cache');
  const second = await build(repository({ one: 'one' }), lines);
  process.umask(before.umask);
  process.env.KDCUBE_CACHE_DIR = before.cache;
  if (before.TZ === undefined) delete process.env.TZ;
  else process.env.TZ = before.TZ;
  expect(second.digest).toBe(first.digest);
});

test('one changed bundle changes one layer, and only its content is read', async () => {
  const opened: string[] = [];
  const first = await build(repository({ a: 'a', b: 'b', c: 'c' }), 'COPY bundles /bundles');
  const second = await build(repository({ a: 'a', b: 'changed', c: 'c' }), 'COPY bundles /bundles', { opened });
  const digests = (image: BuiltImage) => image.layers.map(({ descriptor }) => descriptor.digest);
  expect(digests(second).filter((digest) => !digests(first).includes(digest))).toHaveLength(1);
  expect([...new Set(opened)].sort()).toEqual(['bundles/b', 'own']);
});

test('does not compress a layer that the previous image already has', async () => {
  const dir = repository({ fresh: 'only here' });
  const { first, second, compressed } = await buildTwice(dir, (previousLayer) => previousLayer);
  expect([second.digest, compressed]).toEqual([first.digest, []]);
  expect((await second.layers[1]!.make()).digest).toBe(first.layers[1]!.descriptor.digest);
});

test.each<[string, (layer: PreviousLayer) => PreviousLayer]>([
  ['has other content', (layer) => ({ ...layer, diffId: `sha256:${'f'.repeat(64)}` })],
  ['has another media type', (layer) => ({ ...layer, descriptor: { ...layer.descriptor, mediaType: 'application/x' } })],
])('creates a layer that the previous image claims to have, but that %s', async (_, change) => {
  const foreign = { digest: `sha256:${'e'.repeat(64)}`, size: 1 };
  const { first, second, compressed } = await buildTwice(repository({ fresh: 'only here' }), (previousLayer) => (key) => {
    const layer = previousLayer(key);
    return layer && change({ ...layer, descriptor: { ...layer.descriptor, ...foreign } });
  });
  expect([second.digest, compressed]).toEqual([first.digest, second.layers.map(({ key }) => key)]);
});

type FindLayer = NonNullable<OciBuild['previousLayer']>;
type PreviousLayer = NonNullable<ReturnType<FindLayer>>;

/** Builds an image, then again with an empty cache and the layers that `claim` returns. */
async function buildTwice(dir: string, claim: (previousLayer: FindLayer) => FindLayer) {
  const first = await build(dir, 'COPY bundles /b');
  const previousLayer = indexOwnLayers(
    json(first.manifest) as unknown as ImageManifest,
    json(first.config.bytes) as unknown as ImageConfig,
  );
  process.env.KDCUBE_CACHE_DIR = box.folder('cache');
  const second = await build(dir, 'COPY bundles /b', { previousLayer: claim(previousLayer) });
  return { first, second, compressed: second.layers.filter(({ isNew }) => isNew).map(({ key }) => key) };
}

test('rebuilds a layer that is damaged in the cache', async () => {
  const dir = repository({ one: 'cache' });
  const first = await build(dir, 'COPY bundles /b');
  const { file } = await first.layers[1]!.make();
  fs.truncateSync(file, 10);
  expect((await build(dir, 'COPY bundles /b')).digest).toBe(first.digest);
  expect(fs.statSync(file).size).toBe(first.layers[1]!.descriptor.size);
});

test('groups more than 60 bundles into stable buckets', async () => {
  const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`bundle${index}`, `${index}`]));
  const first = await build(repository(many), 'COPY bundles /bundles');
  const second = await build(repository({ ...many, another: 'one more' }), 'COPY bundles /bundles');
  expect(first.layers.length).toBeLessThanOrEqual(61);
  const before = new Set(first.layers.map(({ descriptor }) => descriptor.digest));
  expect(second.layers.filter(({ descriptor }) => !before.has(descriptor.digest))).toHaveLength(1);
}, 60_000);

test('omits empty layers, and layers that .dockerignore empties', async () => {
  const image = await build(repository({ one: 'one' }), 'FROM base\nCOPY bundles/one /x/\nENV A=1', {
    base: base(1),
    ignore: readIgnore('**/*.py'),
  });
  expect(image.layers.map(({ key }) => key)).toHaveLength(1);
  const none = await build(repository({ one: 'one' }), 'FROM base\nCOPY no* /x/', { base: base(1) });
  expect([none.layers, (json(none.config.bytes).history as object[]).at(-1)]).toEqual([
    [],
    { created_by: 'COPY no* /x/', empty_layer: true },
  ]);
});

describe('the base', () => {
  test('inherits its layers, media types, history and creation time', async () => {
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: base(1).manifest.layers[0]!.digest,
      size: 10,
      urls: ['https://example.com'],
    };
    const zstd = {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
      digest: base(1).manifest.layers[0]!.digest,
      size: 10,
    };
    const image = await build(repository({}), 'FROM base\nENV B=2', { base: base(2, { manifest: { layers: [foreign, zstd] } }) });
    expect(json(image.manifest)).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      layers: [{ ...foreign, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' }, zstd],
    });
    expect(json(image.config.bytes)).toMatchObject({
      created: '2020-02-02T00:00:00Z',
      config: { Env: ['A=1', 'B=2'] },
      history: [{ created_by: 'base' }, { created_by: 'base' }, { created_by: 'ENV B=2' }],
    });
  });
  test.each<[string, Base, string]>([
    ['another platform', base(1, { config: { architecture: 'arm64' } }), 'is for linux/arm64, and the build is for linux/amd64'],
    [
      'schema 1',
      base(1, { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }),
      'neither an OCI image nor a Docker image of schema 2',
    ],
    [
      'a config that contradicts the manifest',
      base(2, { config: { rootfs: { type: 'layers', diff_ids: [] } } }),
      'has 2 layers, but its config lists 0',
    ],
  ])('%s', async (_, of, message) => {
    await expect(build(repository({}), 'FROM base\nENV B=2', { base: of })).rejects.toThrow(message);
  });
  test('too many layers', async () => {
    const dir = repository({ a: 'a', b: 'b', c: 'c' });
    expect(await build(dir, 'FROM base\nCOPY bundles /b', { base: base(121) })).toMatchObject({ layers: { length: 4 } });
    expect((await build(dir, 'FROM base\nCOPY bundles /b', { base: base(122) })).layers.length).toBeLessThanOrEqual(3);
    expect(await tryBuild(dir, 'FROM base\nCOPY bundles /b', { base: base(125) })).toEqual({
      line: 1,
      instruction: 'FROM',
      why: expect.stringContaining('more than the 125'),
    });
  });
  test('its files are read once, if a line depends on them; if they are unavailable, the line is refused', async () => {
    const dir = repository({});
    let asked = 0;
    const files: BaseTree = { at: (place) => (place === '/etc' ? { kind: 'folder', uid: 3, gid: 4, mode: 0o700 } : undefined) };
    const baseFiles = async () => ((asked += 1), files);
    await build(dir, 'FROM base\nCOPY x.txt /etc/\nWORKDIR /etc\nCOPY x.txt /etc/y', { base: base(1), baseFiles });
    expect(asked).toBe(1);
    expect(await tryBuild(dir, 'FROM base\n\nCOPY x.txt /etc/', { base: base(1), baseFiles: undefined })).toEqual({
      line: 3,
      instruction: 'COPY',
      why: expect.stringContaining('depends on the files of example.com/base:1'),
    });
  });
});

describe('layouts', () => {
  const made = async (): Promise<{ dir: string; image: BuiltImage }> => {
    const image = await build(repository({ one: 'one' }), 'COPY bundles /b\nCMD ["x"]');
    const dir = path.join(box.folder('layout'), 'image');
    await writeLayout(dir, image, { name: 'shop/chat:1' });
    return { dir, image };
  };
  test('is reproducible, and reads as the image that was built', async () => {
    const { dir, image } = await made();
    const tree = (): string[] =>
      fs
        .readdirSync(dir, { recursive: true, withFileTypes: true })
        .flatMap((entry) =>
          entry.isFile() ? [`${entry.name} ${fs.readFileSync(path.join(entry.parentPath, entry.name), 'hex')}`] : [],
        )
        .sort();
    const before = tree();
    await writeLayout(dir, image, { name: 'shop/chat:1' });
    expect(tree()).toEqual(before);
    expect(await readLayout(dir)).toMatchObject({ manifest: { digest: image.digest }, missing: [], config: { os: 'linux' } });
    expect(json(fs.readFileSync(path.join(dir, 'index.json')))).toMatchObject({
      manifests: [
        {
          digest: image.digest,
          platform: { os: 'linux', architecture: 'amd64' },
          annotations: { 'org.opencontainers.image.ref.name': 'shop/chat:1' },
        },
      ],
    });
  });
  test('an archive names the image for both of docker’s image stores: in manifest.json and in annotations of index.json', async () => {
    const { dir, image } = await made();
    const archive = path.join(dir, '../a.tar');
    await writeDockerArchive(dir, archive, ['chat:c-1', 'localhost/shop/chat:2']);
    const read = (name: string) => json(execFileSync('tar', ['-xOf', archive, name]));
    expect(read('manifest.json')).toMatchObject([{ RepoTags: ['chat:c-1', 'localhost/shop/chat:2'] }]);
    const named = (name: string, tag: string) => ({
      digest: image.digest,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag },
    });
    expect(read('index.json')).toMatchObject({
      manifests: [named('docker.io/library/chat:c-1', 'c-1'), named('localhost/shop/chat:2', '2')],
    });
  });
  test('a sparse layout lists its missing layers, and cannot become an archive', async () => {
    const image = await build(repository({ one: 'one' }), 'FROM base\nCOPY bundles /b', { base: base(2) });
    const dir = path.join(box.folder('layout'), 'image');
    await writeLayout(dir, image);
    expect((await readLayout(dir)).missing).toEqual(image.base);
    await expect(writeDockerArchive(dir, path.join(dir, '../a.tar'), ['a:1'])).rejects.toThrow('lacks 2 of its 4 layers');
  });
  test('a layout with a foreign layer is complete, but cannot become an archive', async () => {
    const { digest } = base(1).manifest.layers[0]!;
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      digest,
      size: 1,
      urls: ['https://example.com'],
    };
    const image = await build(repository({ one: 'one' }), 'FROM base\nCOPY bundles /b', {
      base: base(1, { manifest: { layers: [foreign] } }),
    });
    const dir = path.join(box.folder('layout'), 'image');
    await writeLayout(dir, image);
    expect((await readLayout(dir)).missing).toEqual([]);
    const problem = await problemOf(writeDockerArchive(dir, path.join(dir, '../a.tar'), ['a:1']));
    expect(problem).toMatchObject({
      code: 'file-error',
      message: expect.stringContaining(`${digest} is only at the URL of its owner`),
    });
  });
  test('keeps the old layout if a base layer does not match its digest', async () => {
    const { dir } = await made();
    const image = await build(repository({ one: 'one' }), 'FROM base\nCOPY bundles /b', { base: base(1) });
    const openBase = async function* () {
      yield Buffer.from('other text');
    };
    await expect(writeLayout(dir, image, { openBase })).rejects.toThrow('has the digest sha256:');
    await expect(readLayout(dir)).resolves.toMatchObject({ missing: [] });
    expect(fs.readdirSync(path.dirname(dir))).toEqual(['image']);
  });
  test.each<[string, (dir: string, image: BuiltImage) => void, string]>([
    ['no index', (dir) => fs.rmSync(path.join(dir, 'index.json')), 'has no index.json'],
    ['an index of two', (dir) => write(path.join(dir, 'index.json'), '{"manifests":[1,2]}'), 'exactly one image'],
    ['another version', (dir) => write(path.join(dir, 'oci-layout'), '{}'), 'does not have version 1.0.0'],
    ['half JSON', (dir) => write(path.join(dir, 'index.json'), '{'), 'not JSON'],
    ...[
      null,
      1,
      {},
      { mediaType: 1, digest: `sha256:${'0'.repeat(64)}`, size: 1 },
      { mediaType: 'x', digest: 'sha256:../../x', size: 1 },
    ].map((entry): [string, (dir: string) => void, string] => [
      `an index of ${JSON.stringify(entry)}`,
      (dir) => write(path.join(dir, 'index.json'), JSON.stringify({ manifests: [entry] })),
      'does not describe an image',
    ]),
    [
      'a changed config',
      (dir, image) => fs.appendFileSync(blobFile(dir, image.config.descriptor), ' '),
      'has the digest sha256:',
    ],
    ['a cut layer', (dir, image) => fs.truncateSync(blobFile(dir, image.layers[0]!.descriptor), 5), 'has 5 bytes instead of'],
  ])('reports %s', async (_, damage, message) => {
    const { dir, image } = await made();
    damage(dir, image);
    await expect(readLayout(dir)).rejects.toThrow(message);
  });
  test('reports a changed layer before its last chunk', async () => {
    const { dir, image } = await made();
    const layer = image.layers[0]!.descriptor;
    fs.writeFileSync(blobFile(dir, layer), Buffer.alloc(layer.size));
    const read = async () => {
      let size = 0;
      for await (const chunk of openBlob(dir, layer)) size += chunk.length;
      return size;
    };
    await expect(read()).rejects.toThrow('has the digest sha256:');
    const file = path.join(box.folder('archive'), 'a.tar');
    await expect(writeDockerArchive(dir, file, ['a:1'])).rejects.toThrow('has the digest sha256:');
    expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  });
});

test('rejects whiteout names, in a bundle too', async () => {
  const dir = repository({ one: 'one' });
  write(path.join(dir, 'bundles/one/.wh.x'), '');
  gitSync(dir, 'add', '-A');
  await expect(build(dir, 'COPY bundles /b')).rejects.toThrow('.wh.x" is a whiteout name');
});

test.each([
  ['gzip', Buffer.from('1f8b0800', 'hex')],
  ['xz', Buffer.from('fd377a585a0000', 'hex')],
])('rejects ADD of %s, with its line', async (_, bytes) => {
  const dir = repository({}, {});
  fs.mkdirSync(path.join(dir, 'own'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'own/notes.txt'), bytes);
  gitSync(dir, 'add', '-A');
  expect(await tryBuild(dir, 'COPY notes.txt /a/\nADD notes.txt /a/')).toEqual({
    line: 3,
    instruction: 'ADD',
    why: expect.stringContaining('unpacks notes.txt'),
  });
  await expect(build(dir, 'COPY notes.txt /a/')).resolves.toBeDefined();
});
