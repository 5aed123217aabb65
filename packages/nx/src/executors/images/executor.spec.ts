// Every image of a release: one that is built here, and the platform's published ones.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { platformImages } from '@kdcube/release/internal';
import { DOCKERFILE } from '../../../testing/acme-kit';
import { releaseContext } from '../../../testing/capture-output';
import { capturePublished, PLATFORM_REF } from '../../../testing/published-kit';
import { gitSync } from '../../../testing/git-kit';
import { indexOf, pushIndex } from '../../../testing/index-kit';
import { imageOf, open } from '../../../testing/push-kit';
import { putImage } from '../../../testing/registry-kit';
import type { InventoryEntry } from '../../images/inventory/entry';
import dockerPush from '../docker-push/executor';
import { DockerPushOptions } from '../docker-push/schema';
import tag from '../tag/executor';
import images from './executor';
import { ImagesOptions } from './schema';

jest.setTimeout(120_000);

const PUBLISHED = platformImages(PLATFORM_REF);
const ALL = ['proc', ...PUBLISHED];

const at = capturePublished();

const target = () => `${at.ours.registry.host}/acme`;
const plugin = (more: object = {}) => ({ registry: target(), platformRegistry: at.ours.registry.host, ...more });

async function push(...names: string[]): Promise<void> {
  for (const projectName of names) {
    const context: object = releaseContext(at.ours.root, plugin());
    const { success } = await dockerPush(DockerPushOptions.parse({ branch: 'main' }), { ...context, projectName } as never);
    expect([projectName, success]).toEqual([projectName, true]);
  }
}

