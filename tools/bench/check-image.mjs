// Checks an image in the registry: a fast push of the wrong content is worth nothing.
import zlib from 'node:zlib';
import { digestOf, getBlob, getManifest, hasBlob } from './registry.mjs';
import { readTar } from './tar.mjs';

/** The content of layers, by digest. */
const layers = new Map();

/**
 * Throws unless `reference` is an image on this base with exactly these files above it, byte for byte, with all of its blobs in the registry. `files`: path in the image → bytes. Returns the image's digest.
 */
export async function checkImage(host, repository, reference, { base, files }) {
  const name = `${repository}@${reference}`;
  const manifest = await getManifest(host, repository, reference);
  if (!manifest) throw new Error(`${name} is not in the registry.`);
  const { json } = manifest;
  const config = JSON.parse(await getBlob(host, repository, json.config.digest));
  const below = base.config.rootfs.diff_ids;
  if (below.some((id, index) => config.rootfs.diff_ids[index] !== id)) throw new Error(`${name} is not built on its base.`);
  if (config.rootfs.diff_ids.length !== json.layers.length) throw new Error(`${name} has layers that its config does not list.`);
  for (const { digest } of json.layers.slice(0, below.length))
    if (!(await hasBlob(host, repository, digest))) throw new Error(`${name} lacks a layer of its base.`);
  const found = new Map();
  for (const [index, { digest }] of json.layers.slice(below.length).entries()) {
    const layer = await layerOf(host, repository, digest);
    if (layer.diffId !== config.rootfs.diff_ids[below.length + index])
      throw new Error(`${name} has a layer that its config does not list.`);
    for (const path of layer.gone)
      for (const file of found.keys()) if (file === path || file.startsWith(`${path}/`)) found.delete(file);
    for (const [path, sum] of layer.files) found.set(path, sum);
  }
  for (const [path, bytes] of files) {
    if (!found.has(path)) throw new Error(`${name} has no ${path}.`);
    if (found.get(path) !== sumOf(bytes)) throw new Error(`${name} has other bytes in ${path}.`);
  }
  const extra = [...found.keys()].find((path) => !files.has(path));
  if (extra !== undefined) throw new Error(`${name} has an unexpected file: ${extra}.`);
  return manifest.digest;
}

async function layerOf(host, repository, digest) {
  if (layers.has(digest)) {
    // It was read from another repository: this one must have it too.
    if (!(await hasBlob(host, repository, digest))) throw new Error(`${repository} lacks the layer ${digest}.`);
    return layers.get(digest);
  }
  const packed = await getBlob(host, repository, digest);
  const tar = packed[0] === 0x1f ? zlib.gunzipSync(packed) : packed;
  const { files, gone } = readTar(tar);
  const layer = { diffId: digestOf(tar), gone, files: new Map([...files].map(([path, bytes]) => [path, sumOf(bytes)])) };
  layers.set(digest, layer);
  return layer;
}

const sums = new WeakMap();

function sumOf(bytes) {
  if (!sums.has(bytes)) sums.set(bytes, digestOf(bytes));
  return sums.get(bytes);
}
