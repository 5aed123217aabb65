import type { PlatformPin } from '@kdcube/release/internal';
import { MirrorReceipt, printReceipt, readReceipt } from '@kdcube/release/internal';
import { indexOf, pushIndex } from '../../../testing/index-kit';
import { closeAfterEach, double, imageOf, open, problemOf } from '../../../testing/push-kit';
import { getManifest, headManifest } from '../../registry/manifests/manifests';
import { silentLog } from '../../system/log';
import { mirrorImage } from './mirror';

closeAfterEach();

const REF = '2026.8.19.120';
const arm64 = imageOf('base', 'arm64');
const index = indexOf([
  ['linux/amd64', imageOf('base', 'amd64')],
  ['linux/arm64', arm64],
]);
const MANIFESTS = index.children!.map(({ digest }, at) => ({ platform: ['linux/amd64', 'linux/arm64'][at]!, digest }));
const other = imageOf('another');

async function begin() {
  const [source, target] = [await double(), await double()];
  const from = { registry: open(source.host), repository: 'kdcube/kdcube-metrics' };
  await pushIndex(from, index, REF);
  source.journal.length = 0;
  const pin: PlatformPin = {
    pin: 1,
    ref: REF,
    source: `${source.host}/kdcube/kdcube-metrics`,
    digest: index.digest,
    manifests: MANIFESTS,
  };
  const mirror = (dryRun = false) =>
    mirrorImage({ image: 'kdcube-metrics', pin }, { host: target.host, prefix: 'acme' }, { dryRun }, silentLog);
  const at = { registry: open(target.host), repository: 'acme/kdcube-metrics' };
  const asked = ({ journal }: typeof source) => journal.map(({ method, kind }) => `${method} ${kind}`);
  return { source, target, at, pin, mirror, asked };
}

it('copies the image, tags it with platform.ref, and says what was sent', async () => {
  const { target, at, pin, mirror } = await begin();
  const receipt = await mirror();
  expect(receipt).toEqual({
    receipt: 'mirror',
    version: 1,
    image: 'kdcube-metrics',
    ref: REF,
    source: pin.source,
    repository: `${target.host}/acme/kdcube-metrics`,
    digest: index.digest,
    mediaType: index.mediaType,
    size: index.manifest.length,
    how: 'copied',
    tags: [REF],
    sent: { reusedBlobs: 1, sentBlobs: 5, bytes: expect.any(Number) },
  });
  expect(readReceipt(MirrorReceipt, printReceipt(receipt!))).toEqual(receipt);
  expect((await getManifest(at.registry, at.repository, REF)).digest).toBe(index.digest);
});

it('costs one request if the image is there, and none of the source', async () => {
  const { source, target, mirror, asked } = await begin();
  await mirror();
  source.journal.length = 0;
  target.journal.length = 0;
  expect(await mirror()).toMatchObject({ how: 'reused', tags: [REF] });
  expect(asked(target)).toEqual(['HEAD manifest']);
  expect(asked(source)).toEqual([]);
});

it('only tags an image that is there without its tag', async () => {
  const { source, target, at, mirror } = await begin();
  await pushIndex(at, index);
  source.journal.length = 0;
  expect(await mirror()).toMatchObject({ how: 'reused' });
  expect(source.journal).toEqual([]);
  expect((await headManifest(at.registry, at.repository, REF))?.digest).toBe(index.digest);
  expect(target.journal.filter(({ method }) => method === 'PUT').at(-1)).toMatchObject({ kind: 'manifest', reference: REF });
});

it('copies again what garbage collection has removed from an index that has no tag', async () => {
  const { target, at, mirror } = await begin();
  await pushIndex(at, index);
  await fetch(`http://${target.host}/v2/${at.repository}/manifests/${arm64.digest}`, { method: 'DELETE' });
  expect(await headManifest(at.registry, at.repository, arm64.digest)).toBeUndefined();
  expect(await mirror()).toMatchObject({ how: 'copied', sent: { sentBlobs: 0 } });
  expect((await headManifest(at.registry, at.repository, arm64.digest))?.digest).toBe(arm64.digest);
});

it('never moves the tag', async () => {
  const { at, source, mirror } = await begin();
  await pushIndex(at, other, REF);
  expect(await problemOf(mirror())).toMatchObject({
    code: 'tag-exists',
    message: expect.stringContaining(other.digest),
    at: { file: 'pins/platform/kdcube-metrics/pin.json' },
  });
  expect((await headManifest(at.registry, at.repository, REF))?.digest).toBe(other.digest);
  expect(source.journal).toEqual([]);
});

it('copies what the pin names, whatever the tag names at the source now', async () => {
  const { source, at, mirror } = await begin();
  source.faults = ({ kind, reference }) => (kind === 'manifest' && reference === REF ? { status: 500 } : undefined);
  expect(await mirror()).toMatchObject({ digest: index.digest, how: 'copied' });
  expect((await headManifest(at.registry, at.repository, REF))?.digest).toBe(index.digest);
});

it('says what a dry run would do, and writes nothing', async () => {
  const { target, mirror } = await begin();
  expect(await mirror(true)).toBeUndefined();
  expect(target.journal.filter(({ method }) => method !== 'HEAD' && method !== 'GET')).toEqual([]);
  await mirror();
  expect(await mirror(true)).toMatchObject({ how: 'reused' });
});

it('reports an image that the source has no more', async () => {
  const { source, target, mirror } = await begin();
  source.faults = ({ kind }) => (kind === 'manifest' ? { status: 404 } : undefined);
  expect((await problemOf(mirror())).code).toBe('image-not-found');
  expect(target.journal.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([]);
});
