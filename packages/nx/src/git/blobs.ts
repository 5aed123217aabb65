import { createHash, type Hash } from 'node:crypto';
import { KdcubeError } from '@kdcube/release/internal';
import type { GitStore } from './mirror/store';
import { gitStream } from './git';
import { objectReader } from './objects';
import { recentValues } from '../system/recent-values';
import { inOneChunk } from '../system/chunks';

/** One blob while it is read. Read `chunks` before you request the next blob, or not at all. */
export interface BlobContent {
  oid: string;
  /** Bytes. */
  size: number;
  chunks: AsyncIterable<Buffer>;
}

/** Blobs up to this size are read whole, in batches of up to this total size. Bytes. */
const BATCH_BYTES = 1024 * 1024;

/** Recently verified blobs: a bundle's blobs are scanned for secrets, then put into a layer. In bytes; an empty blob counts too. */
const recent = recentValues<Buffer>(16 * BATCH_BYTES, ({ length }) => length + 100);

/**
 * Reads blobs in the given order (an id may occur twice). Large blobs are streamed, never held in memory as a whole. The content is
 * verified against the blob's id. Problem `command-failed` if it does not match, or if the blob is missing.
 */
export async function* readBlobs(store: GitStore, oids: readonly string[]): AsyncGenerator<BlobContent> {
  const sizes = await blobSizes(store, oids);
  for (let index = 0; index < oids.length;) {
    const together = nextBatch(oids, index, sizes);
    if (together.length === 0) {
      const oid = oids[index]!;
      yield* streamContent(store, oid, sizes.get(oid)!);
      index += 1;
      continue;
    }
    for (const [at, content] of (await readWhole(store, together)).entries())
      yield { oid: together[at]!, size: content.length, chunks: inOneChunk(content) };
    index += together.length;
  }
}

/** The verified content of small blobs. Recently read blobs come from memory. */
async function readWhole(store: GitStore, oids: readonly string[]): Promise<Buffer[]> {
  const contents = new Map(oids.map((oid) => [oid, recent.get(oid)]));
  const unread = [...contents.keys()].filter((oid) => contents.get(oid) === undefined);
  const found = await objectReader(store.context).read(unread);
  for (const [at, object] of found.entries()) {
    const oid = unread[at]!;
    if (object?.oid !== oid || object.type !== 'blob') throw missingBlob(oid);
    requireId(blobHash(oid, object.size).update(object.content), oid);
    contents.set(oid, object.content);
    recent.set(oid, object.content);
  }
  return oids.map((oid) => contents.get(oid)!);
}

/** The sizes of blobs. Problem `command-failed` if one is missing. */
export async function blobSizes(store: GitStore, oids: readonly string[]): Promise<Map<string, number>> {
  const unique = [...new Set(oids)];
  const found = await objectReader(store.context).info(unique);
  const sizes = unique.map((oid, index): [string, number] => {
    const info = found[index];
    if (info?.oid !== oid || info.type !== 'blob') throw missingBlob(oid);
    return [oid, info.size];
  });
  return new Map(sizes);
}

/** The next small blobs, up to the batch size. */
function nextBatch(oids: readonly string[], from: number, sizes: ReadonlyMap<string, number>): string[] {
  let bytes = 0;
  let end = from;
  while (end < oids.length && (bytes += sizes.get(oids[end]!)!) <= BATCH_BYTES) end += 1;
  return oids.slice(from, end);
}

async function* streamContent(store: GitStore, oid: string, size: number): AsyncGenerator<BlobContent> {
  const source = gitStream(store.context, ['cat-file', 'blob', oid]);
  const chunks = verifyContent(source, oid, size);
  yield { oid, size, chunks };
  for await (const rest of chunks) void rest;
}

function missingBlob(oid: string): KdcubeError {
  return new KdcubeError({ code: 'command-failed', message: `The repository has no blob ${oid}.` });
}

async function* verifyContent(chunks: AsyncIterable<Buffer>, oid: string, size: number): AsyncGenerator<Buffer> {
  const hash = blobHash(oid, size);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  requireId(hash, oid);
}

function blobHash(oid: string, size: number): Hash {
  return createHash(oid.length === 64 ? 'sha256' : 'sha1').update(`blob ${size}\0`);
}

function requireId(hash: Hash, oid: string): void {
  if (hash.digest('hex') !== oid) throw new KdcubeError({ code: 'command-failed', message: `The git object ${oid} is corrupt.` });
}
