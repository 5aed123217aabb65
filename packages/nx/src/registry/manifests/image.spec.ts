import { getImage } from './image';
import { listImages } from './list-images';
import { OCI_INDEX, OCI_MANIFEST } from './manifest-format';
import { headManifest, putManifest } from './manifests';
import { sha256Digest } from '../transport/connect';
import { config, descriptor, layer, manifestOf, upload } from '../../../testing/manifest-kit';
import { closeAfterEach, double, open, problemOf } from '../../../testing/push-kit';

closeAfterEach();

describe('images', () => {
  async function emptyRepository() {
    const registry = await double();
    return { registry, client: open(registry.host) };
  }

  async function withIndex(platforms: [string, string?][]) {
    const registry = await double();
    const client = open(registry.host);
    await upload(registry.url, 'x', layer);
    const children = [];
    for (const [architecture, variant] of platforms) {
      const bytes = manifestOf(config(architecture, variant));
      await upload(registry.url, 'x', config(architecture, variant));
      await putManifest(client, 'x', `only-${architecture}`, bytes, OCI_MANIFEST);
      children.push(descriptor(OCI_MANIFEST, bytes, { platform: { os: 'linux', architecture, variant } }));
    }
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children }));
    await putManifest(client, 'x', 'all', index, OCI_INDEX);
    return { client, children, index };
  }

  it('are chosen from an index by platform', async () => {
    const { client, children, index } = await withIndex([['amd64'], ['arm64', 'v8']]);
    const { digest, manifest, config: read } = await getImage(client, 'x', 'all', 'linux/arm64');
    expect(digest).toBe(children[1]!.digest);
    expect(manifest.layers[0]!.digest).toBe(sha256Digest(layer));
    expect(read).toMatchObject({ architecture: 'arm64', config: { Labels: { a: 'b' } } });
    expect((await headManifest(client, 'x', 'all'))!.digest).toBe(sha256Digest(index));
    expect((await getImage(client, 'x', 'only-amd64', 'linux/amd64')).digest).toBe(children[0]!.digest);
  });

  it('for other platforms are named', async () => {
    const { client } = await withIndex([['amd64'], ['arm64', 'v8']]);
    expect(await problemOf(getImage(client, 'x', 'all', 'linux/s390x'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining('only for linux/amd64, linux/arm64/v8.'),
    });
    expect(await problemOf(getImage(client, 'x', 'only-amd64', 'linux/arm64'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining('only for linux/amd64.'),
    });
  });

  describe('of an index as builders write them', () => {
    const amd64 = manifestOf(config('amd64'));
    const arm64 = manifestOf(config('arm64'));
    const attestation = manifestOf(Buffer.from('{}'), 'application/vnd.in-toto+json');
    const broken = manifestOf(Buffer.from('{}'));
    const indexOf = (...manifests: object[]) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const entry = (bytes: Buffer, platform?: unknown) => ({
      ...descriptor(OCI_MANIFEST, bytes),
      ...(platform !== undefined && { platform }),
    });
    const within = (bytes: Buffer, platform?: unknown) => ({ ...entry(bytes, platform), mediaType: OCI_INDEX });
    const unknown = { os: 'unknown', architecture: 'unknown' };

    async function put(index: Buffer, ...nested: Buffer[]) {
      const { registry, client } = await emptyRepository();
      for (const bytes of [layer, config('amd64'), config('arm64'), Buffer.from('{}')]) await upload(registry.url, 'x', bytes);
      for (const bytes of [amd64, arm64, attestation, broken])
        await putManifest(client, 'x', sha256Digest(bytes), bytes, OCI_MANIFEST);
      for (const bytes of nested) await putManifest(client, 'x', sha256Digest(bytes), bytes, OCI_INDEX);
      await putManifest(client, 'x', 'all', index, OCI_INDEX);
      return client;
    }

    const inner = indexOf(entry(amd64, { os: 'linux', architecture: 'amd64' }), entry(attestation, unknown));
    const plain = indexOf(entry(amd64));

    it.each<[string, Buffer, Buffer[]]>([
      ['one entry without a platform', plain, []],
      ['entries without a platform: the config says which', indexOf(entry(arm64), entry(amd64)), []],
      ['an empty platform', indexOf(entry(amd64, {})), []],
      ['empty names', indexOf(entry(amd64, { os: '', architecture: '' })), []],
      ['a platform that is null', indexOf(entry(amd64, null)), []],
      ['an attestation before it', indexOf(entry(attestation, unknown), entry(amd64)), []],
      ['an attestation without a platform before it', indexOf(entry(attestation), entry(amd64)), []],
      ['the platform beside one without', indexOf(entry(arm64), entry(amd64, { os: 'linux', architecture: 'amd64' })), []],
      ['a variant that was not requested', indexOf(entry(amd64, { os: 'linux', architecture: 'amd64', variant: 'v2' })), []],
      [
        'an os.version and os.features',
        indexOf(entry(amd64, { os: 'linux', architecture: 'amd64', 'os.version': '1', 'os.features': ['x'] })),
        [],
      ],
      ['an index in it', indexOf(within(inner)), [inner]],
      ['an index in it, for the platform', indexOf(within(inner, { os: 'linux', architecture: 'amd64' })), [inner]],
      ['an index in it without platforms', indexOf(entry(arm64), within(plain)), [plain]],
    ])('%s', async (_, index, nested) => {
      const client = await put(index, ...nested);
      expect((await getImage(client, 'x', 'all', 'linux/amd64')).digest).toBe(sha256Digest(amd64));
      const { digest, images } = await listImages(client, 'x', 'all');
      expect([digest, images]).toEqual([
        sha256Digest(index),
        expect.arrayContaining([{ platform: 'linux/amd64', digest: sha256Digest(amd64) }]),
      ]);
    });

    it('an entry without a platform that cannot be read: the others are listed', async () => {
      const client = await put(indexOf(entry(broken), entry(attestation), entry(arm64)));
      const { images } = await listImages(client, 'x', 'all');
      expect(images).toEqual([{ platform: 'linux/arm64', digest: sha256Digest(arm64) }]);
    });

    it.each<[string, Buffer, string]>([
      ['an image for another platform without one', indexOf(entry(arm64)), 'only for linux/arm64.'],
      ['nothing but attestations', indexOf(entry(attestation, unknown)), 'only for no platform.'],
      ['nothing', indexOf(), 'only for no platform.'],
    ])('%s: what is there is named', async (_, index, message) => {
      const problem = await problemOf(getImage(await put(index), 'x', 'all', 'linux/amd64'));
      expect(problem).toMatchObject({ code: 'image-not-found', message: expect.stringContaining(message) });
    });

    it.each<[string, Buffer, Buffer[]]>([
      ['an entry', indexOf(entry(arm64, { os: 'linux', architecture: 'amd64' })), []],
      [
        'the entry of an index',
        indexOf(within(indexOf(entry(arm64)), { os: 'linux', architecture: 'amd64' })),
        [indexOf(entry(arm64))],
      ],
    ])('%s that names another platform than its image', async (_, index, nested) => {
      const problem = await problemOf(getImage(await put(index, ...nested), 'x', 'all', 'linux/amd64'));
      expect(problem).toMatchObject({
        code: 'image-not-found',
        message: expect.stringContaining('has no image for linux/amd64: the entry for linux/amd64 is an image for linux/arm64.'),
      });
    });

    it('any number of entries without a platform: not all are opened', async () => {
      const problem = await problemOf(getImage(await put(indexOf(...Array(60).fill(entry(arm64)))), 'x', 'all', 'linux/amd64'));
      expect(problem).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('more than 50 entries') });
      const listed = await listImages(await put(indexOf(...Array(60).fill(entry(arm64)))), 'x', 'all');
      expect(listed.images).toHaveLength(50);
    });
  });

  it('are not charts or signatures', async () => {
    const registry = await double();
    const client = open(registry.host);
    await upload(registry.url, 'x', layer);
    await upload(registry.url, 'x', Buffer.from('{}'));
    await putManifest(
      client,
      'x',
      'chart',
      manifestOf(Buffer.from('{}'), 'application/vnd.cncf.helm.config.v1+json'),
      OCI_MANIFEST,
    );
    expect((await problemOf(getImage(client, 'x', 'chart', 'linux/amd64'))).message).toContain('is not an image');
  });
});
