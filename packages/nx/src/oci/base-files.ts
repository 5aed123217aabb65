import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { KdcubeError, type BaseTree } from '@kdcube/release/internal';
import { cacheDir } from '../system/files';
import { readSealedFile, writeSealedFile } from '../system/sealed-file';
import { namesIn, type TarName } from './tar-names';
import type { Descriptor } from '../registry/manifest-format';
import { invalidResponse } from '../registry/transport/problems';

/** Reads a base's layer as the registry or a layout has it. */
export type OpenLayer = (layer: Descriptor) => AsyncIterable<Uint8Array>;

type Place = ReturnType<BaseTree['at']>;

/** A folder that a layer has things in and does not name. */
const IMPLIED = { kind: 'folder', mode: 0o755, uid: 0, gid: 0 } as const;

/**
 * What is where in a base: the names of its layers, read once, one layer after another, without unpacking anything, and kept by digest in the cache folder. Undefined where a layer is in a form that
 * this Node cannot read (zstd before Node 22.15), or is not to be had from a registry (foreign).
 */
export async function baseFiles(layers: readonly Descriptor[], open: OpenLayer): Promise<BaseTree | undefined> {
  const all = new Map<string, NonNullable<Place>>();
  for (const layer of layers) {
    const names = await namesOf(layer, open);
    if (!names) return undefined;
    apply(names, all);
  }
  return { at: (path) => all.get(path) };
}

/** What a layer deletes is deleted from those below it, then it is laid over them. */
function apply(names: readonly TarName[], all: Map<string, NonNullable<Place>>): void {
  for (const { path, kind } of names) {
    if (kind === 'gone') removeBelow(all, path, true);
    if (kind === 'emptied') removeBelow(all, path, false);
  }
  for (const { path, kind, target, mode = 0o755, uid = 0, gid = 0 } of names) {
    if (kind === 'gone' || kind === 'emptied') continue;
    for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      if (!all.has(folder)) all.set(folder, IMPLIED);
    }
    if (kind !== 'folder' && all.get(path)?.kind === 'folder') removeBelow(all, path, true);
    // A hard link to a link is one.
    const linked = kind === 'file' && target !== undefined ? all.get(target) : undefined;
    if (linked?.kind === 'link') all.set(path, linked);
    else if (kind === 'folder') all.set(path, { kind, mode, uid, gid });
    else all.set(path, kind === 'link' ? { kind, target: target ?? '' } : { kind });
  }
}

function removeBelow(all: Map<string, NonNullable<Place>>, path: string, itself: boolean): void {
  if (all.get(path)?.kind === 'folder' || path === '/')
    for (const known of all.keys()) if (known.startsWith(`${path === '/' ? '' : path}/`)) all.delete(known);
  if (itself) all.delete(path);
}

/** Raised when what is kept of a layer's names changes: what an older version kept is then not read. */
const NAMES_FORMAT = 2;

async function namesOf(layer: Descriptor, open: OpenLayer): Promise<TarName[] | undefined> {
  const file = cacheDir(`base-names-${NAMES_FORMAT}`, layer.digest.replace(':', '-'));
  // The owners and modes of what is laid over the base depend on it.
  const cached = readSealedFile(file, `base names ${layer.digest}`);
  if (cached) return JSON.parse(zlib.gunzipSync(cached).toString('utf8')) as TarName[];
  const unpack = unpacker(layer.mediaType);
  if (!unpack || /foreign|nondistributable/.test(layer.mediaType)) return undefined;
  const names: TarName[] = [];
  try {
    for await (const name of namesIn(unpack(checked(layer, open)))) names.push(name);
  } catch (error) {
    if (error instanceof KdcubeError) throw error;
    // Its bytes are what their digest says, and still nobody can unpack them.
    throw invalidResponse(
      `The layer ${layer.digest} of the base cannot be read: ${(error as Error).message}.`,
      'pin another base: no engine could start this one either',
      error,
    );
  }
  await writeSealedFile(file, `base names ${layer.digest}`, zlib.gzipSync(JSON.stringify(names)));
  return names;
}

async function* checked(layer: Descriptor, open: OpenLayer): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of open(layer)) {
    size += chunk.length;
    if (size > layer.size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (size !== layer.size || `sha256:${hash.digest('hex')}` !== layer.digest)
    throw invalidResponse(`The layer ${layer.digest} of the base came with other bytes than its digest says.`);
}

function unpacker(mediaType: string): ((source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined {
  if (/[.+]gzip$/.test(mediaType)) return (source) => through(source, zlib.createGunzip());
  if (/\.tar$/.test(mediaType)) return (source) => source;
  const { createZstdDecompress } = zlib as unknown as { createZstdDecompress?: () => zlib.Gunzip };
  if (/[.+]zstd$/.test(mediaType) && createZstdDecompress) return (source) => through(source, createZstdDecompress());
  return undefined;
}

/** A failure of the source ends the reader with that failure. */
function through(source: AsyncIterable<Uint8Array>, stream: zlib.Gunzip): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(source), stream, () => undefined);
}
