import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { gzipSync } from 'fflate';

export interface Compressed {
  /** Of the compressed bytes, as `sha256:…`. */
  digest: string;
  /** Of the bytes before compression. */
  diffId: string;
  /** Bytes before compression. */
  plainSize: number;
  /** Of the compressed bytes. */
  size: number;
}

/**
 * The output of Node's zlib differs between builds; fflate's is the same on every machine. It depends on fflate's version (pinned in package.json), these settings and PIECE:
 * if one of them changes, raise RECIPE in @kdcube/release and LAYER_RECIPE here.
 */
const SETTINGS = { level: 6, mem: 4, mtime: 0 } as const;

/**
 * The size of one compressed piece, in bytes. Each piece is a gzip member of its own (RFC 1952, 2.2), as in eStargz: fflate's streaming classes write distances that are too far back
 * (https://github.com/101arrowz/fflate/issues/260), `gzipSync` does not.
 */
export const PIECE = 524_288;

/** Compresses a stream into a new file, in bounded memory. Reproducible on every machine. */
export async function gzipTo(file: string, source: AsyncIterable<Uint8Array>): Promise<Compressed> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let size = 0;
  let plainSize = 0;
  const handle = await fs.promises.open(file, 'wx');
  try {
    for await (const piece of pieces(source, PIECE)) {
      const member = gzipped(piece);
      plain.update(piece);
      packed.update(member);
      size += member.length;
      plainSize += piece.length;
      await handle.writeFile(member);
    }
  } finally {
    await handle.close();
  }
  return { digest: `sha256:${packed.digest('hex')}`, diffId: `sha256:${plain.digest('hex')}`, size, plainSize };
}

/** Compresses bytes in memory. Reproducible on every machine. The result is decompressed and compared, so that no corrupt layer is pushed. */
export function gzipped(bytes: Uint8Array): Buffer {
  const packed = Buffer.from(gzipSync(bytes, SETTINGS));
  if (!gunzipSync(packed).equals(bytes)) throw new Error('The compressed bytes do not decompress to the original bytes.');
  return packed;
}

/** The stream in pieces of one size. The last one may be shorter; an empty stream is one empty piece. A piece is valid until the next one is read. */
export async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(size);
  let filled = 0;
  let count = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - filled);
      piece.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < size) continue;
      yield piece;
      filled = 0;
      count += 1;
    }
  }
  if (filled > 0 || count === 0) yield piece.subarray(0, filled);
}
