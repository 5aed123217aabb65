// Looks into the registry whether an image is what it should be. A fast push of the wrong thing is worth nothing.
import zlib from 'node:zlib';
import { digestOf, getBlob, getManifest, hasBlob } from './registry.mjs';
import { readTar } from './tar.mjs';

/** Layers that were read before, by digest: what they hold. */
const known = new Map();

/**
 * Throws unless `reference` is an image on this base with exactly these files above it, byte for byte, and all of its blobs there. `files`: path in the image → bytes. Returns the image's digest.
 */
export async function look(host, repository, reference, { base, files }) {
  const name = `${repository}@${reference}`;
  const found = await getManifest(host, repository, reference);
  if (!found) throw new Error(`${name} is not in the registry.`);
  const { json } = found;
  const config = JSON.parse(await getBlob(host, repository, json.config.digest));
  const below = base.config.rootfs.diff_ids;
  if (below.some((id, index) => config.rootfs.diff_ids[index] !== id)) throw new Error(`${name} does not stand on its base.`);
  if (config.rootfs.diff_ids.length !== json.layers.length) throw new Error(`${name} has layers that its config does not name.`);
  for (const { digest } of json.layers.slice(0, below.length))
    if (!(await hasBlob(host, repository, digest))) throw new Error(`${name} lacks a layer of its base.`);
  const there = new Map();
  for (const [index, { digest }] of json.layers.slice(below.length).entries()) {
    const layer = await layerOf(host, repository, digest);
    if (layer.diffId !== config.rootfs.diff_ids[below.length + index])
      throw new Error(`${name} has a layer that its config does not name.`);
    for (const path of layer.gone)
      for (const file of there.keys()) if (file === path || file.startsWith(`${path}/`)) there.delete(file);
    for (const [path, sum] of layer.files) there.set(path, sum);
  }
  for (const [path, bytes] of files) {
    if (!there.has(path)) throw new Error(`${name} has no ${path}.`);
    if (there.get(path) !== sumOf(bytes)) throw new Error(`${name} has other bytes in ${path}.`);
  }
  const extra = [...there.keys()].find((path) => !files.has(path));
  if (extra !== undefined) throw new Error(`${name} has ${extra}, which nobody put there.`);
  return found.digest;
}

async function layerOf(host, repository, digest) {
  if (known.has(digest)) {
    // Read from another repository before: it must be in this one too.
    if (!(await hasBlob(host, repository, digest))) throw new Error(`${repository} lacks the layer ${digest}.`);
    return known.get(digest);
  }
  const packed = await getBlob(host, repository, digest);
  const tar = packed[0] === 0x1f ? zlib.gunzipSync(packed) : packed;
  const { files, gone } = readTar(tar);
  const layer = { diffId: digestOf(tar), gone, files: new Map([...files].map(([path, bytes]) => [path, sumOf(bytes)])) };
  known.set(digest, layer);
  return layer;
}

const sums = new WeakMap();

function sumOf(bytes) {
  if (!sums.has(bytes)) sums.set(bytes, digestOf(bytes));
  return sums.get(bytes);
}
