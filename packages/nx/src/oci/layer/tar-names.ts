/** One name in a layer. Paths are absolute. `whiteout`: the layer deletes it; `opaque`: the layer hides the content of this folder in the layers below. */
export interface TarName {
  path: string;
  kind: 'folder' | 'file' | 'link' | 'whiteout' | 'opaque';
  /** Of a symlink: its target as written. Of a hard link: the path of the file that it links to. */
  target?: string;
  /** Of a folder: its mode and its numeric owner. */
  mode?: number;
  uid?: number;
  gid?: number;
}

const BLOCK = 512;
/** The limit of a pax or GNU extension header. Bytes. */
const MAX_META_SIZE = 1024 * 1024;

/** One entry of a tar, as it is written there. */
interface TarHeader {
  name: string;
  /** ustar's type: `0` or empty for a file, `1` a hard link, `2` a symlink, `5` a folder. */
  type: string;
  target: string;
  mode: number;
  uid: number;
  gid: number;
}

/** Reads the names in a layer's tar. Throws an Error if it is not a tar. */
export async function* readTarNames(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarName> {
  for await (const { name, type, target, mode, uid, gid } of readTarHeaders(source)) {
    const named = toTarName(name, type, target);
    yield named.kind === 'folder' ? { ...named, mode, uid, gid } : named;
  }
}

/** Reads the headers of a tar. File contents are skipped, not buffered. Supports ustar, pax and GNU long names. Throws an Error if it is not a tar. */
export async function* readTarHeaders(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarHeader> {
  const reader = createReader(source);
  let extended: { path?: string; linkpath?: string; size?: string; uid?: string; gid?: string } = {};
  for (;;) {
    const header = await reader.read(BLOCK);
    if (!header || header.every((byte) => byte === 0)) break;
    if (!hasValidChecksum(header)) throw new Error('it is not a tar');
    const type = textAt(header, 156, 1);
    const size =
      type === 'x' || type === 'L' || type === 'K'
        ? numberAt(header, 124, 12)
        : Number(extended.size ?? numberAt(header, 124, 12));
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ('xgLK'.includes(type) && type !== '') {
      if (size > MAX_META_SIZE) throw new Error('a tar header exceeds the size limit');
      const body = ((await reader.read(padded)) ?? Buffer.alloc(0)).subarray(0, size);
      if (type === 'x') extended = { ...extended, ...parsePax(body) };
      if (type === 'L') extended.path = cString(body);
      if (type === 'K') extended.linkpath = cString(body);
      continue;
    }
    const prefix = textAt(header, 257, 6).startsWith('ustar') ? textAt(header, 345, 155) : '';
    const name = extended.path ?? (prefix ? `${prefix}/${textAt(header, 0, 100)}` : textAt(header, 0, 100));
    const target = extended.linkpath ?? textAt(header, 157, 100);
    const owner = {
      uid: Number(extended.uid ?? numberAt(header, 108, 8)),
      gid: Number(extended.gid ?? numberAt(header, 116, 8)),
    };
    extended = {};
    await reader.skip(padded);
    yield { name, type, target, mode: numberAt(header, 100, 8) & 0o7777, ...owner };
  }
  // The caller computes the digest of the whole stream.
  await reader.drain();
}

function toTarName(written: string, type: string, target: string): TarName {
  const path = normalizePath(written);
  const base = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (base === '.wh..wh..opq') return { path: folder, kind: 'opaque' };
  if (base.startsWith('.wh.')) return { path: normalizePath(`${folder}/${base.slice(4)}`), kind: 'whiteout' };
  if (type === '5' || (written.endsWith('/') && (type === '0' || type === ''))) return { path, kind: 'folder' };
  if (type === '2') return { path, kind: 'link', target };
  if (type === '1') return { path, kind: 'file', target: normalizePath(target) };
  return { path, kind: 'file' };
}

function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function parsePax(body: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < body.length;) {
    const length = parseInt(body.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(body.toString('utf8', at, at + length)) ?? [];
    if (key !== undefined) records[key] = value!;
    at += length;
  }
  return records;
}

function hasValidChecksum(header: Buffer): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return numberAt(header, 148, 8) === sum;
}

/** Octal, or GNU's binary form for large numbers. */
function numberAt(header: Buffer, at: number, length: number): number {
  // The flag is in the first byte, which also has bits of the value in an owner field.
  if (header[at]! & 0x80) return Number(header.readBigUInt64BE(at + length - 8) & 0x7fff_ffff_ffff_ffffn);
  return parseInt(textAt(header, at, length).trim() || '0', 8);
}

function textAt(header: Buffer, at: number, length: number): string {
  return cString(header.subarray(at, at + length));
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function createReader(source: AsyncIterable<Uint8Array>): {
  read(count: number): Promise<Buffer | undefined>;
  skip(count: number): Promise<void>;
  drain(): Promise<void>;
} {
  const chunks = source[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);
  const next = async (): Promise<boolean> => {
    const { value, done } = await chunks.next();
    if (!done) buffered = buffered.length === 0 ? Buffer.from(value) : Buffer.concat([buffered, value]);
    return !done;
  };
  return {
    async read(count) {
      while (buffered.length < count) if (!(await next())) return undefined;
      const bytes = buffered.subarray(0, count);
      buffered = buffered.subarray(count);
      return bytes;
    },
    async skip(count) {
      for (let left = count; left > 0;) {
        if (buffered.length === 0 && !(await next())) return;
        const part = Math.min(left, buffered.length);
        buffered = buffered.subarray(part);
        left -= part;
      }
    },
    async drain() {
      do buffered = Buffer.alloc(0);
      while (await next());
    },
  };
}
