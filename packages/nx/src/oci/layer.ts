import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, replaceDir } from '../system/files';
import { gzipTo, type Compressed } from './gzip';
import { tarOf, type TarEntry } from './tar';

/** Raised when the same entries would give other bytes. */
const LAYER_RECIPE = 4;

/** What stands before a layer's key in its entry of the history. There, and not in the manifest, which is sent once for each tag. */
const IN_HISTORY = 'kd ';

export interface KeptLayer extends Compressed {
  /** The compressed tar. */
  file: string;
  /** It was not in the cache folder. */
  isNew: boolean;
}

/** The name under which a layer is kept: half of the SHA-256 of its content and of the way it is made. */
export function layerKey(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYER_RECIPE, content]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}

/** The comment by which a later build finds a layer in this image, and need not make it; and what it is of several of one instruction. */
export function layerComment(key: string, name?: string): string {
  return `${IN_HISTORY}${key}${name === undefined ? '' : ` ${name}`}`;
}

/** The key in an entry of a history; undefined for a layer that is not ours. */
export function layerKeyIn(entry: unknown): string | undefined {
  const comment = (entry as { comment?: unknown } | null | undefined)?.comment;
  return typeof comment === 'string' && comment.startsWith(IN_HISTORY) ? comment.split(' ')[1] : undefined;
}

/** The layer of a key from the cache folder, made if it is not there: what did not change is never read or compressed twice. Undefined: it is empty. */
export async function keptLayer(key: string, entries: () => AsyncIterable<TarEntry>): Promise<KeptLayer | undefined> {
  const dir = cacheDir('layers', key.slice(0, 2), key);
  const file = path.join(dir, 'layer.tar.gz');
  const kept = readKept(dir, file);
  if (kept) return kept === 'empty' ? undefined : { ...kept, file, isNew: false };
  const made = await replaceDir(dir, async (into) => {
    const counted = counting(entries());
    const layer = await gzipTo(path.join(into, 'layer.tar.gz'), tarOf(counted.entries));
    const result = counted.count() === 0 ? 'empty' : layer;
    fs.writeFileSync(path.join(into, 'layer.json'), `${JSON.stringify(result)}\n`);
    return result;
  });
  return made === 'empty' ? undefined : { ...made, file, isNew: true };
}

/** Half a layer is never there (replaceDir), but people and disks damage caches: a size that does not fit makes it anew. Digests are checked where a layer leaves the cache. */
function readKept(dir: string, file: string): Compressed | 'empty' | undefined {
  try {
    const kept = JSON.parse(fs.readFileSync(path.join(dir, 'layer.json'), 'utf8')) as Partial<Compressed> | 'empty';
    if (kept === 'empty') return kept;
    const isWhole = [kept.digest, kept.diffId].every((id) => /^sha256:[0-9a-f]{64}$/.test(id ?? ''));
    return isWhole && fs.statSync(file).size === kept.size ? (kept as Compressed) : undefined;
  } catch {
    return undefined;
  }
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
