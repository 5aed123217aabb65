// What an attacker can do with write access to the image repository, but not to git; and the result of each attempt.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Acme, dockerDouble, DOCKERFILE, type Engine, ENTRYPOINT } from '../../testing/acme-kit';
import { acmeRegistry, pushProc } from '../../testing/acme-push';
import { forger, type Forged, type Forger } from '../../testing/attacks/forge';
import { type AttackedImage, attackedImage, forgeKey, forget, replaceLayer } from '../../testing/attacks/image';
import { problemOf } from '../../testing/git-kit';
import { silentLog } from '../system/log';
import { openRegistry } from '../workspace/registries';
import type { PushOptions } from './push/push';
import { releasedImages, withPlannedImages, type ReleasedImage, type ReleasedOptions } from './released-images';
import { computeExpectation } from './verify/expectation';
import { readLayers } from './verify/layers';

jest.setTimeout(120_000);

let attacked: AttackedImage;
let ours: Acme;
let repository: Forger;

beforeEach(async () => {
  attacked = await attackedImage();
  ({ ours, repository } = attacked);
});
afterEach(() => ours.end());

const push = (more: Partial<PushOptions> = {}) => pushProc(ours, silentLog, more);
const changeBundle = () => ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });

describe('the branch tag, moved to an image with a foreign layer whose history names our layer key', () => {
  it('does not affect the next image', async () => {
    const honest = await push();
    const image = await repository.read('customer-main');
    const foreign = await replaceLayer(attacked, image, { honestDiffId: false });
    await repository.put('customer-main', image);
    forget(attacked);
    changeBundle();
    const { digest } = await push();
    const { manifest, config } = await repository.read(digest);
    expect(manifest.layers.map((layer) => layer.digest)).not.toContain(foreign);
    const before = await repository.read(honest.digest);
    expect(manifest.layers.at(-1)).toEqual(before.manifest.layers.at(-1));
    expect(config.rootfs.diff_ids.at(-1)).toBe(before.config.rootfs.diff_ids.at(-1));
  });
});

type Change = (image: Forged) => void | Promise<void>;

/** What an attacker pushes under the right content key. */
const FORGERIES: [what: string, why: RegExp, change: Change][] = [
  ['a foreign layer', /its config is/, async (image) => void (await replaceLayer(attacked, image, { honestDiffId: false }))],
  [
    'a layer more',
    /its config is/,
    async ({ manifest, config }) => {
      const { descriptor, diffId } = await repository.layer('more');
      manifest.layers.push(descriptor);
      config.rootfs.diff_ids.push(diffId);
    },
  ],
  [
    'a layer more, of which the config says nothing',
    /it has 6 layers instead of 5/,
    async ({ manifest }) => void manifest.layers.push((await repository.layer('more')).descriptor),
  ],
  [
    'a layer less',
    /its config is/,
    ({ manifest, config }) => {
      manifest.layers.pop();
      config.rootfs.diff_ids.pop();
    },
  ],
  [
    'its layers in another order',
    /its config is/,
    ({ manifest, config }) => {
      manifest.layers.reverse();
      config.rootfs.diff_ids.reverse();
    },
  ],
  ['another label', /its config is/, ({ config }) => void (config.config.Labels['io.kdcube.platform-ref'] = '2026.1.1.1')],
  ['a label more', /its config is/, ({ config }) => void (config.config.Labels.more = '1')],
  ['another entrypoint', /its config is/, ({ config }) => void (config.config.Entrypoint = ['/bin/sh', '-c', 'evil'])],
  ['another command', /its config is/, ({ config }) => void (config.config.Cmd = ['evil'])],
  ['another variable', /its config is/, ({ config }) => void (config.config.Env = ['PYTHONPATH=/evil'])],
  ['another user', /its config is/, ({ config }) => void (config.config.User = '0')],
  ['another platform', /its config is/, ({ config }) => void (config.architecture = 'arm64')],
  ['a field more in its config', /its config is/, ({ config }) => void Object.assign(config, { container: 'x' })],
  [
    'a field more in its manifest',
    /unexpected fields/,
    ({ manifest }) => void Object.assign(manifest, { annotations: { a: 'b' } }),
  ],
  [
    'a layer that is fetched from another address',
    /unexpected fields/,
    ({ manifest }) => void Object.assign(manifest.layers.at(-1)!, { urls: ['https://evil.example/layer'] }),
  ],
  [
    'a layer of another media type',
    /unexpected fields/,
    ({ manifest }) => void (manifest.layers.at(-1)!.mediaType = 'application/vnd.oci.image.layer.v1.tar+zstd'),
  ],
  ['a base layer with another size', /unexpected fields/, ({ manifest }) => void (manifest.layers[0]!.size += 1)],
  [
    'the layers of its base in another order',
    /its layer 1 is/,
    ({ manifest: { layers } }) => void layers.splice(0, 2, layers[1]!, layers[0]!),
  ],
  [
    'a layer of the base, compressed in another way',
    /its layer 1 is/,
    async ({ manifest }) => void (manifest.layers[0] = (await repository.layer('base')).descriptor),
  ],
];

