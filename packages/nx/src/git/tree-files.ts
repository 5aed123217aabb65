import type { TreeEntry } from '@kdcube/release/internal';
import { readBlobs } from './blobs';
import type { GitStore } from './mirror/store';
import { listTree } from './tree';

/** The regular files of a tree: no links, no submodules. */
export async function listFiles(store: GitStore, tree: string): Promise<TreeEntry[]> {
  return (await listTree(store, tree)).filter(({ mode }) => mode.startsWith('100'));
}

/** Reads files in their order, each up to `maxBytes`; of a larger one, its beginning. */
export async function* readFiles<File extends Pick<TreeEntry, 'oid'>>(
  store: GitStore,
  files: readonly File[],
  maxBytes = Infinity,
): AsyncGenerator<{ file: File; content: Buffer; size: number }> {
  let next = 0;
  for await (const { size, chunks } of readBlobs(
    store,
    files.map(({ oid }) => oid),
  ))
    yield { file: files[next++]!, content: await firstBytes(chunks, maxBytes), size };
}

async function firstBytes(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    if (size < maxBytes) parts.push(chunk);
    size += chunk.length;
  }
  const all = Buffer.concat(parts);
  return all.length > maxBytes ? all.subarray(0, maxBytes) : all;
}
