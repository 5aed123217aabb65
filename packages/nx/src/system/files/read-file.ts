import * as fs from 'node:fs';

/** The content of a file that others may have written, or why it cannot be read. Never blocks, unlike a plain read of a FIFO. */
export type FileContent =
  | { kind: 'content'; bytes: Buffer; modifiedAt: number }
  | { kind: 'missing' }
  | { kind: 'too-large'; size: number }
  | { kind: 'unreadable'; reason: string };

/** Reads a regular file of at most `maxBytes`, synchronously. */
export function readRegularFile(file: string, maxBytes: number): FileContent {
  let handle: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    handle = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const stat = fs.fstatSync(handle);
    if (!stat.isFile()) return { kind: 'unreadable', reason: `it is ${fileKind(stat)}` };
    if (stat.size > maxBytes) return { kind: 'too-large', size: stat.size };
    const bytes = readAtMost(handle, stat.size, maxBytes + 1);
    // Files in /proc and growing files have more bytes than their size says.
    if (bytes.length > maxBytes) return { kind: 'too-large', size: bytes.length };
    return { kind: 'content', bytes, modifiedAt: stat.mtimeMs };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    // Without the path: if the user passes a signing key as a path, it must not appear in a log.
    return { kind: 'unreadable', reason: REASONS[code ?? ''] ?? message.split(', open ')[0]! };
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link to itself',
  ENAMETOOLONG: 'no path is that long',
  // Linux returns it for the socket of another program.
  ENXIO: 'it is a socket or a device',
};

function fileKind(stat: fs.Stats): string {
  if (stat.isDirectory()) return 'a folder';
  return stat.isFIFO() ? 'a FIFO' : 'a device or a socket';
}

function readAtMost(handle: number, expected: number, most: number): Buffer {
  const chunks: Buffer[] = [];
  for (let size = 0; size < most;) {
    // One byte more than expected, to detect the end of the file.
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(CHUNK, expected + 1 - size), most - size));
    const read = fs.readSync(handle, chunk, 0, chunk.length, null);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    size += read;
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const CHUNK = 64 * 1024;
