import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, isDigest, quoted } from '@kdcube/release/internal';
import { replaceDir } from '../system/files';
import type { BuiltImage, BuiltLayer } from './build';
import {
  isDescriptor,
  isIndex,
  OCI_INDEX,
  parseConfig,
  parseManifest,
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
} from '../registry/manifest-format';
import { parsePlatform, type Platform } from '../registry/platform';
import { soundBytes, soundFile } from './sound';

/** An OCI image layout of one image. Blobs that are not in it are `missing`: a sparse layout is complete only together with a registry that has them. */
export interface Layout {
  dir: string;
  manifest: Descriptor;
  bytes: Buffer;
  image: ImageManifest;
  config: ImageConfig;
  configBytes: Buffer;
  missing: Descriptor[];
}

/** An image as a layout takes it in. */
export interface Parts {
  manifest: Descriptor;
  bytes: Uint8Array;
  config: { descriptor: Descriptor; bytes: Uint8Array };
  layers: readonly Descriptor[];
  platform: Platform;
  /** Gives a layer. Undefined: it stays out. */
  open(layer: Descriptor): Chunks | undefined;
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface LayoutOptions {
  /** The name by which tools find the image in it: `org.opencontainers.image.ref.name`. */
  name?: string;
  /** Gives a layer of the base. Undefined: they stay out. */
  openBase?: (layer: Descriptor) => AsyncIterable<Uint8Array>;
}

export const REF_NAME = 'org.opencontainers.image.ref.name';
/** No manifest or config comes near. */
const LIMIT = 4 * 1024 * 1024;

/** Writes an image that was built as an OCI layout into `dir`, sparse unless `openBase` gives the layers of its base. See `writeParts`. */
export async function writeLayout(dir: string, image: BuiltImage, { name, openBase }: LayoutOptions = {}): Promise<void> {
  const parts = partsOf(image);
  await writeParts(dir, { ...parts, open: (layer) => parts.open(layer) ?? openBase?.(layer) }, name);
}

/** A built image's parts; the layers of its base are not among them. */
export function partsOf({ digest, mediaType, manifest, config, base, layers, platform }: BuiltImage): Parts {
  const own = new Map(layers.map((layer) => [layer.descriptor.digest, layer]));
  return {
    manifest: { mediaType, digest, size: manifest.length },
    bytes: manifest,
    config,
    layers: [...base, ...layers.map(({ descriptor }) => descriptor)],
    platform: parsePlatform(platform),
    open: ({ digest: wanted }) => {
      const layer = own.get(wanted);
      return layer && fileOf(layer);
    },
  };
}

async function* fileOf(layer: BuiltLayer): AsyncGenerator<Uint8Array> {
  const small = await soundBytes(layer);
  if (small) yield small;
  else yield* fs.createReadStream(await soundFile(layer));
}

/** Writes a layout of one image into `dir`, which is replaced as a whole. Every blob is checked while it is copied. Nothing in it tells when or where it was written. */
export async function writeParts(
  dir: string,
  { manifest, bytes, config, layers, platform, open }: Parts,
  name?: string,
): Promise<void> {
  await replaceDir(dir, async (into) => {
    const blobs = path.join(into, 'blobs', 'sha256');
    await fs.promises.mkdir(blobs, { recursive: true });
    const put = async (blob: Descriptor, chunks: Chunks | undefined): Promise<void> => {
      const file = path.join(blobs, hexOf(blob.digest));
      if (chunks && !fs.existsSync(file)) await writeBlob(file, blob, chunks);
    };
    await put(manifest, [bytes]);
    await put(config.descriptor, [config.bytes]);
    for (const layer of layers) if (!isElsewhere(layer)) await put(layer, open(layer));
    const entry = { ...manifest, platform, ...(name !== undefined && { annotations: { [REF_NAME]: name } }) };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
    await fs.promises.writeFile(path.join(into, 'index.json'), JSON.stringify(index));
    await fs.promises.writeFile(path.join(into, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  });
}

/** A layer of somebody who does not let it be passed on lies at an address of theirs, in no layout and no registry. */
function isElsewhere(layer: Descriptor): boolean {
  return 'urls' in layer;
}

/**
 * Reads a layout of one image. Its manifest and config are checked, and of every layer that it is there with its size; `openBlob` checks the bytes. Throws the Problem `file-error` for anything that is
 * not such a layout.
 */
export async function readLayout(dir: string): Promise<Layout> {
  const version = await json(dir, 'oci-layout');
  if (version.imageLayoutVersion !== '1.0.0') throw broken(dir, 'its oci-layout file does not say version 1.0.0');
  const { manifests } = await json(dir, 'index.json');
  if (!Array.isArray(manifests) || manifests.length !== 1) throw broken(dir, 'its index does not name exactly one image');
  const manifest: unknown = manifests[0];
  if (!isDescriptor(manifest)) throw broken(dir, 'the one entry of its index does not describe an image');
  const bytes = await smallBlob(dir, manifest);
  const read = parseManifest(bytes, manifest.mediaType, dir);
  if (isIndex(read.json)) throw broken(dir, 'it holds an index of images');
  const image = read.json;
  const configBytes = await smallBlob(dir, image.config);
  const config = parseConfig(configBytes, image, dir);
  const missing = image.layers.filter((layer) => {
    if (isElsewhere(layer)) return false;
    const size = sizeOf(blobFile(dir, layer));
    if (size !== undefined && size !== layer.size)
      throw broken(dir, `its layer ${layer.digest} has ${size} bytes instead of ${layer.size}`);
    return size === undefined;
  });
  return {
    dir,
    manifest: { mediaType: read.mediaType, digest: manifest.digest, size: bytes.length },
    bytes,
    image,
    config,
    configBytes,
    missing,
  };
}

/** Where a blob of a layout is. */
export function blobFile(dir: string, { digest }: Descriptor): string {
  if (typeof digest !== 'string' || !isDigest(digest)) throw broken(dir, `${quoted(digest)} is not a digest`);
  return path.join(dir, 'blobs', 'sha256', hexOf(digest));
}

/** The bytes of a blob, checked: where they are not what the digest says, the last chunk is not given, and the Problem `file-error` is thrown. */
export async function* openBlob(dir: string, blob: Descriptor): AsyncGenerator<Uint8Array> {
  yield* checkedBlob(fs.createReadStream(blobFile(dir, blob)), blob, dir);
}

/** Passes a stream on and throws where it is not the blob that it should be, before its last chunk. */
async function* checkedBlob(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  blob: Descriptor,
  from: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (held) yield held;
    size += chunk.length;
    hash.update(chunk);
    held = Buffer.from(chunk);
    if (size > blob.size) break;
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (size !== blob.size || digest !== blob.digest)
    throw broken(from, `the blob ${blob.digest} (${blob.size} bytes) came as ${digest} (${size} bytes)`);
  if (held) yield held;
}

async function writeBlob(
  file: string,
  blob: Descriptor,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await fs.promises.writeFile(file, checkedBlob(chunks, blob, file), { flag: 'wx' });
}

async function smallBlob(dir: string, blob: Descriptor): Promise<Buffer> {
  const file = blobFile(dir, blob);
  const size = sizeOf(file);
  if (size === undefined) throw broken(dir, `${blob.digest} is not in it`);
  if (size > LIMIT) throw broken(dir, `${blob.digest} has ${size} bytes, more than any manifest or config`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of openBlob(dir, { ...blob, size })) chunks.push(chunk);
  if (blob.size !== size) throw broken(dir, `${blob.digest} has ${size} bytes instead of ${blob.size}`);
  return Buffer.concat(chunks);
}

async function json(dir: string, name: string): Promise<Record<string, unknown>> {
  const file = path.join(dir, name);
  const size = sizeOf(file);
  if (size === undefined || size > LIMIT) throw broken(dir, `it has no ${name}`);
  try {
    const value = JSON.parse(await fs.promises.readFile(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw broken(dir, `its ${name} is not JSON`);
}

function sizeOf(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

function broken(dir: string, why: string): KdcubeError {
  return new KdcubeError({
    code: 'file-error',
    message: `${dir} is not a sound OCI image layout: ${why}.`,
    hint: `rm -r ${dir}    and run it again: it is made anew`,
  });
}
