import { closeAfterEach, double, imageOf, open, problemOf } from '../../testing/push-kit';
import { indexOf, pushIndex } from '../../testing/index-kit';
import { copyImage } from './copy-image';
import { headManifest } from './manifests/manifests';
import { readIndex } from './manifests/read-index';

closeAfterEach();

const amd64 = imageOf('base', 'for amd64');
const arm64 = imageOf('base', 'for arm64');
const attestation = imageOf('attestation');
const index = indexOf([
  ['linux/amd64', amd64],
  ['linux/arm64/v8', arm64],
  ['unknown/unknown', attestation],
]);

async function begin() {
  const [source, target] = [await double(), await double()];
  const from = { registry: open(source.host), repository: 'kdcube/x' };
  const to = { registry: open(target.host), repository: 'acme/x' };
  await pushIndex(from, index, '2026.8.19.120');
  source.journal.length = 0;
  const asked = ({ journal }: typeof source) => journal.map(({ method, kind }) => `${method} ${kind}`).sort();
  return { source, target, from, to, asked };
}

describe('a copy', () => {
  it('has the same bytes: the index, its images and its attestations', async () => {
    const { from, to } = await begin();
    const { manifest, blobs } = await copyImage(from, to, index.digest);
    expect(manifest.digest).toBe(index.digest);
    expect(Buffer.compare(manifest.bytes, Buffer.from(index.manifest))).toBe(0);
    for (const { digest } of [amd64, arm64, attestation, index])
      expect((await headManifest(to.registry, to.repository, digest))?.digest).toBe(digest);
    // The base layer is in both images, and is sent once.
    expect(blobs.filter(({ how }) => how === 'copied')).toHaveLength(7);
    expect(blobs.filter(({ how }) => how === 'there')).toHaveLength(1);
  });

  it('sends nothing that is there', async () => {
    const { target, from, to, asked } = await begin();
    await copyImage(from, to, index.digest);
    target.journal.length = 0;
    const { blobs } = await copyImage(from, to, index.digest);
    expect(blobs).toEqual([]);
    expect(asked(target).filter((request) => !request.startsWith('HEAD'))).toEqual([]);
  });

  it('goes on where another one was stopped', async () => {
    const { target, from, to } = await begin();
    target.faults = ({ method, kind, reference }) =>
      method === 'PUT' && kind === 'manifest' && reference === arm64.digest ? { status: 403 } : undefined;
    expect((await problemOf(copyImage(from, to, index.digest))).code).toBe('registry-denied');
    // No index without its images.
    expect(await headManifest(to.registry, to.repository, index.digest)).toBeUndefined();
    target.faults = undefined;
    target.journal.length = 0;
    const { blobs } = await copyImage(from, to, index.digest);
    expect(blobs.filter(({ how }) => how === 'copied').map(({ digest }) => digest)).toEqual(
      attestation.blobs.map(({ digest }) => digest),
    );
  });

  it('of a single image has no index', async () => {
    const { from, to } = await begin();
    const { manifest } = await copyImage(from, to, amd64.digest);
    expect(manifest.digest).toBe(amd64.digest);
    expect(await headManifest(to.registry, to.repository, index.digest)).toBeUndefined();
  });

  it('sends nothing if the source lacks an image of the index', async () => {
    const { source, target, from, to } = await begin();
    source.faults = ({ kind, reference }) =>
      kind === 'manifest' && reference === arm64.digest ? { status: 404, body: '{}' } : undefined;
    expect(await problemOf(copyImage(from, to, index.digest))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining(arm64.digest),
    });
    expect(target.journal).toEqual([]);
  });
});

describe('the index of a tag', () => {
  it('lists its images by platform', async () => {
    const { from } = await begin();
    expect(await readIndex(from.registry, from.repository, '2026.8.19.120')).toEqual({
      digest: index.digest,
      manifests: [
        { platform: 'linux/amd64', digest: amd64.digest },
        { platform: 'linux/arm64/v8', digest: arm64.digest },
        { platform: 'unknown/unknown', digest: attestation.digest },
      ],
    });
    expect(await readIndex(from.registry, from.repository, 'another')).toBeUndefined();
  });

  it('is refused with a missing image, by its platform', async () => {
    const { source, from } = await begin();
    source.faults = ({ kind, reference }) => (kind === 'manifest' && reference === arm64.digest ? { status: 404 } : undefined);
    expect(await problemOf(readIndex(from.registry, from.repository, '2026.8.19.120'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringMatching(/is incomplete: .* linux\/arm64\/v8 \(sha256:/),
    });
  });

  it.each([
    ['an index of indexes', indexOf([['linux/amd64', index]]), 'registry-response'],
    ['too many images', indexOf(Array.from({ length: 101 }, () => ['linux/amd64', amd64] as const)), 'limit-exceeded'],
  ])('is refused: %s', async (_, nested, code) => {
    const { from } = await begin();
    await pushIndex(from, nested, 'nested');
    expect((await problemOf(readIndex(from.registry, from.repository, 'nested'))).code).toBe(code);
  });

  it('of a single image has no manifests', async () => {
    const { from } = await begin();
    await pushIndex(from, amd64, 'single');
    expect(await readIndex(from.registry, from.repository, 'single')).toEqual({ digest: amd64.digest, manifests: [] });
  });
});
