// What it costs to reuse an image that the registry has: it is verified first, from git and the pinned base (docs/decisions/0020).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { jobOf, measured, OURS, receiptOf } from './candidates.mjs';
import { run } from './run.mjs';
import { IMAGE } from './shop.mjs';
import { makeUpstream, STAGING, writeShop } from './staging.mjs';

/** An image with workspace bundles, in a clone whose cache is empty, beside a machine that has verified it before and only reads what it found then. */
export function reuseOfWorkspaceBundles({ world, rounds, say }) {
  const { shop, dir } = world;
  const job = jobOf(world, 'bench/reuse');
  const known = path.join(dir, 'cache-reuse-known');
  const clone = path.join(dir, 'cache-reuse-clone');
  return interleaved(rounds, say, [
    { key: 'reuse-known', name: 'reuse, verified here before', run: () => pushAgain(job, known, dir, shop) },
    {
      key: 'reuse-clone',
      name: 'reuse, new clone, empty cache',
      run: () => (empty(clone), pushAgain(job, clone, dir, shop)),
    },
  ]);
}

/** An image with pinned bundles, beside a `stage` of the same bundles; for both nothing was fetched yet. */
export async function reuseOfPinnedBundles({ world, count, rounds, say }) {
  const { shop, dir } = world;
  const place = path.join(dir, 'pinned');
  empty(place);
  fs.mkdirSync(place, { recursive: true });
  const upstream = path.join(place, 'upstream');
  const root = path.join(place, 'shop');
  writeShop(root, upstream, makeUpstream(upstream, count));
  addImage(root, shop.dir);
  const job = { ...jobOf(world, 'bench/reuse-pinned'), root };
  const out = path.join(place, 'measured.json');
  const cache = path.join(place, 'cache');
  // Moved away, not deleted: see staging.mjs.
  let moved = 0;
  const forget = () => {
    for (const folder of [cache, path.join(root, 'dist')])
      if (fs.existsSync(folder)) fs.renameSync(folder, path.join(place, `aside-${(moved += 1)}`));
  };
  const stage = async () => {
    forget();
    const { ms } = await run(process.execPath, [STAGING, shop.dir, root, out], { env: { KDCUBE_CACHE_DIR: cache } });
    return { ms, ...JSON.parse(fs.readFileSync(out, 'utf8')) };
  };
  const push = () => (forget(), pushAgain(job, cache, dir, { dir: root }));
  try {
    return await interleaved(rounds, say, [
      { key: 'stage-cold', name: 'stage, nothing fetched yet', run: stage },
      { key: 'reuse-pinned', name: 'reuse of an image with pinned bundles, nothing fetched yet', run: push },
    ]);
  } finally {
    empty(place);
  }
}

/** The first round pushes the image, and does not count. In all others it must be reused. */
async function interleaved(rounds, say, candidates) {
  const results = candidates.map(({ key, name }) => ({ key, name, samples: [] }));
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, { name, run: measure }] of candidates.entries()) {
      const { ms, own, rss, how } = await measure();
      if (round > 0 && how !== undefined && how !== 'reused') throw new Error(`${name}: the image was ${how} instead of reused.`);
      say(`${round === 0 ? 'warm-up' : `round ${round}`}  ${name}: ${Math.round(ms)} ms`);
      if (round > 0) results[index].samples.push({ ms, own, rss });
    }
  return results;
}

async function pushAgain(job, cache, dir, shop) {
  empty(path.join(shop.dir, 'dist/push'));
  const result = await measured(OURS, [JSON.stringify(job)], dir, { KDCUBE_CACHE_DIR: cache });
  return { ...result, how: receiptOf(shop, IMAGE).how };
}

/** The image of the other repository: its Dockerfile, its pin, and the packages. */
function addImage(root, from) {
  for (const folder of [`images/${IMAGE}`, `pins/images/${IMAGE}`])
    fs.cpSync(path.join(from, folder), path.join(root, folder), { recursive: true });
  fs.symlinkSync(path.join(from, 'node_modules'), path.join(root, 'node_modules'));
  fs.writeFileSync(path.join(root, '.gitignore'), 'node_modules\ndist\n');
  const git = (...args) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: root });
  git('add', '-A');
  git('commit', '-q', '-m', 'Add an image');
}

function empty(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
}
