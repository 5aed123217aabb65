import { getManifest, headManifest } from './manifests/manifests';
import { headBlob } from './blobs/head-blob';
import type { ImageManifest } from './manifests/manifest-format';
import { pushImage } from './push';
import { cutter, registryProgram, runRegistry } from '../../testing/network-cuts';
import { closeAfterEach, double, imageOf, open } from '../../testing/push-kit';

closeAfterEach();
const image = imageOf('base', 'bundle one', 'bundle two');
const key = `c-${'a'.repeat(64)}`;
const tags = { key, tags: [{ tag: 'v1', moving: false }] };
const HOW = ['cut', 'lost'] as const;

/** No tag without its manifest, its config and its layers. */
async function expectSound(host: string, repository: string): Promise<void> {
  const client = open(host);
  for (const tag of [key, 'v1']) {
    if (!(await headManifest(client, repository, tag))) continue;
    const { json, digest } = await getManifest(client, repository, tag);
    expect(digest).toBe(image.digest);
    const { config, layers } = json as ImageManifest;
    for (const blob of [config, ...layers]) expect(await headBlob(client, repository, blob)).toBe(true);
  }
}

/** For every request of a push: the line goes dead there (before it, or before its answer), and comes back for the next run. */
async function cutEverywhere(upstream: string): Promise<void> {
  const proxy = await cutter(upstream);
  // A fixed clock: cached responses do not expire, so the number of requests is constant.
  const now = () => 0;
  const push = (repository: string, attempts?: number) => pushImage(open(proxy.host, { attempts, now }), repository, image, tags);
  for (const how of HOW) {
    // Until a push ends before anything is cut. How many requests it takes is not the same each time: docker-registry may answer
    // 500 to a question for an image while another tag is put on it, which costs one more (here: the push, as it asks once).
    let cut: string | undefined = 'none yet';
    let index = 0;
    for (; cut !== undefined; index += 1) {
      const repository = `${how}/${index}`;
      await proxy.restart({ how, from: index, to: Infinity });
      const outcome = await push(repository, 1).then(
        () => 'done',
        (error: Error) => error.message,
      );
      cut = proxy.first();
      if (cut !== undefined) expect([cut, outcome]).toEqual([cut, expect.stringMatching(/registry-(unreachable|response)/)]);
      await proxy.restart();
      await expectSound(upstream, repository);
      const arrived = new Set<string>();
      for (const [digest, bytes] of image.bytes) {
        if (await headBlob(open(upstream), repository, { digest, size: bytes.length })) arrived.add(digest);
      }
      const second = await push(repository);
      expect(second.digest).toBe(image.digest);
      for (const { digest, how } of second.blobs) expect([digest, how]).toEqual([digest, arrived.has(digest) ? 'there' : 'sent']);
      expect(proxy.sent()).toEqual(
        [...image.bytes.keys()].filter((digest) => second.how === 'pushed' && !arrived.has(digest)).sort(),
      );
      await expectSound(upstream, repository);
      expect((await headManifest(open(upstream), repository, 'v1'))!.digest).toBe(image.digest);
    }
    expect(index).toBeGreaterThan(15);
  }
}

it('the line goes dead at every single request: no tag without its blobs, and the next run sends only the rest', async () => {
  await cutEverywhere((await double()).host);
}, 120_000);

it('one cut, anywhere, is healed in the same run', async () => {
  for (const immutable of [false, true]) {
    const registry = await double({ immutable });
    const proxy = await cutter(registry.host);
    await pushImage(open(proxy.host), 'clean', image, tags);
    const requests = proxy.count();
    for (const how of HOW) {
      for (let index = 0; index < requests; index += 1) {
        const repository = `${how}/${index}`;
        await proxy.restart({ how, from: index, to: index });
        const pushed = await pushImage(open(proxy.host), repository, image, tags);
        expect(pushed.digest).toBe(image.digest);
        await expectSound(registry.host, repository);
      }
    }
  }
}, 120_000);

const program = registryProgram();
(program || process.env.KD_REQUIRE_ENGINE === '1' ? it : it.skip)(
  'the same on a real registry (skipped where there is no docker-registry, on the PATH or from tools/engine)',
  async () => {
    await cutEverywhere(await runRegistry(program ?? 'docker-registry'));
  },
  240_000,
);
