import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { crc32, createGunzip, gunzipSync } from 'node:zlib';
import { BLOCK, deflater } from './deflate';

export interface Compressed {
  /** Of the compressed bytes, as `sha256:…`. */
  digest: string;
  /** Of the bytes before compression. */
  diffId: string;
  /** Of the compressed bytes. */
  size: number;
}

/** Up to here a stream is compressed, checked and written at once: for most layers, all between would cost more than the work. Bytes. */
const SMALL = 8 * BLOCK;

/**
 * Compresses a stream into a file, which must not be there, in bounded memory. The bytes are the same on every machine: the compressor is ours (Node's own zlib is another one in
 * every build of Node), and it is fed in pieces of one size. What it wrote is unpacked again, and compared.
 */
export async function gzipTo(file: string, source: AsyncIterable<Uint8Array>): Promise<Compressed> {
  const gzip = gzipper();
  const head: Buffer[] = [];
  let size = 0;
  const rest = pieces(source, BLOCK);
  while (size <= SMALL) {
    const { value, done } = await rest.next();
    if (done) return writeSmall(file, head, gzip);
    head.push(Buffer.from(value));
    size += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* head.splice(0);
    yield* rest;
  }
  return writeStream(file, all(), gzip);
}

/** Compresses what is small and in memory: the same bytes on every machine. */
export function gzipped(bytes: Uint8Array): Buffer {
  const gzip = gzipper();
  const packed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK) packed.push(...gzip.push(bytes.subarray(at, at + BLOCK)));
  return Buffer.concat([...packed, ...gzip.end()]);
}

async function writeSmall(file: string, pieces: readonly Buffer[], gzip: Gzipper): Promise<Compressed> {
  const packed = Buffer.concat([...pieces.flatMap((piece) => gzip.push(piece)), ...gzip.end()]);
  const result = { ...gzip.result(), size: packed.length };
  const unpacked = createHash('sha256').update(gunzipSync(packed)).digest('hex');
  if (`sha256:${unpacked}` !== result.diffId) throw unfaithful(file);
  await fs.promises.writeFile(file, packed, { flag: 'wx' });
  return result;
}

async function writeStream(file: string, pieces: AsyncIterable<Uint8Array>, gzip: Gzipper): Promise<Compressed> {
  const check = unpackedHash();
  const handle = await fs.promises.open(file, 'wx');
  let size = 0;
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    for (const chunk of chunks) {
      size += chunk.length;
      await handle.writeFile(chunk);
      await check.write(chunk);
    }
  };
  try {
    for await (const piece of pieces) await write(gzip.push(piece));
    await write(gzip.end());
  } catch (error) {
    check.stop();
    throw error;
  } finally {
    await handle.close();
  }
  const result = { ...gzip.result(), size };
  if ((await check.end()) !== result.diffId) throw unfaithful(file);
  return result;
}

function unfaithful(file: string): Error {
  return new Error(`${file} was not compressed faithfully`);
}

interface Gzipper {
  /** A piece of BLOCK bytes; only the last one may be shorter. */
  push(piece: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
  result(): Pick<Compressed, 'digest' | 'diffId'>;
}

/** RFC 1952, without a name or a time, for no system in particular. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

function gzipper(): Gzipper {
  const deflate = deflater();
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let crc = 0;
  let size = 0;
  let held: Buffer | undefined;
  const out = (...chunks: Uint8Array[]): Uint8Array[] => {
    for (const chunk of chunks) packed.update(chunk);
    return chunks;
  };
  // The last piece is told apart when the end is known: so one is always held back.
  const pushHeld = (isLast: boolean): Uint8Array => deflate.push(held ?? new Uint8Array(0), isLast);
  return {
    push(piece) {
      const before = held === undefined ? [HEADER] : [pushHeld(false)];
      held = Buffer.from(piece);
      plain.update(piece);
      crc = crc32(piece, crc);
      size += piece.length;
      return out(...before);
    },
    end() {
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(crc, 0);
      trailer.writeUInt32LE(size % 2 ** 32, 4);
      return out(...(held === undefined ? [HEADER] : []), pushHeld(true), trailer);
    },
    result: () => ({ digest: hex(packed), diffId: hex(plain) }),
  };
}

function hex(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

/** The stream in pieces of one size; the last one may be shorter. */
export async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
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
