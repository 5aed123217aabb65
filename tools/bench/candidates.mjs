// Who is measured. A candidate has: key, name, repositories [[repository, image?]], cold?(), prepare?(), run() → { ms, own?, rss?, references? }, close?().
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { CONFIG, digestOf, hasBlob, LAYER, mountBlob, putBlob } from './registry.mjs';
import { run } from './run.mjs';
import { BASE_NAMES, IMAGE, nxProgram, OTHER_IMAGE } from './shop.mjs';
import { tarOf } from './tar.mjs';

export const OURS = path.join(import.meta.dirname, 'ours-process.mjs');
const FLOOR = path.join(import.meta.dirname, 'floor-process.mjs');

/** `docker buildx build --push`, as anybody types it. */
export function buildx({ host, engine, shop }) {
  const repository = 'bench/buildx';
  const docker = (args) => run('docker', args, { env: engine.env });
  return {
    key: 'buildx',
    name: 'docker buildx build --push',
    repositories: [repository],
    // The engine is the bench's own: everything in it may go.
    cold: () =>
      docker(['system', 'prune', '--all', '--force', '--volumes']).then(() => docker(['buildx', 'prune', '--all', '--force'])),
    run: () =>
      docker([
        'buildx',
        'build',
        '--push',
        '--provenance=false',
        '--quiet',
        '--tag',
        `${host}/${repository}:latest`,
        shop.context,
      ]),
  };
}

/** tar, and one `crane mutate --append`, which pushes once. */
export function crane({ host, program, shop, base, dir }) {
  const repository = 'bench/crane';
  const tar = path.join(dir, 'crane.tar');
  const from = `${host}/${base.size}/${BASE_NAMES[0]}@${base.digest}`;
  return {
    key: 'crane',
    name: 'crane mutate --append',
    repositories: [repository],
    run: () =>
      run('sh', [
        '-c',
        'tar -C "$1" -cf "$2" bundles && exec "$3" mutate --append "$2" --tag "$4" "$5"',
        'sh',
        shop.context,
        tar,
        program,
        `${host}/${repository}:latest`,
        from,
      ]),
  };
}

/** A process that sends one layer, a config and a manifest that lie ready. */
export function floor({ host, direct, shop, base, dir }) {
  const repository = 'bench/floor';
  const job = path.join(dir, 'floor.json');
  return {
    key: 'floor',
    name: 'floor: send what was prepared',
    repositories: [repository],
    prepare: async () =>
      fs.writeFileSync(
        job,
        JSON.stringify({ host, repository, tag: 'latest', ...(await prepared(direct, repository, shop, base, dir)) }),
      ),
    run: () => measured(FLOOR, [job], dir),
  };
}

/** The image with one layer a bundle; only the layer of the changed one is left to be sent. */
async function prepared(direct, repository, shop, base, dir) {
  const bundles = new Map();
  for (const [name, bytes] of shop.files) {
    const bundle = name.split('/')[1];
    bundles.set(bundle, [...(bundles.get(bundle) ?? []), [name, bytes]]);
  }
  const blobs = [];
  const layers = [];
  const diffIds = [];
  for (const [bundle, files] of bundles) {
    const tar = tarOf(files);
    const packed = zlib.gzipSync(tar);
    layers.push({ mediaType: LAYER, digest: digestOf(packed), size: packed.length });
    diffIds.push(digestOf(tar));
    if (bundle === shop.bundle) blobs.push(packed);
    else if (!(await hasBlob(direct, repository, digestOf(packed)))) await putBlob(direct, repository, digestOf(packed), packed);
  }
  for (const { digest } of base.manifest.layers) await mountBlob(direct, repository, digest, `${base.size}/${BASE_NAMES[0]}`);
  const config = Buffer.from(
    JSON.stringify({
      ...base.config,
      rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, ...diffIds] },
      history: undefined,
    }),
  );
  blobs.push(config);
  const manifest = {
    ...base.manifest,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers: [...base.manifest.layers, ...layers],
  };
  const written = blobs.map((bytes, index) => {
    const file = path.join(dir, `floor-${index}`);
    fs.writeFileSync(file, bytes);
    return { digest: digestOf(bytes), file };
  });
  return { mediaType: manifest.mediaType, manifest: JSON.stringify(manifest), blobs: written };
}

