// Images to build on, of a given size: several layers of many small files, as those of Python packages are.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import zlib from 'node:zlib';
import { CONFIG, digestOf, getManifest, LAYER, MANIFEST, mountBlob, putBlob, putManifest } from './registry.mjs';
import { tarEnd, tarFile } from './tar.mjs';

const MB = 1e6;
/** Raised when bases are made in another way. */
const RECIPE = 'bench.recipe';

/** Sizes of layers as images have them: a large one of libraries, smaller ones above. Bytes. */
export const BASES = {
  small: [62, 38, 22, 12, 6, 3].map((size) => size * MB),
  large: [520, 310, 190, 110, 50, 20].map((size) => size * MB),
};

/** Pushes the base as <size>/<name>:<ref> for each name, unless it is in the registry. Returns its digest. */
export async function pushBase(host, size, names, ref, dir, say) {
  const [first, ...others] = names;
  const repository = `${size}/${first}`;
  const existing = await getManifest(host, repository, ref);
  const isOurs = existing?.json.annotations?.[RECIPE] === '2';
  const manifest = isOurs ? existing.json : await makeBase(host, repository, BASES[size], dir, say);
  for (const name of others)
    for (const { digest } of [manifest.config, ...manifest.layers]) await mountBlob(host, `${size}/${name}`, digest, repository);
  let digest;
  for (const name of names) digest = await putManifest(host, `${size}/${name}`, ref, manifest);
  return { digest, manifest };
}

async function makeBase(host, repository, sizes, dir, say) {
  const layers = [];
  const diffIds = [];
  for (const [index, size] of sizes.entries()) {
    say(`a layer of ${size / MB} MB for ${repository}`);
    const file = path.join(dir, `layer-${process.pid}.tar.gz`);
    const { digest, diffId } = await writeLayer(file, `opt/platform/part-${index}`, size);
    await putBlob(host, repository, digest, file);
    layers.push({ mediaType: LAYER, digest, size: fs.statSync(file).size });
    diffIds.push(diffId);
    fs.rmSync(file);
  }
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '2026-01-01T00:00:00Z',
      config: {
        Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'PYTHONUNBUFFERED=1'],
        User: '1000',
        WorkingDir: '/app',
        Cmd: ['python'],
      },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: sizes.map((size) => ({ created: '2026-01-01T00:00:00Z', created_by: `part of ${size} bytes` })),
    }),
  );
  await putBlob(host, repository, digestOf(config), config);
  return {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers,
    annotations: { [RECIPE]: '2' },
  };
}

/** A tar of many small files, compressed. Its compressed size is about `size`; tools that unpack layers pay for each of them. */
async function writeLayer(file, folder, size) {
  const packed = crypto.createHash('sha256');
  const plain = crypto.createHash('sha256');
  const gzip = zlib.createGzip({ level: 1 });
  const out = fs.createWriteStream(file);
  gzip.on('data', (chunk) => packed.update(chunk));
  gzip.pipe(out);
  for (const chunk of chunksOf(folder, size)) {
    plain.update(chunk);
    if (!gzip.write(chunk)) await once(gzip, 'drain');
  }
  gzip.end();
  await once(out, 'finish');
  return { digest: `sha256:${packed.digest('hex')}`, diffId: `sha256:${plain.digest('hex')}` };
}

/** Random bytes as text: compressed, it takes as much as the random bytes did. Files are as large as those of Python packages. */
function* chunksOf(folder, size) {
  for (let left = size, number = 0; left > 0; number += 1) {
    const length = Math.min(left, 2_000 + ((number * 7_919) % 20_000));
    const bytes = Buffer.from(crypto.randomBytes(length).toString('base64'));
    const { header, padding } = tarFile(`${folder}/${Math.floor(number / 100)}/file-${number}.py`, bytes.length);
    yield Buffer.concat([header, bytes, padding]);
    left -= length;
  }
  yield tarEnd;
}
