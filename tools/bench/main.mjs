// node tools/bench/main.mjs [--rounds 7] [--only warm,slow,cold,cold-large,nx,reuse,pinned,many,profile,staging,rollout] [--json FILE] [--dir FOLDER] [--reuse]
// README.md says what is measured. --reuse takes the customer's repository of the last run as it is, with whatever package is installed in it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pushBase } from './bases.mjs';
import { buildx, crane, floor, nxAffected, oursFresh, oursWarm } from './candidates.mjs';
import { findCrane } from './crane.mjs';
import { startEngine } from './engine.mjs';
import { goalsOf } from './goals.mjs';
import { manyBundles } from './many.mjs';
import { printProfile, profileAffected } from './profile.mjs';
import { startProxy } from './proxy.mjs';
import { getBlob } from './registry.mjs';
import { reuseOfPinnedBundles, reuseOfWorkspaceBundles } from './reuse.mjs';
import { printRollouts, rollouts } from './rollout.mjs';
import { runRounds } from './rounds.mjs';
import { BASE_NAMES, makeShop, openShop, PLATFORM_REF } from './shop.mjs';
import { staging } from './staging.mjs';
import { printGoals, printScenario, rowsOf } from './table.mjs';

const BUNDLES = 50;
const MANY_BUNDLES = 500;
const ROUND_TRIP = 20;

const SCENARIOS = {
  warm: { title: 'warm, base of 143 MB, loopback', size: 'small' },
  slow: { title: `warm, base of 143 MB, ${ROUND_TRIP} ms round trips`, size: 'small', slow: true },
  cold: { title: 'cold runner, base of 143 MB, loopback', size: 'small', cold: true },
  'cold-large': { title: 'cold runner, base of 1.2 GB, loopback', size: 'large', cold: true },
  nx: { title: 'nx affected, two images, base of 143 MB, loopback', size: 'small' },
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    only: {
      type: 'string',
      default: [...Object.keys(SCENARIOS), 'reuse', 'pinned', 'many', 'profile', 'staging', 'rollout'].join(),
    },
    json: { type: 'string' },
    dir: { type: 'string', default: path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'kdcube-bench') },
    reuse: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const wanted = values.only.split(',');
/** Scenarios that are measured in another way than by one round of candidates. */
const NEEDS_BASE = { reuse: 'small', pinned: 'small', many: 'small', profile: 'small' };
const dir = path.resolve(values.dir);
const work = path.join(dir, 'work');
const say = (text) => process.stderr.write(`${text}\n`);

fs.mkdirSync(work, { recursive: true });
const measured = {};
let opened;
const print = (title, rows, against) => console.log(`\n${printScenario({ title: `${title}, ${rounds} rounds`, rows, against })}`);
if (wanted.includes('staging')) {
  const home = await openRepository();
  measured.staging = rowsOf(await staging({ dir: work, home: home.dir, rounds, say, count: BUNDLES }));
  print(`staging ${BUNDLES} pinned bundles of a repository of 10 000 commits`, measured.staging, ['archive']);
}
if (wanted.some((key) => key in SCENARIOS || key in NEEDS_BASE)) await images();
if (wanted.includes('rollout')) {
  measured.rollout = await rollouts();
  console.log(`\n${printRollouts(measured.rollout)}`);
}
console.log(`\n${printGoals(goalsOf(measured))}`);
if (values.json) fs.writeFileSync(values.json, `${JSON.stringify({ machine: machine(), rounds, measured }, null, 2)}\n`);

async function images() {
  const engine = await startEngine(path.join(dir, 'engine'));
  if (!engine) throw new Error('Without a real registry nothing can be measured.');
  const line = await startProxy(engine.registry, ROUND_TRIP);
  try {
    const program = findCrane(path.join(dir, 'crane'), say);
    const bases = {};
    for (const size of new Set(wanted.map((key) => SCENARIOS[key]?.size ?? NEEDS_BASE[key]).filter(Boolean)))
      bases[size] = await openBase(engine.registry, size);
    const shop = await openRepository();
    for (const [key, scenario] of Object.entries(SCENARIOS))
      if (wanted.includes(key)) measured[key] = await runScenario(key, scenario, { engine, line, program, bases, shop });
    const world = { host: engine.registry, direct: engine.registry, engine, shop, base: bases.small, dir: work };
    if (wanted.includes('reuse')) await reuse(world);
    if (wanted.includes('pinned')) await pinned(world);
    if (wanted.includes('profile')) await profile(world);
    if (wanted.includes('many')) await many(world);
  } finally {
    await line.close();
    if (engine.started && !values.reuse) engine.down();
  }
}