/** docker-push as a library call, in a process that begins with it. `uncommitted`: of a change that is not committed, which gets one tag, as the others set one. */
export function oursFresh(world, { uncommitted = false } = {}) {
  const { dir, shop } = world;
  const key = uncommitted ? 'one' : 'fresh';
  const repository = `bench/${key}`;
  const cache = path.join(dir, `cache-${key}`);
  let receipt;
  return {
    key,
    uncommitted,
    name: `ours, library call, new process${uncommitted ? ', one tag' : ''}`,
    repositories: [`${repository}/${IMAGE}`],
    cold: () => forget(shop, cache),
    // Without a branch's tag the last receipt says what the repository has; in this checkout others have pushed since.
    prepare: () => receipt !== undefined && fs.writeFileSync(receiptFile(shop, IMAGE), receipt),
    async run() {
      const result = await measured(OURS, [JSON.stringify(jobOf(world, repository))], dir, { KDCUBE_CACHE_DIR: cache });
      if (uncommitted) receipt = fs.readFileSync(receiptFile(shop, IMAGE));
      return result;
    },
  };
}

/** The same in a process that has done it before: what a library call costs, and each further image of a run. */
export function oursWarm(world) {
  const repository = `bench/warm`;
  const cache = path.join(world.dir, 'cache-warm');
  const child = fork(OURS, {
    env: { ...process.env, KDCUBE_CACHE_DIR: cache },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    key: 'warm',
    name: 'ours, library call, warm process',
    repositories: [`${repository}/${IMAGE}`],
    cold: () => forget(world.shop, cache),
    async run() {
      const startedAt = performance.now();
      child.send(jobOf(world, repository));
      const [result] = await once(child, 'message');
      if (result.failed) throw new Error(result.failed);
      return { ms: performance.now() - startedAt, ...result, references: [result.digest] };
    },
    close: () => child.disconnect(),
  };
}

/** `nx affected -t docker-push` of both images. `suffix`: of its own repository and cache. */
export function nxAffected(world, engine, { suffix = '', env: more = {} } = {}) {
  const { shop, host, base, dir } = world;
  const prefix = `bench/nx-${engine}${suffix}`;
  const env = {
    ...world.engine.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    CI: 'true',
    NX_NO_CLOUD: 'true',
    KDCUBE_CACHE_DIR: path.join(dir, `cache-nx-${engine}${suffix}`),
    ...more,
  };
  const args = [
    'affected',
    '-t',
    'docker-push',
    '--base=HEAD~1',
    `--engine=${engine}`,
    `--registry=${host}/${prefix}`,
    `--platformRegistry=${host}/${base.size}`,
  ];
  return {
    key: `nx-${engine}`,
    name: `nx affected -t docker-push --engine=${engine}`,
    repositories: [`${prefix}/${IMAGE}`, `${prefix}/${OTHER_IMAGE}`],
    async run() {
      const { ms } = await run(process.execPath, [nxProgram(shop.dir), ...args], { cwd: shop.dir, env });
      return { ms, references: [IMAGE, OTHER_IMAGE].map((image) => receiptOf(shop, image).digest) };
    },
  };
}

/** A push by `ours-process.mjs`. */
export function jobOf({ shop, host, base }, repository) {
  return {
    root: shop.dir,
    image: IMAGE,
    options: { engine: 'oci', registry: `${host}/${repository}`, platformRegistry: `${host}/${base.size}` },
  };
}

export function receiptOf(shop, image) {
  return JSON.parse(fs.readFileSync(receiptFile(shop, image), 'utf8'));
}

function receiptFile(shop, image) {
  return path.join(shop.dir, 'dist/push', image, 'receipt.json');
}

/** Runs one of our own scripts, which leaves what it measured in a file. */
export async function measured(script, args, dir, env) {
  const out = path.join(dir, 'measured.json');
  const { ms } = await run(process.execPath, [script, ...args, out], { env });
  const result = JSON.parse(fs.readFileSync(out, 'utf8'));
  return { ms, ...result, ...(result.digest && { references: [result.digest] }) };
}

/** What a new runner does not have: our cache, and what an earlier push left in the checkout. */
function forget(shop, cache) {
  fs.rmSync(cache, { recursive: true, force: true });
  fs.rmSync(path.join(shop.dir, 'dist'), { recursive: true, force: true });
}
