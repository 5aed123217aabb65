import { headManifest } from '../manifests/manifests';
import { pushImage, uploadImage } from '../push';
import type { TagHeads } from '../push-job';
import { readTags, tagImage } from './tag-image';
import { closeAfterEach, double, imageOf, open, problemOf } from '../../../testing/push-kit';

closeAfterEach();
const v1 = { tag: 'v1', moving: false };
const main = { tag: 'customer-main', moving: true };
const ours = imageOf('ours');
const theirs = imageOf('theirs');
/** Not 0: an age is a difference of two times. */
const START = 1_000_000;

/** A registry that has our image without a tag, and a client with a clock of its own. */
async function begin() {
  const registry = await double();
  const clock = { now: START };
  const client = open(registry.host, { now: () => clock.now });
  const { manifest } = await uploadImage(client, 'a/x', ours);
  const tag = (tagHeads: TagHeads | undefined, ...tags: (typeof v1)[]) =>
    tagImage(client, 'a/x', { digest: ours.digest, how: 'pushed' as const, manifest, tagHeads }, tags);
  return {
    registry,
    clock,
    tag,
    read: (...tags: (typeof v1)[]) => readTags({ registry: client, repository: 'a/x' }, tags),
    /** Another process puts a tag on an image. */
    setMeanwhile: ({ tag: name }: typeof v1, image = theirs) =>
      pushImage(open(registry.host), 'a/x', image, { tags: [{ tag: name, moving: true }] }),
    digestOf: async ({ tag: name }: typeof v1) => (await headManifest(client, 'a/x', name))?.digest,
    requests: (method: string, { tag: name }: typeof v1) =>
      registry.journal.filter((request) => request.method === method && request.reference === name).length,
  };
}

describe('what was read of tags is used for one second', () => {
  it.each([
    [0, 0],
    [1, 0],
    [999, 0],
    [1_000, 0],
    [1_001, 1],
    [60_000, 1],
    [3_600_000, 1],
  ])('after %d ms each tag is read %d times again', async (age, reads) => {
    const { registry, clock, tag, read, requests } = await begin();
    const heads = await read(v1, main);
    registry.journal.length = 0;
    clock.now += age;
    expect(await tag(heads, v1, main)).toEqual([
      { tag: 'v1', how: 'set' },
      { tag: 'customer-main', how: 'set' },
    ]);
    expect([requests('HEAD', v1), requests('HEAD', main)]).toEqual([reads, reads]);
  });

  it('counts from before they were read, however long that took', async () => {
    const { registry, clock, read } = await begin();
    registry.faults = () => void (clock.now += 5_000);
    const { at, heads } = await read(v1, main);
    expect([at, [...heads.keys()], clock.now]).toEqual([START, ['v1', 'customer-main'], START + 10_000]);
  });

  it('says nothing of a tag that was not read', async () => {
    const { tag, read, setMeanwhile, digestOf } = await begin();
    await setMeanwhile(v1);
    expect((await problemOf(tag(await read(main), v1))).code).toBe('tag-exists');
    expect((await problemOf(tag(undefined, v1))).code).toBe('tag-exists');
    expect(await digestOf(v1)).toBe(theirs.digest);
  });
});

describe('a tag that another process sets more than a second after it was read', () => {
  it('is not overwritten, if it must not move', async () => {
    const { registry, clock, tag, read, setMeanwhile, digestOf, requests } = await begin();
    const heads = await read(v1);
    await setMeanwhile(v1);
    registry.journal.length = 0;
    clock.now += 1_001;
    const { code, message } = await problemOf(tag(heads, v1));
    expect([code, message]).toEqual(['tag-exists', expect.stringContaining(theirs.digest)]);
    expect([await digestOf(v1), requests('PUT', v1)]).toEqual([theirs.digest, 0]);
  });

  it('is there, if it names our image', async () => {
    const { registry, clock, tag, read, setMeanwhile, requests } = await begin();
    const heads = await read(v1);
    await setMeanwhile(v1, ours);
    registry.journal.length = 0;
    clock.now += 1_001;
    expect(await tag(heads, v1)).toEqual([{ tag: 'v1', how: 'there' }]);
    expect(requests('PUT', v1)).toBe(0);
  });

  it('is moved to our image again, if it may move and named it when it was read', async () => {
    const { clock, tag, read, setMeanwhile, digestOf } = await begin();
    await tag(undefined, main);
    const heads = await read(main);
    await setMeanwhile(main);
    clock.now += 1_001;
    expect(await tag(heads, main)).toEqual([{ tag: main.tag, how: 'set' }]);
    expect(await digestOf(main)).toBe(ours.digest);
  });

  it.each<[string, TagHeads | undefined]>([
    ['its upload', undefined],
    ['its build and its upload', { at: START, heads: new Map([['v1', undefined]]) }],
  ])('is not overwritten by a push that lasts long: %s', async (_, tagHeads) => {
    const { registry, clock, setMeanwhile, digestOf } = await begin();
    const client = open(registry.host, { now: () => clock.now });
    const next = imageOf('next');
    const [config, ...layers] = next.blobs;
    const sendSlowly = async function* () {
      await setMeanwhile(v1);
      clock.now += 60_000;
      yield* config!.open!();
    };
    const blobs = [{ ...config!, open: sendSlowly }, ...layers];
    const problem = await problemOf(pushImage(client, 'a/x', { ...next, blobs }, { tags: [v1], tagHeads }));
    expect([problem.code, await digestOf(v1)]).toEqual(['tag-exists', theirs.digest]);
  });
});

describe('a content key that another process sets while an image is built and uploaded', () => {
  const key = `c-${'a'.repeat(64)}`;
  const first = imageOf('the first under the key');

  /** Pushes another image. Its key was looked up before its build, or is looked up before its upload: `age` ms pass there. */
  async function pushAfter(age: number, slow: 'build' | 'upload', replaces?: string) {
    const registry = await double();
    let now = START;
    const client = open(registry.host, { now: () => now });
    const other = open(registry.host);
    const wait = async () => {
      await pushImage(other, 'a/x', first, { key });
      now += age;
    };
    const next = imageOf('next');
    const [config, ...layers] = next.blobs;
    const send = async function* () {
      if (slow === 'upload') await wait();
      yield* config!.open!();
    };
    if (slow === 'build') await wait();
    const keyAbsentAt = slow === 'build' ? START : undefined;
    const image = { ...next, blobs: [{ ...config!, open: send }, ...layers] };
    const { how, digest } = await pushImage(client, 'a/x', image, { key, keyAbsentAt, replaces });
    const underKey = (await headManifest(other, 'a/x', key))?.digest;
    return { how, isFirst: digest === first.digest, agrees: underKey === digest };
  }

  it.each([
    [0, 'pushed'],
    [1_000, 'pushed'],
    [1_001, 'reused'],
    [3_600_000, 'reused'],
  ])('%d ms after the look-up: our image is %s', async (age, how) => {
    for (const slow of ['build', 'upload'] as const)
      expect(await pushAfter(age, slow)).toEqual({ how, isFirst: how === 'reused', agrees: true });
  });

  it('loses to ours, if it is the image that is to be replaced, and to no other one', async () => {
    const replaced = await pushAfter(60_000, 'build', first.digest);
    expect(replaced).toEqual({ how: 'pushed', isFirst: false, agrees: true });
    const preserved = await pushAfter(60_000, 'build', theirs.digest);
    expect(preserved).toEqual({ how: 'reused', isFirst: true, agrees: true });
  });
});