/** Runs the target. It writes nothing, to no registry and into no file of the workspace. */
async function run(options: object = {}, more: object = {}): Promise<boolean> {
  at.output = '';
  at.ours.registry.journal.length = 0;
  const before = fs.readdirSync(at.ours.root, { recursive: true }).filter((file) => !String(file).startsWith('.git'));
  const { success } = await images(ImagesOptions.parse(options), releaseContext(at.ours.root, plugin(more)));
  expect(fs.readdirSync(at.ours.root, { recursive: true }).filter((file) => !String(file).startsWith('.git'))).toEqual(before);
  expect(at.ours.registry.journal.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  return success;
}

interface ImagesEvent {
  registry: string;
  platform: string;
  offline: boolean;
  images: InventoryEntry[];
}

async function read(options: object = {}, more: object = {}): Promise<ImagesEvent & { success: boolean }> {
  const success = await run({ json: true, ...options }, more);
  const events = at.output.split('\n').filter((line) => line.startsWith('{"event":"images"'));
  expect(events).toHaveLength(1);
  return { ...(JSON.parse(events[0]!) as ImagesEvent), success };
}

async function entryOf(image: string, options: object = {}, more: object = {}): Promise<InventoryEntry> {
  return (await read(options, more)).images.find((entry) => entry.image === image)!;
}

const lastLine = () => at.output.trimEnd().split('\n').at(-1);
const rowOf = (image: string) => at.output.split('\n').find((line) => line.startsWith(`${image} `));

describe('in a registry', () => {
  it('without any image, all are missing, which is no error', async () => {
    expect(await run()).toBe(true);
    for (const name of ALL) expect(rowOf(name)).toMatch(/ missing +-$/);
    expect(lastLine()).toBe(`Not in ${target()}: ${ALL.join(', ')}. To push: nx run-many -t docker-push`);
    expect(at.source.journal.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  it('with every image, each is verified', async () => {
    await push(...ALL);
    const head = gitSync(at.ours.root, 'rev-parse', '--short=12', 'HEAD');
    expect(await run()).toBe(true);
    expect(rowOf('proc')).toMatch(
      new RegExp(
        `^proc +built +c-[0-9a-f]{12} +[0-9a-f]{12} +kdcube-chat-proc:${PLATFORM_REF} +2 +customer-${head}…, customer-main +verified \\(content\\) +\\d.* k?B$`,
      ),
    );
    const short = at.digests.get('kdcube-metrics')!.slice(7, 19);
    expect(rowOf('kdcube-metrics')).toMatch(
      new RegExp(`published +${short} +${short} +- +- +${PLATFORM_REF} +verified \\(pin\\) +\\d+ B$`),
    );
    expect(lastLine()).toBe(`${target()} has ${ALL.length} of ${ALL.length} images, ${ALL.length} verified.`);
  });

  it('with all images but one, names it in the last line', async () => {
    await push(...ALL.filter((name) => name !== 'kdcube-metrics'));
    expect(await run()).toBe(true);
    expect(rowOf('kdcube-metrics')).toMatch(/ missing +-$/);
    expect(lastLine()).toBe(`Not in ${target()}: kdcube-metrics. To push: nx run-many -t docker-push`);
  });

  it('with the image of the commit before, the new one is missing', async () => {
    await push('proc');
    at.ours.commit({ 'bundles/here@1-0/new.py': '' });
    expect(await entryOf('proc')).toMatchObject({ status: 'missing', tags: [] });
  });

  it('shows the release tag once it is set, and no tag that names another image', async () => {
    const release = fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8');
    at.ours.commit({ 'release.yaml': `release_name: v1\n${release}` });
    await push('proc');
    const pushed = [`customer-${gitSync(at.ours.root, 'rev-parse', 'HEAD')}`, 'customer-main'];
    expect((await entryOf('proc')).tags).toEqual(pushed);
    const { success } = await tag({ tags: [], args: {}, dryRun: false, json: false }, releaseContext(at.ours.root, plugin()));
    expect(success).toBe(true);
    expect((await entryOf('proc')).tags).toEqual([...pushed, 'v1']);
    await putImage(at.ours.registry.host, 'acme/proc', 'v1', 'other');
    expect((await entryOf('proc')).tags).toEqual(pushed);
  });
});

describe('fails after the table', () => {
  it('if another image has the content key', async () => {
    await push('kdcube-metrics');
    const { key } = await entryOf('proc');
    await putImage(at.ours.registry.host, 'acme/proc', `c-${key}`, 'attack');
    expect(await run()).toBe(false);
    expect(rowOf('proc')).toMatch(/ another image +-$/);
    expect(rowOf('kdcube-metrics')).toMatch(/verified \(pin\)/);
    expect(at.output).toContain('[image-mismatch]');
    expect(at.output).toContain('No file, image, tag or service was changed.');
  });

  it('if the tag of the platform names another image', async () => {
    await putImage(at.ours.registry.host, 'acme/kdcube-metrics', PLATFORM_REF, 'other');
    expect(await entryOf('kdcube-metrics')).toMatchObject({ status: 'mismatch', pinned: at.digests.get('kdcube-metrics') });
    expect(at.output).toContain('[tag-exists]');
  });

  it('if the registry denies access to one image', async () => {
    await push(...ALL);
    at.ours.registry.faults = ({ name }: { name?: string }) =>
      name === 'acme/kdcube-metrics' ? { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' } : undefined;
    const { success, images: entries } = await read();
    expect(success).toBe(false);
    expect(entries.find(({ image }) => image === 'kdcube-metrics')).toMatchObject({ status: 'unknown', tags: [] });
    expect(entries.filter(({ status }) => status === 'verified')).toHaveLength(ALL.length - 1);
    expect(at.output).toContain('[registry-denied]');
  });

  it('if the base cannot be read, which could prove the image', async () => {
    await push('proc');
    fs.rmSync(path.join(at.ours.root, 'dist'), { recursive: true });
    process.env.KDCUBE_CACHE_DIR = at.ours.box.folder('empty-cache');
    at.ours.registry.faults = ({ name }: { name?: string }) =>
      name === 'kdcube-chat-proc' ? { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' } : undefined;
    expect(await entryOf('proc')).toMatchObject({ status: 'not-verified', digest: expect.stringMatching(/^sha256:/) });
    expect(at.output).toContain('[registry-denied]');
  });

  it.each<[code: string, when: string, options: object, change: () => void]>([
    ['registry-missing', 'without a registry', { registry: undefined }, () => undefined],
    [
      'pin-stale',
      'with a stale pin',
      {},
      () => at.ours.commit({ 'pins/platform/kdcube-metrics/pin.json': at.pinOf('kdcube-metrics', '2026.7.20.443') }),
    ],
  ])('but not before: %s, %s', async (code, _, more, change) => {
    change();
    expect(await run({}, more)).toBe(false);
    expect(at.output).toContain(`[${code}]`);
  });
});

it('does not verify what an engine built elsewhere, and says why', async () => {
  at.ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN true\n` });
  const { key } = await entryOf('proc');
  const digest = await putImage(at.ours.registry.host, 'acme/proc', `c-${key}`, 'engine');
  expect(await run()).toBe(true);
  expect(rowOf('proc')).toMatch(/ not verified /);
  expect(at.output).toMatch(/^note +proc: an engine built it/m);
  expect(await entryOf('proc', {}, { trustRegistry: true })).toMatchObject({
    status: 'not-verified',
    digest,
    reason: 'trustRegistry accepts it by its content key alone',
  });
});

describe('an index', () => {
  const amd64 = imageOf('amd64', 'twice', 'twice');
  const arm64 = imageOf('arm64');
  const index = indexOf([
    ['linux/amd64', amd64],
    ['linux/arm64', arm64],
  ]);
  beforeEach(async () => {
    at.digests.set('kdcube-metrics', index.digest);
    at.ours.commit({ 'pins/platform/kdcube-metrics/pin.json': at.pinOf('kdcube-metrics') });
    const place = { registry: open(at.ours.registry.host), repository: 'acme/kdcube-metrics' };
    await pushIndex(place, index, PLATFORM_REF);
  });

  it('has the size of the image for one platform, each blob once', async () => {
    const { config } = JSON.parse(amd64.manifest.toString()) as { config: { size: number } };
    expect(await entryOf('kdcube-metrics')).toMatchObject({
      status: 'verified',
      digest: index.digest,
      bytes: config.size + 'amd64'.length + 'twice'.length,
    });
    const other = await entryOf('kdcube-metrics', { platform: 'linux/s390x' });
    expect(other).toMatchObject({ status: 'verified', reason: 'it has no image for linux/s390x' });
    expect(other.bytes).toBeUndefined();
  });

  it('is not verified without its image for the platform', async () => {
    (at.ours.registry as unknown as { remove(name: string, digest: string): void }).remove('acme/kdcube-metrics', amd64.digest);
    const entry = await entryOf('kdcube-metrics');
    expect(entry).toMatchObject({ status: 'not-verified', reason: expect.stringContaining(amd64.digest) });
    expect(entry.proof).toBeUndefined();
    expect(await entryOf('kdcube-metrics', { platform: 'linux/arm64' })).toMatchObject({ status: 'verified' });
  });
});

describe('offline', () => {
  it('has digests from receipts and pins, without a request', async () => {
    await push('proc', 'kdcube-metrics');
    expect(await run({ offline: true })).toBe(true);
    expect(at.ours.registry.journal).toEqual([]);
    expect(rowOf('proc')).toMatch(/c-[0-9a-f]{12} +[0-9a-f]{12} .*customer-main +unknown \(receipt\) +-$/);
    expect(rowOf('kdcube-metrics')).toContain(`${PLATFORM_REF}   `);
    const without = PUBLISHED.filter((name) => name !== 'kdcube-metrics').join(', ');
    expect(lastLine()).toBe(
      `${target()} was not contacted (--offline): digests are from pins and from the receipts of this checkout. No receipt: ${without}.`,
    );
    const { images: entries } = await read({ offline: true });
    expect(entries.find(({ image }) => image === 'kdcube-metrics')).toMatchObject({
      status: 'unknown',
      proof: 'receipt',
      digest: at.digests.get('kdcube-metrics'),
      tags: [PLATFORM_REF],
    });
  });

  it('without receipts, has keys and pins only', async () => {
    const { success, images: entries } = await read({ offline: true });
    expect(success).toBe(true);
    expect(entries.map(({ status, digest, proof }) => [status, digest, proof])).toEqual(
      ALL.map(() => ['unknown', undefined, undefined]),
    );
  });

  it('uses no receipt of other content or of another registry', async () => {
    await push('proc', 'kdcube-metrics');
    expect((await entryOf('proc', { offline: true, registry: `${at.ours.registry.host}/other` })).digest).toBeUndefined();
    at.ours.commit({ 'bundles/here@1-0/new.py': '' });
    expect((await entryOf('proc', { offline: true })).digest).toBeUndefined();
    at.digests.set('kdcube-metrics', `sha256:${'0'.repeat(64)}`);
    at.ours.commit({ 'pins/platform/kdcube-metrics/pin.json': at.pinOf('kdcube-metrics') });
    expect((await entryOf('kdcube-metrics', { offline: true })).digest).toBeUndefined();
  });
});

it('prints one JSON object with everything', async () => {
  await push('proc');
  const { registry, platform, offline, images: entries } = await read();
  expect({ registry, platform, offline }).toEqual({ registry: target(), platform: 'linux/amd64', offline: false });
  expect(entries.map(({ image }) => image)).toEqual(ALL);
  const { digest, key, bases } = entries[0]!;
  expect(entries[0]).toEqual({
    image: 'proc',
    kind: 'built',
    key: expect.stringMatching(/^[0-9a-f]{64}$/),
    status: 'verified',
    proof: 'content',
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    reference: `${target()}/proc@${digest}`,
    bases: { [`\${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${PLATFORM_REF}`]: expect.stringMatching(/^sha256:/) },
    bundles: ['here@1-0', 'there@2-0'],
    tags: [expect.stringMatching(/^customer-[0-9a-f]{40}$/), 'customer-main'],
    bytes: expect.any(Number),
  });
  expect([key, Object.keys(bases).length]).toEqual([expect.any(String), 1]);
  expect(entries.find(({ image }) => image === 'kdcube-metrics')).toEqual({
    image: 'kdcube-metrics',
    kind: 'published',
    ref: PLATFORM_REF,
    pinned: at.digests.get('kdcube-metrics'),
    status: 'missing',
    bases: {},
    bundles: [],
    tags: [],
  });
});