describe('the branch tag, moved to an image that names our diff_ids for other bytes', () => {
  it('gives a layer that no container runtime unpacks, and that release:verify --layers reports', async () => {
    await push();
    const image = await repository.read('customer-main');
    const foreign = await replaceLayer(attacked, image, { honestDiffId: true });
    await repository.put('customer-main', image);
    forget(attacked);
    changeBundle();
    const { digest, key } = await push();
    expect((await repository.read(digest)).manifest.layers.map((layer) => layer.digest)).toContain(foreign);
    expect(await verifyLayers(`c-${key}`)).toMatchObject({ mismatch: expect.stringContaining(foreign) });
  });
});

describe('release:verify --layers', () => {
  it('accepts every layer of an honest image', async () => {
    const { key } = await push();
    expect(await verifyLayers(`c-${key}`)).toEqual({ count: 3 });
  });

  it.each<[string, RegExp, (digest: string) => Promise<void>]>([
    ['is gone', /does not exist/, (digest) => repository.deleteBlob(digest)],
    ['unpacks to more', /unpacks to more than/, (digest) => replaceInImage(digest, gzipSync(Buffer.alloc(1_000_000)))],
    ['cannot be unpacked', /cannot be unpacked/, (digest) => replaceInImage(digest, Buffer.from('no gzip'))],
    ['unpacks to something else', /unpacks to sha256:.* instead of/, (digest) => replaceInImage(digest, gzipSync('x'))],
  ])('reports a layer that %s', async (_, why, attack) => {
    const { key, digest } = await push();
    const layer = (await repository.read(digest)).manifest.layers.at(-1)!.digest;
    await attack(layer);
    expect(await verifyLayers(`c-${key}`)).toMatchObject({ mismatch: expect.stringMatching(why) });
  });

  /** Puts the image under its key with other bytes for a layer; its config is unchanged. */
  async function replaceInImage(layer: string, bytes: Buffer): Promise<void> {
    const image = await repository.read('customer-main');
    const at = image.manifest.layers.findIndex(({ digest }) => digest === layer);
    image.manifest.layers[at] = { ...image.manifest.layers[at]!, ...(await repository.blob(bytes)) };
    const key = image.config.config.Labels['io.kdcube.content-key'];
    await repository.put(`c-${key}`, image);
  }
});

/** The image under a tag, as release:verify --layers reads it. */
async function verifyLayers(tag: string) {
  const registry = openRegistry(ours.registry.host, silentLog);
  const expected = await ours.job((job) => computeExpectation(job, acmeRegistry(ours), silentLog));
  if (expected.is !== 'computed') throw new Error(expected.is);
  const digest = (await repository.digestOf(tag))!;
  return readLayers({ repository: 'acme/proc', digest, expected: expected.image }, registry);
}

describe('the right content key, pushed by an attacker first', () => {
  it.each(FORGERIES)('%s: image-mismatch, and nothing is written', async (_, why, change) => {
    const { tag, digest, forged } = await forgeKey(attacked, change);
    const problem = await problemOf(push());
    expect(problem).toMatchObject({ code: 'image-mismatch', message: expect.stringMatching(why) });
    expect(problem.message).toContain(`${tag} (${forged})`);
    expect(await repository.digestOf(tag)).toBe(forged);
    expect(forged).not.toBe(digest);
    expect(await repository.digestOf('customer-main')).toBeUndefined();
  });

  it('an index that names the honest image: image-mismatch', async () => {
    const { tag, digest } = await forgeKey(attacked, () => undefined);
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const { size } = (await repository.read(digest)).manifest.config;
    const platform = { os: 'linux', architecture: 'amd64' };
    const child = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size, platform };
    const forged = await repository.putRaw(tag, mediaType, { schemaVersion: 2, mediaType, manifests: [child] });
    expect(await problemOf(push())).toMatchObject({
      code: 'image-mismatch',
      message: expect.stringContaining('it is an image index'),
    });
    expect(await repository.digestOf(tag)).toBe(forged);
  });

  it('a layer with another compression is the same image, and is reused', async () => {
    const { tag, forged } = await forgeKey(attacked, async ({ manifest }) => {
      const at = manifest.layers.length - 1;
      const packed = await repository.bytesOf(manifest.layers[at]!.digest);
      manifest.layers[at] = { ...manifest.layers[at]!, ...(await repository.blob(gzipSync(gunzipSync(packed), { level: 1 }))) };
    });
    expect(await push()).toMatchObject({ how: 'reused', digest: forged });
    expect(await repository.digestOf(tag)).toBe(forged);
  });
});

