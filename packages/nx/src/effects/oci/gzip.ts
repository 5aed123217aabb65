import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Gzip } from 'fflate';

export interface Compressed {
  /** Of the compressed bytes, as `sha256:…`. */
  digest: string;
  /** Of the bytes before compression. */
  diffId: string;
  /** Of the compressed bytes. */
  size: number;
}

/** What goes into the compressor at once. Its output depends on it, so the pieces of a stream are cut anew. */
const PIECE = 65_536;

/**
 * Compresses a stream into a file, which must not be there, in bounded memory. The bytes are the same on every machine: the compressor is JavaScript (Node's own zlib is another one in
 * every build of Node), of one exact version, and fed in pieces of one size. What it wrote is unpacked again while it is written, and compared.
 */
export async function gzipTo(file: string, source: AsyncIterable<Uint8Array>): Promise<Compressed> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const check = unpackedHash();
  const handle = await fs.promises.open(file, 'wx');
  let size = 0;
  let ready: Uint8Array[] = [];
  const gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => ready.push(chunk));
  try {
    const push = async (piece: Uint8Array, last: boolean): Promise<void> => {
      plain.update(piece);
      gzip.push(piece, last);
      for (const chunk of ready) {
        packed.update(chunk);
        size += chunk.length;
        await handle.writeFile(chunk);
        await check.write(chunk);
      }
      ready = [];
    };
    for await (const piece of pieces(source)) await push(piece, false);
    await push(new Uint8Array(0), true);
  } catch (error) {
    check.stop();
    throw error;
  } finally {
    await handle.close();
  }
  const diffId = `sha256:${plain.digest('hex')}`;
  if ((await check.end()) !== diffId) throw new Error(`${file} was not compressed faithfully`);
  return { digest: `sha256:${packed.digest('hex')}`, diffId, size };
}

/** The stream in pieces of one size; the last one may be shorter. */
export async function* pieces(source: AsyncIterable<Uint8Array>, size = PIECE): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(size);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - filled);
      piece.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < size) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function unpackedHash(): { write(chunk: Uint8Array): Promise<void>; end(): Promise<string>; stop(): void } {
  const gunzip = createGunzip();
  const hash = createHash('sha256');
  gunzip.on('data', (chunk: Buffer) => void hash.update(chunk));
  const done = new Promise<string>((resolve, reject) => {
    gunzip.once('end', () => resolve(`sha256:${hash.digest('hex')}`));
    gunzip.once('error', reject);
  });
  // Looked at in end(); without a listener in between, Node would call it unhandled.
  done.catch(() => undefined);
  return {
    // A stream that failed calls back too: the failure is end()'s.
    write: (chunk) => new Promise((resolve) => gunzip.write(chunk, () => resolve())),
    end: () => {
      gunzip.end();
      return done;
    },
    stop: () => void gunzip.destroy(),
  };
}
