import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { singleFlight } from '../../git/batch';
import { cacheDir, replaceDir } from '../../system/files/files';
import { readSealedJson, writeSealedJson } from '../../system/files/sealed-file';
import { gzipTo, pieces, type Compressed } from './gzip';
import { tarOf, type TarEntry } from './tar';
import { sha256Counter } from '../../system/chunks';

/** Raised when the same entries would give different bytes. */
const LAYER_RECIPE = 4;

/** Precedes a layer's key in its history entry. Not in the manifest, which is uploaded once for each tag. */
const COMMENT_PREFIX = 'kd ';

export interface CachedLayer extends Compressed {
  /** The compressed tar. */
  file: string;
  /** Whether it was created now, not read from the cache. */
  isNew: boolean;
}

/** The uncompressed content of a layer. */
export interface LayerContent {
  /** `sha256:…` of the uncompressed tar. */
  diffId: string;
  /** Bytes of the uncompressed tar. */
  size: number;
}

type Entries = () => AsyncIterable<TarEntry>;

/** A layer's name in the cache: half of the SHA-256 of its content and LAYER_RECIPE. */
export function layerKey(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYER_RECIPE, content]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}

/** The history comment by which a later build finds the layer in this image. `name` tells the layers of one instruction apart. */
export function layerComment(key: string, name?: string): string {
  return `${COMMENT_PREFIX}${key}${name === undefined ? '' : ` ${name}`}`;
}

/** The key in a history entry; undefined for a layer that this plugin did not create. Anyone can write such a comment: it is a hint, not a proof. */
export function layerKeyIn(entry: unknown): string | undefined {
  const comment = (entry as { comment?: unknown } | null | undefined)?.comment;
  return typeof comment === 'string' && comment.startsWith(COMMENT_PREFIX) ? comment.split(' ')[1] : undefined;
}

/** The layer of a key from the cache, if this machine created it. */
export function cachedLayer(key: string): CachedLayer | 'empty' | undefined {
  const { file, meta } = placesOf(key);
  const cached = readSealedJson<Compressed | 'empty'>(meta, `layer ${key}`);
  if (cached === undefined || cached === 'empty') return cached;
  // A damaged file counts as absent. The digest is checked when the layer leaves the cache.
  return fs.statSync(file, { throwIfNoEntry: false })?.size === cached.size ? { ...cached, file, isNew: false } : undefined;
}

/** The layer of a key, from the cache or newly created: unchanged content is never read or compressed twice. Undefined if the layer is empty. */
export async function makeLayer(key: string, entries: Entries): Promise<CachedLayer | undefined> {
  const cached = cachedLayer(key);
  if (cached) return cached === 'empty' ? undefined : cached;
  // Two images of one run may contain the same bundle.
  return makeOnce(placesOf(key).dir, () => createLayer(key, entries));
}

const makeOnce = singleFlight<CachedLayer | undefined>();

async function createLayer(key: string, entries: Entries): Promise<CachedLayer | undefined> {
  const { dir, file } = placesOf(key);
  const created = await replaceDir(dir, async (into) => {
    const counted = counting(entries());
    const layer = await gzipTo(path.join(into, path.basename(file)), tarOf(counted.entries));
    const result = counted.count() === 0 ? 'empty' : layer;
    await writeSealedJson(path.join(into, META), `layer ${key}`, result);
    return result;
  });
  return created === 'empty' ? undefined : { ...created, file, isNew: true };
}

/** The uncompressed content of a layer, from the cache or from its entries, without compressing it. Undefined if the layer is empty. */
export async function layerContent(key: string, entries: Entries): Promise<LayerContent | undefined> {
  const made = cachedLayer(key);
  if (made) return made === 'empty' ? undefined : { diffId: made.diffId, size: made.plainSize };
  const file = cacheDir('diff-ids', key.slice(0, 2), key);
  const cached = readSealedJson<LayerContent | 'empty'>(file, `diff-id ${key}`);
  if (cached === 'empty') return undefined;
  if (cached) return cached;
  return computeOnce(file, async () => {
    const content = await computeContent(entries);
    await writeSealedJson(file, `diff-id ${key}`, content ?? 'empty');
    return content;
  });
}

/** The number of bytes that are hashed at once. */
const HASHED_BYTES = 64 * 1024;

const computeOnce = singleFlight<LayerContent | undefined>();

async function computeContent(entries: Entries): Promise<LayerContent | undefined> {
  const counted = counting(entries());
  const content = sha256Counter();
  // In larger pieces: a tar of small files has three chunks for each file.
  for await (const piece of pieces(tarOf(counted.entries), HASHED_BYTES)) content.add(piece);
  return counted.count() === 0 ? undefined : { diffId: content.digest(), size: content.bytes() };
}

const META = 'layer.json';

function placesOf(key: string): { dir: string; file: string; meta: string } {
  const dir = cacheDir('layers', key.slice(0, 2), key);
  return { dir, file: path.join(dir, 'layer.tar.gz'), meta: path.join(dir, META) };
}

function counting(source: AsyncIterable<TarEntry>): { entries: AsyncIterable<TarEntry>; count(): number } {
  let count = 0;
  async function* entries(): AsyncGenerator<TarEntry> {
    for await (const entry of source) {
      count += 1;
      yield entry;
    }
  }
  return { entries: entries(), count: () => count };
}