describe('the key of a pushed image, moved to another image', () => {
  const moveKey = async (): Promise<{ tag: string; digest: string; forged: string }> => {
    const { key, digest } = await push();
    const image = await repository.read(digest);
    image.config.config.Cmd = ['evil'];
    return { tag: `c-${key}`, digest, forged: await repository.put(`c-${key}`, image) };
  };

  it('is a Problem of docker-push, which does not change the other tags', async () => {
    const { digest } = await moveKey();
    expect(await problemOf(push())).toMatchObject({ code: 'image-mismatch' });
    expect(await repository.digestOf('customer-main')).toBe(digest);
  });

  it('is a Problem of every command that reads the release: tag, env, plan, deploy', async () => {
    const { tag, forged } = await moveKey();
    const problem = await problemOf(resolve());
    expect(problem).toMatchObject({ code: 'image-mismatch', message: expect.stringContaining(`${tag} (${forged})`) });
  });

  it('is a Problem even if a receipt names it', async () => {
    const { forged } = await moveKey();
    editReceipt({ digest: forged });
    expect(await problemOf(resolve())).toMatchObject({ code: 'image-mismatch' });
  });
});

describe('a job that cannot read a bundle', () => {
  /** Another machine: its cache is empty, and it cannot read the bundle's repository. */
  const lockOut = () => {
    fs.renameSync(ours.org, `${ours.org}-gone`);
    fs.rmSync(process.env.KDCUBE_CACHE_DIR!, { recursive: true });
  };

  it('uses the digest in the receipt of the push, not the tag', async () => {
    const { key, digest } = await push();
    const image = await repository.read(digest);
    image.config.config.Cmd = ['evil'];
    await repository.put(`c-${key}`, image);
    lockOut();
    expect((await resolve()).map((released) => released.digest)).toEqual([digest]);
  });

  it.each<[string, object | undefined]>([
    ['without a receipt', undefined],
    ['with the receipt of another key', { key: 'f'.repeat(64) }],
    ['with the receipt of another repository', { repository: 'registry.example/acme/proc' }],
  ])('%s, accepts nothing: image-unverified', async (_, change) => {
    await push();
    if (change) editReceipt(change);
    else fs.rmSync(receiptFile());
    lockOut();
    expect(await problemOf(resolve())).toMatchObject({ code: 'image-unverified' });
  });

  it('accepts the registry’s image if trustRegistry is set', async () => {
    const { digest } = await push();
    fs.rmSync(receiptFile());
    lockOut();
    expect((await resolve({ trustRegistry: true })).map((released) => released.digest)).toEqual([digest]);
  });
});

describe('trustRegistry', () => {
  it('does not accept an image whose computed content differs', async () => {
    await forgeKey(attacked, ({ config }) => void (config.config.Cmd = ['evil']));
    expect(await problemOf(push({ trustRegistry: true }))).toMatchObject({ code: 'image-mismatch' });
    expect(await problemOf(resolve({ trustRegistry: true }))).toMatchObject({ code: 'image-mismatch' });
  });
});

