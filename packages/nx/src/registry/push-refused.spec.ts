import { withJournal } from '../system/journal';
import { pushImage } from './push';
import { closeAfterEach, double, imageOf, open, problemOf } from '../../testing/push-kit';

closeAfterEach();
const key = `c-${'a'.repeat(64)}`;
const image = imageOf('base', 'bundle one', 'bundle two');

describe('a push that is limited (429)', () => {
  const slow = { status: 429, headers: { 'retry-after': '1' } };

  it.each<[string, 'upload' | 'manifest', unknown[], RegExp]>([
    ['an upload, every time', 'upload', [], /^No file, image, tag or service was changed\.$/],
    ['an upload, after an answer that was lost', 'upload', ['lost'], /^Unconfirmed: uploaded 1 blob to /],
    ['an upload, after a 503', 'upload', [{ status: 503 }], /^Unconfirmed: uploaded 1 blob to /],
    ['the manifest, every time', 'manifest', [], /^Already done: uploaded 2 blobs to \S+\. Nothing else was changed\.$/],
    ['the manifest, after a lost answer', 'manifest', ['lost'], /Unconfirmed: tagged /],
  ])('%s: what may have been done is said', async (_, kind, first, text) => {
    const registry = await double();
    const faults = [...first];
    registry.faults = (asked) => (asked.method === 'PUT' && asked.kind === kind ? (faults.shift() ?? slow) : undefined);
    const one = imageOf('only');
    await withJournal('/w', async (describe) => {
      const problem = await problemOf(pushImage(open(registry.host), 'a/x', one, { key }, { parallel: 1 }));
      expect(problem.message).toContain('answered 429');
      expect(describe()).toMatch(text);
    });
  });
});

describe('a manifest that is refused', () => {
  const pushAssumed = async (assumed: number, fault?: object) => {
    const registry = await double();
    registry.faults = ({ method, kind }) => (method === 'PUT' && kind === 'manifest' ? fault : undefined);
    const blobs = image.blobs.map((blob, index) => ({ ...blob, assumeExists: index < assumed }));
    const pushing = pushImage(open(registry.host), 'a/x', { ...image, blobs }, { key });
    const requests = () => registry.journal.map(({ method, kind }) => `${method} ${kind}`);
    return { pushing, count: (request: string) => requests().filter((each) => each === request).length };
  };
  const invalid = { status: 400, body: '{"errors":[{"code":"MANIFEST_INVALID","message":"no"}]}' };

  it('because blobs that were assumed to exist are missing: they are looked up, and sent', async () => {
    const { pushing } = await pushAssumed(4);
    expect((await pushing).blobs.map(({ how }) => how)).toEqual(['sent', 'sent', 'sent', 'sent']);
  });

  it.each<[string, number, object, string, number]>([
    ['is sent once if no blob was assumed to exist', 0, invalid, 'registry-response', 1],
    ['is sent once if the registry denies it', 4, { status: 403 }, 'registry-denied', 1],
    ['is sent once more if a blob was assumed to exist', 1, invalid, 'registry-response', 2],
  ])('%s', async (_, assumed, fault, code, manifests) => {
    const { pushing, count } = await pushAssumed(assumed, fault);
    expect((await problemOf(pushing)).code).toBe(code);
    expect(count('PUT manifest')).toBe(manifests);
    // Each blob is sent at most once.
    expect(count('PUT upload')).toBe(code === 'registry-denied' ? 0 : 4);
  });
});
