import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { KdcubeError, LIMITS, quoted, type BaseTree } from '@kdcube/release/internal';
import { cacheDir } from '../system/files/files';
import { readSealedFile, writeSealedFile } from '../system/files/sealed-file';
import { readTarNames, type TarName } from './layer/tar-names';
import type { Descriptor } from '../registry/manifests/manifest-format';
import { invalidResponse } from '../registry/transport/problems';
import { sha256Counter } from '../system/chunks';

/** Opens a layer of the base in a registry or a layout. */
export type OpenLayer = (layer: Descriptor) => AsyncIterable<Uint8Array>;

type BaseEntry = ReturnType<BaseTree['at']>;

/** A folder of which a layer lists only the content. */
const IMPLIED = { kind: 'folder', mode: 0o755, uid: 0, gid: 0 } as const;

/** A base whose files cannot be read here, and why: completes "and". */
export interface UnreadableBase {
  unreadable: string;
}

/**
 * The file tree of a base image, from the names in its layers. The names are cached by layer digest; nothing is unpacked. Unreadable if a layer has a compression that this Node does not support
 * (zstd before Node 22.15), or is foreign, and so not in the registry.
 */
export async function baseFiles(layers: readonly Descriptor[], open: OpenLayer): Promise<BaseTree | UnreadableBase> {
  const all = new Map<string, NonNullable<BaseEntry>>();
  for (const layer of layers) {
    const names = await namesOf(layer, open);
    if (!names) return { unreadable: whyUnreadable(layer) };
    applyLayer(names, all);
  }
  return { at: (path) => all.get(path) };
}

/** Applies a layer: whiteouts first, then its entries. */
function applyLayer(names: readonly TarName[], all: Map<string, NonNullable<BaseEntry>>): void {
  for (const { path, kind } of names) {
    if (kind === 'whiteout') removeBelow(all, path, true);
    if (kind === 'opaque') removeBelow(all, path, false);
  }
  for (const { path, kind, target, mode = 0o755, uid = 0, gid = 0 } of names) {
    if (kind === 'whiteout' || kind === 'opaque') continue;
    for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      if (!all.has(folder)) all.set(folder, IMPLIED);
    }
    if (kind !== 'folder' && all.get(path)?.kind === 'folder') removeBelow(all, path, true);
    // A hard link to a symlink is a symlink.
    const linked = kind === 'file' && target !== undefined ? all.get(target) : undefined;
    if (linked?.kind === 'link') all.set(path, linked);
    else if (kind === 'folder') all.set(path, { kind, mode, uid, gid });
    else all.set(path, kind === 'link' ? { kind, target: target ?? '' } : { kind });
  }
}

function removeBelow(all: Map<string, NonNullable<BaseEntry>>, path: string, itself: boolean): void {
  if (all.get(path)?.kind === 'folder' || path === '/')
    for (const other of all.keys()) if (other.startsWith(`${path === '/' ? '' : path}/`)) all.delete(other);
  if (itself) all.delete(path);
}

/** Raised when the cached format changes: files of older versions are then ignored. */
const NAMES_FORMAT = 3;

async function namesOf(layer: Descriptor, open: OpenLayer): Promise<TarName[] | undefined> {
  const file = cacheDir(`base-names-${NAMES_FORMAT}`, layer.digest.replace(':', '-'));
  // The owners and modes of entries copied over the base depend on it.
  const cached = readSealedFile(file, `base names ${layer.digest}`);
  if (cached) return JSON.parse(zlib.gunzipSync(cached).toString('utf8')) as TarName[];
  const unpack = unpacker(layer.mediaType);
  if (!unpack || isForeign(layer.mediaType)) return undefined;
  const names: TarName[] = [];
  try {
    for await (const name of readTarNames(unpack(verifiedLayer(layer, open)))) {
      names.push(name);
      if (names.length > LIMITS.layerNames.max) throw tooManyNames(layer);
    }
  } catch (error) {
    if (error instanceof KdcubeError) throw error;
    // The digest is right, so the layer itself is invalid.
    throw invalidResponse(
      `The layer ${layer.digest} of the base cannot be read: ${(error as Error).message}.`,
      'pin another base: no container engine can start this one',
      error,
    );
  }
  await writeSealedFile(file, `base names ${layer.digest}`, zlib.gzipSync(JSON.stringify(names)));
  return names;
}

function tooManyNames({ digest }: Descriptor): KdcubeError {
  return new KdcubeError({
    code: 'limit-exceeded',
    message: `The layer ${digest} of the base has more than ${LIMITS.layerNames.max} files and folders.`,
    hint: 'pin another base, or build with an engine: --engine=buildx',
  });
}

async function* verifiedLayer(layer: Descriptor, open: OpenLayer): AsyncGenerator<Uint8Array> {
  const content = sha256Counter();
  for await (const chunk of open(layer)) {
    content.add(chunk);
    if (content.bytes() > layer.size) break;
    yield chunk;
  }
  if (content.bytes() !== layer.size || content.digest() !== layer.digest)
    throw invalidResponse(`The bytes of the base layer ${layer.digest} do not match its digest.`);
}

function whyUnreadable({ digest, mediaType }: Descriptor): string {
  if (isForeign(mediaType)) return `its layer ${digest} is not in the registry (${mediaType})`;
  return ZSTD.test(mediaType)
    ? `its layer ${digest} is compressed with zstd, which Node ${process.versions.node} cannot read: use Node 22.15, 24 or later`
    : `its layer ${digest} has an unknown format, ${quoted(mediaType)}`;
}

function isForeign(mediaType: string): boolean {
  return /foreign|nondistributable/.test(mediaType);
}

const ZSTD = /[.+]zstd$/;

function unpacker(mediaType: string): ((source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined {
  if (/[.+]gzip$/.test(mediaType)) return (source) => through(source, zlib.createGunzip());
  if (/\.tar$/.test(mediaType)) return (source) => source;
  const { createZstdDecompress } = zlib as unknown as { createZstdDecompress?: () => zlib.Gunzip };
  if (ZSTD.test(mediaType) && createZstdDecompress) return (source) => through(source, createZstdDecompress());
  return undefined;
}

/** Passes an error of the source on to the reader. */
function through(source: AsyncIterable<Uint8Array>, stream: zlib.Gunzip): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(source), stream, () => undefined);
}