describe('an engine-built image', () => {
  let engine: Engine;
  beforeEach(() => {
    engine = dockerDouble(ours);
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
  });
  const builds = () => engine.calls().filter((call) => call === 'buildx build').length;
  /** An attacker's image under the key. */
  const forgeKeyOfEngine = async () => {
    const { key, digest } = await push();
    const image = await repository.read(digest);
    image.config.config.Cmd = ['evil'];
    return { tag: `c-${key}`, digest, forged: await repository.put(`c-${key}`, image) };
  };

  it('is reused on the machine that built it', async () => {
    const { digest } = await push();
    builds();
    expect(await push()).toMatchObject({ how: 'reused', digest });
    expect((await resolve()).map((released) => released.digest)).toEqual([digest]);
    expect(builds()).toBe(0);
  });

  it('is built again on another machine, and replaced', async () => {
    const { tag, digest, forged } = await forgeKeyOfEngine();
    anotherMachine();
    expect(await push()).toMatchObject({ how: 'built' });
    expect(builds()).toBe(1);
    expect(await repository.digestOf(tag)).toBe(digest);
    expect(forged).not.toBe(digest);
  });

  it('is not accepted by its tag alone, but with the receipt of its push', async () => {
    const { digest } = await forgeKeyOfEngine();
    const receipt = fs.readFileSync(receiptFile());
    anotherMachine();
    expect(await problemOf(resolve())).toMatchObject({ code: 'image-unverified', message: expect.stringMatching(/:5 is RUN/) });
    fs.mkdirSync(path.dirname(receiptFile()), { recursive: true });
    fs.writeFileSync(receiptFile(), receipt);
    expect((await resolve()).map((released) => released.digest)).toEqual([digest]);
  });

  it('is accepted by its tag if trustRegistry is set, and the receipt records it', async () => {
    await push();
    anotherMachine();
    expect(await push({ trustRegistry: true })).toMatchObject({ how: 'reused', trustRegistry: true });
    expect(builds()).toBe(0);
  });

  it('is a Problem if the tag names another image right after the push', async () => {
    const { key } = await push();
    const other = await repository.put(
      'other',
      await repository
        .read(`c-${key}`)
        .then((image) => ({ ...image, config: { ...image.config, created: '2020-01-01T00:00:00Z' } })),
    );
    anotherMachine();
    ours.registry.faults = ({ method, reference }) =>
      method === 'HEAD' && reference === `c-${key}` ? readBackAs(other) : undefined;
    expect(await problemOf(push())).toMatchObject({ code: 'image-mismatch', message: expect.stringContaining('read back') });
  });

  function anotherMachine(): void {
    forget(attacked);
    fs.rmSync(process.env.DOCKER_DOUBLE!, { recursive: true });
    fs.mkdirSync(process.env.DOCKER_DOUBLE!);
  }
});

describe('a push whose key names another image when it is read back', () => {
  it('is image-mismatch, names both digests, and sets no other tag', async () => {
    const other = await repository.put('other', await baseImage());
    ours.registry.faults = ({ method, reference }) =>
      method === 'HEAD' && reference?.startsWith('c-') ? readBackAs(other) : undefined;
    const problem = await problemOf(push());
    expect(problem).toMatchObject({ code: 'image-mismatch', message: expect.stringContaining(other) });
    expect(problem.message).toMatch(/sha256:[0-9a-f]{64} was pushed, and this was read back/);
    ours.registry.faults = undefined;
    expect(await repository.digestOf('customer-main')).toBeUndefined();
  });
});

/** The base, copied into the repository. */
async function baseImage(): Promise<Forged> {
  const base = forger(ours.registry.host, 'kdcube-chat-proc');
  const image = await base.read('2026.7.20.444');
  for (const { digest } of image.manifest.layers) await repository.blob(await base.bytesOf(digest));
  return image;
}

/** The image that tag, env, plan and deploy use. */
function resolve(more: Partial<ReleasedOptions> = {}): Promise<ReleasedImage[]> {
  const registries = acmeRegistry(ours);
  const options = { root: ours.root, registries, offline: false, ...more };
  return ours
    .open()
    .then((open) =>
      withPlannedImages(open, ['proc'], { offline: false }, silentLog, (planned) =>
        releasedImages(planned, registries.registry!, options, silentLog),
      ),
    );
}

function receiptFile(): string {
  return path.join(ours.root, 'dist/push/proc/receipt.json');
}

function editReceipt(change: object): void {
  const receipt = JSON.parse(fs.readFileSync(receiptFile(), 'utf8')) as object;
  fs.writeFileSync(receiptFile(), JSON.stringify({ ...receipt, ...change }));
}

/** The registry's response to HEAD for another image. */
function readBackAs(digest: string) {
  const type = 'application/vnd.oci.image.manifest.v1+json';
  return { status: 200, headers: { 'docker-content-digest': digest, 'content-type': type, 'content-length': '10' } };
}