async function runScenario(key, { title, size, slow, cold }, { engine, line, program, bases, shop }) {
  const base = bases[size];
  const host = slow ? line.host : engine.registry;
  shop.standOn(host, size, base.digest);
  const world = { host, direct: engine.registry, engine, shop, base, dir: work, program };
  const all =
    key === 'nx'
      ? [nxAffected(world, 'buildx'), nxAffected(world, 'oci')]
      : [
          buildx(world),
          ...(program ? [crane(world)] : []),
          floor(world),
          oursFresh(world),
          ...(cold ? [] : [oursFresh(world, { uncommitted: true })]),
          oursWarm(world),
        ];
  say(`\n${title}`);
  try {
    const rows = rowsOf(
      await runRounds({ candidates: all, rounds, cold, shop, base, direct: engine.registry, count: slow && line.count, say }),
    );
    print(title, rows, key === 'nx' ? ['nx-buildx'] : program ? ['buildx', 'crane'] : ['buildx']);
    return rows;
  } finally {
    for (const candidate of all) candidate.close?.();
  }
}

async function openBase(host, size) {
  const { digest, manifest } = await pushBase(host, size, BASE_NAMES, PLATFORM_REF, work, say);
  const config = JSON.parse(await getBlob(host, `${size}/${BASE_NAMES[0]}`, manifest.config.digest));
  return { size, digest, manifest, config };
}

async function reuse(world) {
  world.shop.standOn(world.host, 'small', world.base.digest);
  say('\nreuse of workspace bundles');
  measured.reuse = rowsOf(await reuseOfWorkspaceBundles({ world, rounds, say }));
  print(`reuse of an image with ${BUNDLES} workspace bundles`, measured.reuse, ['reuse-known']);
}

async function pinned(world) {
  world.shop.standOn(world.host, 'small', world.base.digest);
  say('\nreuse of pinned bundles');
  measured.pinned = rowsOf(await reuseOfPinnedBundles({ world, count: BUNDLES, rounds, say }));
  print(`reuse of an image with ${BUNDLES} pinned bundles`, measured.pinned, ['stage-cold']);
}

async function profile(world) {
  world.shop.standOn(world.host, 'small', world.base.digest);
  say('\nprofile of nx affected');
  measured.profile = { samples: await profileAffected({ world, rounds, say }) };
  console.log(`\n${printProfile(measured.profile.samples)}`);
}

async function many(few) {
  const folder = path.join(work, 'many/shop');
  say(`\na repository of ${MANY_BUNDLES} bundles`);
  fs.rmSync(path.dirname(folder), { recursive: true, force: true });
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  makeShop(folder, MANY_BUNDLES, path.join(work, 'cache-shop'));
  const large = { ...few, shop: openShop(folder, MANY_BUNDLES) };
  for (const { shop, host, base } of [few, large]) shop.standOn(host, 'small', base.digest);
  measured.many = rowsOf(await manyBundles({ few, many: large, dir: path.dirname(folder), rounds, say }));
  print(`${MANY_BUNDLES} bundles`, measured.many, ['show-plain', 'push-50']);
}

/** The customer's repository, made once. Its packages are what is measured. */
async function openRepository() {
  const folder = path.join(work, 'shop');
  if (!opened && !(values.reuse && fs.existsSync(folder))) {
    say('a customer’s repository');
    fs.rmSync(folder, { recursive: true, force: true });
    makeShop(folder, BUNDLES, path.join(work, 'cache-shop'));
  }
  return (opened ??= openShop(folder, BUNDLES));
}

function machine() {
  return {
    node: process.version,
    cpus: os.cpus().length,
    model: os.cpus()[0]?.model,
    memory: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
  };
}
