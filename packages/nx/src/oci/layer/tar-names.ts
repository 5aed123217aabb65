/** One name in a layer. Paths are absolute. `gone`: the layer deletes it; `emptied`: it deletes what the layers below have in it. */
export interface TarName {
  path: string;
  kind: 'folder' | 'file' | 'link' | 'gone' | 'emptied';
  /** Of a link as it is written; of a hard link the path that it shares a file with. */
  target?: string;
  /** Of a folder: its mode, and its owner's numbers. */
  mode?: number;
  uid?: number;
  gid?: number;
}

const BLOCK = 512;
/** A header that tells of another one (long names) is never longer. */
const MOST_META = 1024 * 1024;

/** The names in a layer's tar; contents are skipped, never held. Reads ustar, pax and GNU's long names. Throws an Error where it is no tar. */
export async function* namesIn(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarName> {
  const reader = readerOf(source);
  let more: { path?: string; linkpath?: string; size?: string; uid?: string; gid?: string } = {};
  for (;;) {
    const header = await reader.take(BLOCK);
    if (!header || header.every((byte) => byte === 0)) break;
    if (!hasSum(header)) throw new Error('a layer of the base is not a tar');
    const type = text(header, 156, 1);
    const size =
      type === 'x' || type === 'L' || type === 'K' ? number(header, 124, 12) : Number(more.size ?? number(header, 124, 12));
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ('xgLK'.includes(type) && type !== '') {
      if (size > MOST_META) throw new Error('a header in a layer of the base is larger than any');
      const body = ((await reader.take(padded)) ?? Buffer.alloc(0)).subarray(0, size);
      if (type === 'x') more = { ...more, ...pax(body) };
      if (type === 'L') more.path = cString(body);
      if (type === 'K') more.linkpath = cString(body);
      continue;
    }
    const prefix = text(header, 257, 6).startsWith('ustar') ? text(header, 345, 155) : '';
    const name = more.path ?? (prefix ? `${prefix}/${text(header, 0, 100)}` : text(header, 0, 100));
    const target = more.linkpath ?? text(header, 157, 100);
    const owner = { uid: Number(more.uid ?? number(header, 108, 8)), gid: Number(more.gid ?? number(header, 116, 8)) };
    more = {};
    await reader.skip(padded);
    const named = nameOf(name, type, target);
    yield named.kind === 'folder' ? { ...named, mode: number(header, 100, 8) & 0o7777, ...owner } : named;
  }
  // To the end, so that the digest of what was read is that of all.
  await reader.rest();
}

function nameOf(written: string, type: string, target: string): TarName {
  const path = clean(written);
  const base = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (base === '.wh..wh..opq') return { path: folder, kind: 'emptied' };
  if (base.startsWith('.wh.')) return { path: clean(`${folder}/${base.slice(4)}`), kind: 'gone' };
  if (type === '5' || (written.endsWith('/') && (type === '0' || type === ''))) return { path, kind: 'folder' };
  if (type === '2') return { path, kind: 'link', target };
  if (type === '1') return { path, kind: 'file', target: clean(target) };
  return { path, kind: 'file' };
}

function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function pax(body: Buffer): Record<string, string> {
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

function hasSum(header: Buffer): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return number(header, 148, 8) === sum;
}

/** Octal, or from 8 GiB on GNU's binary form. */
function number(header: Buffer, at: number, length: number): number {
  // Of the eight bytes of an owner, the first one holds the mark itself.
  if (header[at]! & 0x80) return Number(header.readBigUInt64BE(at + length - 8) & 0x7fff_ffff_ffff_ffffn);
  return parseInt(text(header, at, length).trim() || '0', 8);
}

function text(header: Buffer, at: number, length: number): string {
  return cString(header.subarray(at, at + length));
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function readerOf(source: AsyncIterable<Uint8Array>): {
  take(count: number): Promise<Buffer | undefined>;
  skip(count: number): Promise<void>;
  rest(): Promise<void>;
} {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const next = async (): Promise<boolean> => {
    const { value, done } = await chunks.next();
    if (!done) held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value]);
    return !done;
  };
  return {
    async take(count) {
      while (held.length < count) if (!(await next())) return undefined;
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    async skip(count) {
      for (let left = count; left > 0;) {
        if (held.length === 0 && !(await next())) return;
        const part = Math.min(left, held.length);
        held = held.subarray(part);
        left -= part;
      }
    },
    async rest() {
      do held = Buffer.alloc(0);
      while (await next());
    },
  };
}
