import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, isDigest, quoted } from '@kdcube/release/internal';
import { replaceDir } from '../system/files/files';
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
} from '../registry/manifests/manifest-format';
import { parsePlatform, type Platform } from '../registry/manifests/platform';
import { verifiedLayerBytes, verifiedLayerFile } from './layer/verified-layer';
import { sha256Counter } from '../system/chunks';

/** An OCI image layout of one image. In a sparse layout, some layers are `missing`: they are in a registry. */
export interface Layout {
  dir: string;
  manifest: Descriptor;
  bytes: Buffer;
  image: ImageManifest;
  config: ImageConfig;
  configBytes: Buffer;
  missing: Descriptor[];
}

/** The parts of an image to write as a layout. */
export interface Parts {
  manifest: Descriptor;
  bytes: Uint8Array;
  config: { descriptor: Descriptor; bytes: Uint8Array };
  layers: readonly Descriptor[];
  platform: Platform;
  /** Opens a layer. Undefined: it is left out. */
  open(layer: Descriptor): Chunks | undefined;
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface LayoutOptions {
  /** The image's name in the layout: `org.opencontainers.image.ref.name`. */
  name?: string;
  /** Opens a layer of the base. Undefined: they are left out. */
  openBase?: (layer: Descriptor) => AsyncIterable<Uint8Array>;
}

export const REF_NAME = 'org.opencontainers.image.ref.name';
/** Far larger than any manifest or config. Bytes. */
const MAX_JSON_SIZE = 4 * 1024 * 1024;

/** Writes a built image as an OCI layout into `dir`, sparse without `openBase`. See `writeParts`. */
export async function writeLayout(dir: string, image: BuiltImage, { name, openBase }: LayoutOptions = {}): Promise<void> {
  const parts = partsOf(image);
  await writeParts(dir, { ...parts, open: (layer) => parts.open(layer) ?? openBase?.(layer) }, name);
}

/** The parts of a built image, without the layers of its base. */
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
  const small = await verifiedLayerBytes(layer);
  if (small) yield small;
  else yield* fs.createReadStream(await verifiedLayerFile(layer));
}

/** Writes a layout of one image and replaces `dir` as a whole. Every blob is verified. Reproducible: it contains no timestamp and no machine name. */
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
    for (const layer of layers) if (!isForeign(layer)) await put(layer, open(layer));
    const entry = { ...manifest, platform, ...(name !== undefined && { annotations: { [REF_NAME]: name } }) };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
    await fs.promises.writeFile(path.join(into, 'index.json'), JSON.stringify(index));
    await fs.promises.writeFile(path.join(into, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  });
}

/** A foreign (non-distributable) layer is at its owner's URL, in no layout and no registry. */
function isForeign(layer: Descriptor): boolean {
  return 'urls' in layer;
}

/**
 * Reads a layout of one image. Verifies its manifest, its config and the sizes of its layers; `openBlob` verifies a layer's bytes. Problem `file-error` for anything else.
 */
export async function readLayout(dir: string): Promise<Layout> {
  const version = await readJson(dir, 'oci-layout');
  if (version.imageLayoutVersion !== '1.0.0') throw invalidLayout(dir, 'its oci-layout file does not have version 1.0.0');
  const { manifests } = await readJson(dir, 'index.json');
  if (!Array.isArray(manifests) || manifests.length !== 1) throw invalidLayout(dir, 'its index does not list exactly one image');
  const manifest: unknown = manifests[0];
  if (!isDescriptor(manifest)) throw invalidLayout(dir, 'the one entry of its index does not describe an image');
  const bytes = await smallBlob(dir, manifest);
  const read = parseManifest(bytes, manifest.mediaType, dir);
  if (isIndex(read.json)) throw invalidLayout(dir, 'it contains an image index');
  const image = read.json;
  const configBytes = await smallBlob(dir, image.config);
  const config = parseConfig(configBytes, image, dir);
  const missing = image.layers.filter((layer) => {
    if (isForeign(layer)) return false;
    const size = sizeOf(blobFile(dir, layer));
    if (size !== undefined && size !== layer.size)
      throw invalidLayout(dir, `its layer ${layer.digest} has ${size} bytes instead of ${layer.size}`);
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

/** The file of a blob in a layout. */
export function blobFile(dir: string, { digest }: Descriptor): string {
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalidLayout(dir, `${quoted(digest)} is not a digest`);
  return path.join(dir, 'blobs', 'sha256', hexOf(digest));
}

/** The bytes of a blob, verified: if they do not match the digest, throws the Problem `file-error` instead of yielding the last chunk. */
export async function* openBlob(dir: string, blob: Descriptor): AsyncGenerator<Uint8Array> {
  yield* checkedBlob(fs.createReadStream(blobFile(dir, blob)), blob, dir);
}

/** Passes a stream on, and throws before its last chunk if it does not match the descriptor. */
async function* checkedBlob(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  blob: Descriptor,
  from: string,
): AsyncGenerator<Uint8Array> {
  const content = sha256Counter();
  let pending: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (pending) yield pending;
    content.add(chunk);
    pending = Buffer.from(chunk);
    if (content.bytes() > blob.size) break;
  }
  const [size, digest] = [content.bytes(), content.digest()];
  if (size !== blob.size || digest !== blob.digest)
    throw invalidLayout(from, `the blob ${blob.digest} (${blob.size} bytes) has the digest ${digest} (${size} bytes)`);
  if (pending) yield pending;
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
  if (size === undefined) throw invalidLayout(dir, `${blob.digest} is not in it`);
  if (size > MAX_JSON_SIZE) throw invalidLayout(dir, `${blob.digest} has ${size} bytes, more than any manifest or config`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of openBlob(dir, { ...blob, size })) chunks.push(chunk);
  if (blob.size !== size) throw invalidLayout(dir, `${blob.digest} has ${size} bytes instead of ${blob.size}`);
  return Buffer.concat(chunks);
}

async function readJson(dir: string, name: string): Promise<Record<string, unknown>> {
  const file = path.join(dir, name);
  const size = sizeOf(file);
  if (size === undefined || size > MAX_JSON_SIZE) throw invalidLayout(dir, `it has no ${name}`);
  try {
    const value = JSON.parse(await fs.promises.readFile(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw invalidLayout(dir, `its ${name} is not JSON`);
}

function sizeOf(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

function invalidLayout(dir: string, why: string): KdcubeError {
  return new KdcubeError({
    code: 'file-error',
    message: `${dir} is not a valid OCI image layout: ${why}.`,
    hint: `rm -r ${dir}    and run the command again: it writes the layout again`,
  });
}
