import { getManifest, headManifest, putManifest } from './manifests/manifests';
import { headBlob } from './blobs/head-blob';
import { sha256Digest } from './transport/connect';
import { OCI_INDEX } from './manifests/manifest-format';
import { pushImage } from './push';
import { logProgress } from './blobs/progress';
import { withJournal } from '../system/journal';
import { closeAfterEach, double, errorOf, imageOf, named, open, problemOf, source } from '../../testing/push-kit';

closeAfterEach();
const key = `c-${'a'.repeat(64)}`;
const v1 = { tag: 'v1', moving: false };
const main = { tag: 'customer-main', moving: true };
const image = imageOf('base', 'bundle one', 'bundle two');

async function begin(options: object = {}) {
  const registry = await double(options);
  const client = open(registry.host);
  const requests = () => registry.journal.map(({ method, kind }) => `${method} ${kind}`);
  return { registry, client, requests };
}

describe('a push', () => {
  it('sends blobs first, then the manifest, then the tags', async () => {
    const { registry, client, requests } = await begin();
    const pushed = await pushImage(client, 'a/x', image, { key, tags: [v1, main] });
    expect(pushed).toMatchObject({
      digest: image.digest,
      how: 'pushed',
      size: image.manifest.length,
      mediaType: image.mediaType,
    });
    expect(pushed.tags).toEqual([
      { tag: 'v1', how: 'set' },
      { tag: 'customer-main', how: 'set' },
    ]);
    expect(pushed.blobs.map(({ how }) => how)).toEqual(['sent', 'sent', 'sent', 'sent']);
    for (const tag of [key, 'v1', 'customer-main']) expect((await headManifest(client, 'a/x', tag))!.digest).toBe(image.digest);
    const first = requests().indexOf('PUT manifest');
    expect(requests().lastIndexOf('PUT upload')).toBeLessThan(first);
    expect(registry.journal.find(({ method, kind }) => method === 'PUT' && kind === 'manifest')).toMatchObject({
      reference: key,
    });
  });

  it('of what is there sends nothing', async () => {
    const { registry, client, requests } = await begin();
    await pushImage(client, 'a/x', image, { key, tags: [v1] });
    registry.journal.length = 0;
    expect(await pushImage(client, 'a/x', image, { key, tags: [v1] })).toMatchObject({
      how: 'there',
      digest: image.digest,
      blobs: [],
      tags: [{ tag: 'v1', how: 'there' }],
    });
    expect(new Set(requests())).toEqual(new Set(['HEAD manifest']));
  });

  it('sends only what changed, and asks for nothing that is known to be there', async () => {
    const { registry, client, requests } = await begin();
    await pushImage(client, 'a/x', image, { key });
    registry.journal.length = 0;
    const next = imageOf('base', 'bundle one', 'bundle two, changed');
    const known = new Set(image.blobs.map(({ digest }) => digest));
    const blobs = next.blobs.map((blob) => ({ ...blob, assumeExists: known.has(blob.digest) }));
    const pushed = await pushImage(client, 'a/x', { ...next, blobs }, { key: `c-${'b'.repeat(64)}`, keyAbsentAt: Date.now() });
    expect(pushed.blobs.filter(({ how }) => how === 'sent')).toHaveLength(2);
    expect(requests().sort()).toEqual([
      'HEAD blob',
      'HEAD blob',
      'HEAD manifest',
      'POST uploads',
      'POST uploads',
      'PUT manifest',
      'PUT upload',
      'PUT upload',
    ]);
  });

  it('without tags goes under its digest; an index goes behind its images', async () => {
    const { client } = await begin();
    const pushed = await pushImage(client, 'a/x', image);
    expect(pushed).toMatchObject({ how: 'pushed', digest: image.digest, tags: [] });
    const manifests = [{ mediaType: image.mediaType, digest: image.digest, size: image.manifest.length }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const whole = await pushImage(client, 'a/x', { manifest: index, mediaType: OCI_INDEX, blobs: [] }, { tags: [v1] });
    expect((await getManifest(client, 'a/x', 'v1')).digest).toBe(whole.digest);
  });

  it('mounts what another repository of the registry has, and streams what another registry has', async () => {
    const { client } = await begin();
    const elsewhere = await begin();
    const [config, base, one, two] = image.blobs;
    const put = async (repository: string, at = client) =>
      pushImage(at, repository, image, {}).then(() => ({ registry: at, repository }));
    const from = await put('base');
    const far = await put('base', elsewhere.client);
    const nowhere = { open: undefined };
    const blobs = [config!, { ...base!, ...nowhere, from }, { ...one!, ...nowhere, from: far }, two!];
    const pushed = await pushImage(client, 'a/x', { ...image, blobs }, { key });
    const how = new Map(pushed.blobs.map((blob) => [blob.digest, blob.how]));
    expect([config, base, one, two].map((blob) => how.get(blob!.digest))).toEqual(['sent', 'mounted', 'copied', 'sent']);
  });

  it('does not send foreign layers, and each blob once', async () => {
    const { client, requests } = await begin();
    const json = JSON.parse(Buffer.from(image.manifest).toString());
    json.layers[0].urls = ['https://example.com/windows'];
    json.layers.push(json.layers[1]);
    const manifest = Buffer.from(JSON.stringify(json));
    await pushImage(client, 'a/x', { ...image, manifest, blobs: [image.blobs[0]!, ...image.blobs.slice(2)] });
    expect(requests().filter((request) => request === 'PUT upload')).toHaveLength(3);
  });

  it('keeps to its limit', async () => {
    const { registry, client } = await begin();
    const many = imageOf(...Array.from({ length: 20 }, (_, number) => `layer ${number}`));
    let running = 0;
    let most = 0;
    const blobs = many.blobs.map((blob) => ({
      ...blob,
      open: async function* () {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield* blob.open!();
        running -= 1;
      },
    }));
    await pushImage(client, 'a/x', { ...many, blobs }, { key });
    expect(most).toBe(4);
    registry.journal.length = 0;
    await pushImage(client, 'a/y', { ...many, blobs }, { key }, { parallel: 1 });
    expect(most).toBe(4);
  });

  it.each([
    ['is not given', (blobs: typeof image.blobs) => blobs.slice(1), 'is missing from the given blobs'],
    ['has another size', (blobs: typeof image.blobs) => [{ ...blobs[0]!, size: 1 }, ...blobs.slice(1)], 'has 1 bytes'],
    ['is nowhere', (blobs: typeof image.blobs) => [{ ...blobs[0]!, open: undefined }, ...blobs.slice(1)], 'cannot be uploaded'],
  ])('whose config %s', async (_, change, text) => {
    const { client } = await begin();
    const problem = await problemOf(pushImage(client, 'a/x', { ...image, blobs: change(image.blobs) }, { key }));
    expect(problem).toMatchObject({ code: 'push-failed', message: expect.stringContaining(text) });
    expect(await headManifest(client, 'a/x', key)).toBeUndefined();
  });

  it('stops the others when one fails, and says what is left behind', async () => {
    const { client } = await begin();
    const [config, ...layers] = image.blobs;
    const large = Buffer.alloc(50_000_000);
    const slow = { ...named(large), open: source(large, 1000).open };
    const json = JSON.parse(Buffer.from(image.manifest).toString());
    json.layers.push({ mediaType: json.layers[0].mediaType, ...named(large) });
    const broken = { ...layers[2]!, open: source(Buffer.from('changed')).open };
    const blobs = [config!, layers[0]!, layers[1]!, slow, broken];
    const { error, changed } = await withJournal('/', async (describeChanges) => ({
      error: await errorOf(
        pushImage(client, 'a/x', { ...image, manifest: Buffer.from(JSON.stringify(json)), blobs }, { key }, { parallel: 2 }),
      ),
      changed: describeChanges(),
    }));
    expect(error.problems[0]).toMatchObject({ code: 'file-error', message: expect.stringContaining(broken.digest) });
    // What was stopped has no response.
    expect(changed).toMatch(
      /^Already done: uploaded [123] blobs? to \S+\/a\/x\. Unconfirmed: uploaded [123] blobs? to \S+\/a\/x\. Nothing else was changed\.$/,
    );
    expect(await headBlob(client, 'a/x', slow)).toBe(false);
  });
});

it('that fails at one tag has no request in flight for the others', async () => {
  const registry = await double();
  let left = 3;
  registry.faults = ({ method, reference }) => {
    if (method !== 'PUT') return undefined;
    if (reference === 'v1') return { status: 403 };
    return reference === 'v2' && (left -= 1) >= 0 ? 'cut' : undefined;
  };
  const tags = ['v1', 'v2'].map((tag) => ({ tag, moving: false }));
  expect((await problemOf(pushImage(open(registry.host), 'x', image, { tags }))).code).toBe('registry-denied');
  expect((await headManifest(open(registry.host), 'x', 'v2'))?.digest).toBe(image.digest);
});

describe('tags', () => {
  const other = imageOf('something else');

  it('an image with another digest under the key is reused: nothing is sent, and the tags go there', async () => {
    for (const immutable of [false, true]) {
      const { registry, client, requests } = await begin({ immutable });
      await pushImage(client, 'a/x', other, { key });
      registry.journal.length = 0;
      expect(await pushImage(client, 'a/x', image, { key, tags: [v1] })).toMatchObject({
        how: 'reused',
        digest: other.digest,
      });
      expect(requests()).not.toContain('POST uploads');
      expect((await headManifest(client, 'a/x', 'v1'))!.digest).toBe(other.digest);
    }
  });

  it.each([true, false])(
    'a tag that must not move: the same digest is a success, another one a Problem with both (immutable: %s)',
    async (immutable) => {
      const { registry, client, requests } = await begin({ immutable });
      await pushImage(client, 'a/x', image, { tags: [v1] });
      expect(await pushImage(client, 'a/x', image, { tags: [v1] })).toMatchObject({ tags: [{ tag: 'v1', how: 'there' }] });
      registry.journal.length = 0;
      const problem = await problemOf(pushImage(client, 'a/x', other, { key, tags: [v1] }));
      expect(problem.code).toBe('tag-exists');
      for (const digest of [image.digest, other.digest]) expect(problem.message).toContain(digest);
      expect(requests().filter((request) => !/^(HEAD|GET) manifest$/.test(request))).toEqual([]);
      expect((await headManifest(client, 'a/x', 'v1'))!.digest).toBe(image.digest);
    },
  );

  it('tags that may move do, if the repository allows it', async () => {
    for (const [immutable, how] of [
      [false, 'set'],
      [true, 'skipped'],
    ] as const) {
      const { client } = await begin({ immutable });
      await pushImage(client, 'a/x', image, { tags: [main] });
      expect((await pushImage(client, 'a/x', other, { tags: [main] })).tags).toEqual([{ tag: main.tag, how }]);
    }
  });

  it('are never keys, nor anything else than tags', async () => {
    const { registry, client } = await begin();
    for (const tag of [key, '../x', ''])
      await expect(pushImage(client, 'a/x', image, { tags: [{ tag, moving: false }] })).rejects.toThrow('unsafe-tag');
    expect(registry.journal).toEqual([]);
  });
});

describe('two pushes of one tag at once', () => {
  const one = imageOf('base', 'as one machine built it');
  const two = imageOf('base', 'as another did');

  it.each([false, true])('of one image both succeed (immutable: %s)', async (immutable) => {
    const { registry } = await begin({ immutable });
    const push = () => pushImage(open(registry.host), 'a/x', image, { key, tags: [v1] });
    for (const pushed of await Promise.all([push(), push(), push()])) {
      expect(pushed).toMatchObject({ digest: image.digest, tags: [{ tag: 'v1' }] });
    }
  });

  it('of two images agree where tags stay', async () => {
    const { registry } = await begin({ immutable: true });
    const push = (what: typeof one) => pushImage(open(registry.host), 'a/x', what, { key });
    const [first, second] = await Promise.all([push(one), push(two)]);
    expect(first!.digest).toBe(second!.digest);
    expect([first!.how, second!.how].sort()).toEqual(['pushed', 'reused']);
    expect((await headManifest(open(registry.host), 'a/x', key))!.digest).toBe(first!.digest);
  });

  it('keeps the first key, where sending took long', async () => {
    const { registry } = await begin();
    let now = 0;
    const slow = open(registry.host, { now: () => now });
    const [config, ...layers] = two.blobs;
    const meanwhile = async function* () {
      await pushImage(open(registry.host), 'a/x', one, { key });
      now += 60_000;
      yield* config!.open!();
    };
    const pushed = await pushImage(slow, 'a/x', { ...two, blobs: [{ ...config!, open: meanwhile }, ...layers] }, { key });
    expect(pushed).toMatchObject({ how: 'reused', digest: one.digest });
    expect((await headManifest(slow, 'a/x', key))!.digest).toBe(one.digest);
  });

  it('reads back what became of it', async () => {
    const { registry } = await begin();
    const client = open(registry.host);
    await pushImage(client, 'a/x', one, { tags: [v1] });
    const { bytes, mediaType } = await getManifest(client, 'a/x', 'v1');
    let overtaken = false;
    const thirdParty = open(registry.host);
    registry.faults = ({ method, kind, reference }) => {
      if (method === 'HEAD' && kind === 'manifest' && reference === key && overtaken)
        return {
          status: 200,
          headers: {
            'content-type': mediaType,
            'docker-content-digest': sha256Digest(bytes),
            'content-length': String(bytes.length),
          },
        };
      if (method === 'PUT' && kind === 'manifest') overtaken = true;
      return undefined;
    };
    const v2 = { tag: 'v2', moving: false };
    const pushed = await pushImage(client, 'a/x', two, { key, tags: [v2] });
    expect(pushed).toMatchObject({ how: 'reused', digest: one.digest, tags: [{ tag: 'v2', how: 'set' }] });
    expect((await headManifest(client, 'a/x', 'v2'))!.digest).toBe(one.digest);
    registry.faults = ({ method, kind }) => (method !== 'PUT' && kind === 'manifest' ? { status: 404 } : undefined);
    expect(await problemOf(pushImage(thirdParty, 'a/x', two, { key }))).toMatchObject({
      code: 'push-failed',
      message: expect.stringContaining('does not have it now'),
    });
  });
});

it('a manifest that is none is refused before anything is sent', async () => {
  const { registry, client } = await begin();
  await expect(pushImage(client, 'a/x', { ...image, manifest: Buffer.from('{}') }, { key })).rejects.toThrow('registry-response');
  expect(registry.journal).toEqual([]);
  expect(await putManifest(client, 'a/x', 'v1', image.manifest, image.mediaType).catch(() => 'refused')).toBe('refused');
});

it('progress is a line at most every five seconds', () => {
  let now = 0;
  const lines: string[] = [];
  const tell = logProgress({ progress: (text) => lines.push(text) }, 'a/x', { now: () => now });
  tell({ digest: 'one', sent: 1_000_000, total: 5_000_000 });
  now = 4_999;
  tell({ digest: 'two', sent: 0, total: 5_000_000 });
  expect(lines).toEqual([]);
  for (now = 5_000; now < 12_000; now += 10) tell({ digest: 'one', sent: now * 100, total: 5_000_000 });
  expect(lines).toEqual([
    'sending a/x: 500 kB of 10 MB, 2 layers in progress',
    'sending a/x: 1.0 MB of 10 MB, 2 layers in progress',
  ]);
  now = 20_000;
  tell({ digest: 'one', sent: 5_000_000, total: 5_000_000 });
  expect(lines.at(-1)).toBe('sending a/x: 5.0 MB of 10 MB, 1 layer in progress');
});
