import { execFile, execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { start } from '../registry/registry.mjs';
import { goalsOf } from './goals.mjs';
import { startProxy } from './proxy.mjs';
import { CONFIG, digestOf, getBlob, LAYER, MANIFEST, putBlob, putManifest } from './registry.mjs';
import { printRollouts } from './rollout.mjs';
import { runRounds } from './rounds.mjs';
import { bundleFiles } from './shop.mjs';
import { ratio } from './stats.mjs';
import { tarOf } from './tar.mjs';
import { RESULT } from './verdicts.mjs';

let registry;
let base;
beforeAll(async () => {
  registry = await start();
  base = { config: { rootfs: { type: 'layers', diff_ids: [digestOf(tarOf([['etc/base', Buffer.from('base')]]))] } } };
});
afterAll(() => registry.close());

/** A shop of three files; `change` gives one of them new bytes. */
function shopOf() {
  const files = new Map(['bundles/a/one.py', 'bundles/a/two.py', 'bundles/b/one.py'].map((name) => [name, Buffer.from(name)]));
  return { files, change: () => files.set('bundles/a/one.py', Buffer.from(crypto.randomUUID())) };
}

async function push(files, { below = [['etc/base', Buffer.from('base')]], forget } = {}) {
  const layers = [];
  const diffIds = [];
  for (const entries of [below, files]) {
    const tar = tarOf(entries);
    const packed = zlib.gzipSync(tar);
    if (entries !== forget) await putBlob(registry.host, 'app', digestOf(packed), packed);
    layers.push({ mediaType: LAYER, digest: digestOf(packed), size: packed.length });
    diffIds.push(digestOf(tar));
  }
  const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: diffIds } }));
  await putBlob(registry.host, 'app', digestOf(config), config);
  await putManifest(registry.host, 'app', 'latest', {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers,
  });
}

function rounds(work, shop = shopOf()) {
  const candidate = {
    key: 'it',
    name: 'it',
    repositories: ['app'],
    run: async () => ({ ms: 1, ...(await work([...shop.files], shop)) }),
  };
  return runRounds({ candidates: [candidate], rounds: 1, shop, base, direct: registry.host, say: () => {} });
}

test('a candidate that pushes what it should is measured, without its warm-up', async () => {
  expect(await rounds((files) => push(files))).toEqual([{ key: 'it', name: 'it', samples: [{ ms: 1 }] }]);
});

test.each([
  [
    'the file as it was before',
    (files) => push(files.map(([name, bytes]) => [name, name.endsWith('a/one.py') ? Buffer.from('old') : bytes])),
    'other bytes in bundles/a/one.py',
  ],
  ['not every bundle', (files) => push(files.filter(([name]) => !name.includes('/b/'))), 'has no bundles/b/one.py'],
  [
    'more than it should',
    (files) => push([...files, ['bundles/c/one.py', Buffer.from('c')]]),
    'has an unexpected file: bundles/c/one.py',
  ],
  ['another base', (files) => push(files, { below: [['etc/base', Buffer.from('other')]] }), 'is not built on its base'],
])('a candidate that pushes a wrong image is caught: %s', async (_, work, message) => {
  await expect(rounds(work)).rejects.toThrow(message);
});

test('a candidate that pushes nothing new, or nothing at all, is caught', async () => {
  const still = { ...shopOf(), change: () => undefined };
  await expect(rounds((files) => push(files), still)).rejects.toThrow('pushed nothing new');
  await expect(rounds(async () => ({ references: [`sha256:${'0'.repeat(64)}`] }))).rejects.toThrow('is not in the registry');
});

test('a ratio is that of the same round, not that of the medians', () => {
  expect(ratio([1, 10, 1], [2, 20, 200])).toBe(2);
  expect(ratio([1, undefined], [3, 3])).toBe(3);
});

test('a goal is reached, missed, or not measured', () => {
  const rows = (ours, other) => ({
    warm: [
      { key: 'warm', ms: [ours], samples: [] },
      { key: 'buildx', ms: [other], samples: [] },
    ],
  });
  const first = (measured) => goalsOf(measured).find(({ text }) => text.startsWith('warm'));
  expect(first(rows(1, 6))).toMatchObject({ value: 6, reached: true });
  expect(first(rows(1, 4))).toMatchObject({ value: 4, reached: false });
  expect(first({}).value).toBeUndefined();
});

/** In a process of its own: it reads the sources as plain node does. */
async function rolloutsOf(arrange) {
  const module = new URL('rollout.mjs', import.meta.url).href;
  const code = `import { oneByOne, rollouts } from ${JSON.stringify(module)}; console.log(JSON.stringify(await rollouts(${arrange})));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  const rollout = JSON.parse(stdout);
  return { rollout, goals: goalsOf({ rollout }).filter(({ text }) => text.startsWith('rollout')) };
}

test('a rollout takes as long as the longest of each wave, and the virtual clock says so exactly', async () => {
  const { rollout, goals } = await rolloutsOf('');
  expect(fs.readFileSync(new URL('README.md', import.meta.url), 'utf8')).toContain(printRollouts(rollout));
  expect(goals.map(({ value, reached }) => [value, reached])).toEqual([
    [0, true],
    [1, true],
    [3, true],
  ]);
});

test('one service after the other misses the goal; so do one read too many and a delayed exit', async () => {
  const { rollout, goals } = await rolloutsOf('{ arrange: oneByOne }');
  expect(goals.map(({ reached }) => reached)).toEqual([false, true, true]);
  const reached = (change) =>
    goalsOf({ rollout: { ...rollout, ...change } })
      .slice(-3)
      .map((goal) => goal.reached);
  const [first, ...rest] = rollout.failed.waves;
  expect(reached({ failed: { ...rollout.failed, waves: [{ ...first, calls: first.calls + 1 }, ...rest] } })[1]).toBe(false);
  expect(reached({ failed: { ...rollout.failed, delay: 6 } })[2]).toBe(false);
  expect(reached({ failed: { ...rollout.failed, delay: undefined } })[2]).toBe(false);
  expect(reached({ together: { ...rollout.apart, exit: 12, seconds: 1 } })[0]).toBe(false);
});

test('the slow line hands everything on in order, and counts it', async () => {
  const bytes = crypto.randomBytes(300_000);
  await putBlob(registry.host, 'app', digestOf(bytes), bytes);
  const line = await startProxy(registry.host, 2);
  try {
    expect((await getBlob(line.host, 'app', digestOf(bytes))).equals(bytes)).toBe(true);
    const { up, down } = await line.count();
    expect([up > 50, up < 1_000, down > 300_000, down < 301_000]).toEqual([true, true, true, true]);
  } finally {
    await line.close();
  }
});

test('a bundle is about twenty files, and about 22 kB when it is compressed', () => {
  const files = [...bundleFiles(17)];
  const packed = zlib.gzipSync(tarOf(files)).length;
  expect([files.length, packed > 20_000, packed < 24_000]).toEqual([20, true, true]);
});

test('the verdicts side by side are of the rollouts that the table has now', () => {
  const results = JSON.parse(fs.readFileSync(RESULT, 'utf8'));
  const code = `import { comparable } from ${JSON.stringify(new URL('verdicts.mjs', import.meta.url).href)}; import { rolloutKit } from ${JSON.stringify(new URL('rollout-kit.mjs', import.meta.url).href)}; console.log(JSON.stringify(comparable(rolloutKit().ROWS).map(({ name, exit }) => [name, exit])));`;
  const rows = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
  expect(results.map(({ name, ours }) => [name, ours.exit])).toEqual(rows);
});
