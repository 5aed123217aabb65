import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, replaceDir } from '../system/files';
import { readSealedFile, writeSealedFile } from '../system/sealed-file';
import { gzipTo, type Compressed } from './gzip';
import { tarOf, type TarEntry } from './tar';

/** Raised when the same entries would give other bytes. */
const LAYER_RECIPE = 4;

/** What stands before a layer's key in its entry of the history. There, and not in the manifest, which is sent once for each tag. */
const IN_HISTORY = 'kd ';

export interface CachedLayer extends Compressed {
  /** The compressed tar. */
  file: string;
  /** It was not in the cache folder. */
  isNew: boolean;
}

/** What a layer unpacks to. */
export interface LayerContent {
  /** `sha256:…` of the uncompressed tar. */
  diffId: string;
  /** Bytes of the uncompressed tar. */
  size: number;
}

type Entries = () => AsyncIterable<TarEntry>;

/** The name under which a layer is cached: half of the SHA-256 of its content and of the way it is made. */
export function layerKey(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYER_RECIPE, content]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}

/** The comment by which a later build finds a layer in this image; and what it is of several of one instruction. */
export function layerComment(key: string, name?: string): string {
  return `${IN_HISTORY}${key}${name === undefined ? '' : ` ${name}`}`;
}

/** The key in an entry of a history; undefined for a layer that is not ours. Anybody can write such a comment: it is a hint, and no proof. */
export function layerKeyIn(entry: unknown): string | undefined {
  const comment = (entry as { comment?: unknown } | null | undefined)?.comment;
  return typeof comment === 'string' && comment.startsWith(IN_HISTORY) ? comment.split(' ')[1] : undefined;
}

/** The layer of a key from the cache, if this machine made it. */
export function cachedLayer(key: string): CachedLayer | 'empty' | undefined {
  const { file, meta } = placesOf(key);
  const cached = readEntry<Compressed>(meta, `layer ${key}`);
  if (cached === undefined || cached === 'empty') return cached;
  // People and disks damage caches. Digests are checked where a layer leaves the cache.
  return fs.statSync(file, { throwIfNoEntry: false })?.size === cached.size ? { ...cached, file, isNew: false } : undefined;
}

/** The layer of a key, made if it is not in the cache: what did not change is never read or compressed twice. Undefined: it is empty. */
export async function makeLayer(key: string, entries: Entries): Promise<CachedLayer | undefined> {
  const cached = cachedLayer(key);
  if (cached) return cached === 'empty' ? undefined : cached;
  const { dir, file } = placesOf(key);
  const made = await replaceDir(dir, async (into) => {
    const counted = counting(entries());
    const layer = await gzipTo(path.join(into, path.basename(file)), tarOf(counted.entries));
    const result = counted.count() === 0 ? 'empty' : layer;
    await writeSealedFile(path.join(into, META), `layer ${key}`, JSON.stringify(result));
    return result;
  });
  return made === 'empty' ? undefined : { ...made, file, isNew: true };
}

/** What the layer of a key unpacks to, without compressing it: from the cache, or from its entries. Undefined: it is empty. */
export async function layerContent(key: string, entries: Entries): Promise<LayerContent | undefined> {
  const made = cachedLayer(key);
  if (made) return made === 'empty' ? undefined : { diffId: made.diffId, size: made.plainSize };
  const file = cacheDir('diff-ids', key.slice(0, 2), key);
  const cached = readEntry<LayerContent>(file, `diff-id ${key}`);
  if (cached === 'empty') return undefined;
  if (cached) return cached;
  const counted = counting(entries());
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of tarOf(counted.entries)) {
    hash.update(chunk);
    size += chunk.length;
  }
  const content = counted.count() === 0 ? 'empty' : { diffId: `sha256:${hash.digest('hex')}`, size };
  await writeSealedFile(file, `diff-id ${key}`, JSON.stringify(content));
  return content === 'empty' ? undefined : content;
}

const META = 'layer.json';

function placesOf(key: string): { dir: string; file: string; meta: string } {
  const dir = cacheDir('layers', key.slice(0, 2), key);
  return { dir, file: path.join(dir, 'layer.tar.gz'), meta: path.join(dir, META) };
}

function readEntry<T>(file: string, name: string): T | 'empty' | undefined {
  const sealed = readSealedFile(file, name);
  return sealed && (JSON.parse(sealed.toString('utf8')) as T | 'empty');
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
