/** One entry of a tar. `path` has no leading or trailing `/`. `mode` includes setuid, setgid and sticky. */
export type TarEntry = { path: string; uid: number; gid: number } & (
  | { kind: 'folder'; mode: number }
  | { kind: 'file'; mode: number; size: number; chunks: AsyncIterable<Uint8Array> }
  | { kind: 'link'; target: string }
);

/** The modification time of every entry, in seconds: 1980-01-01, as in a staged bundle. */
const TIME = 315_532_800;
const BLOCK = 512;
const TYPES = { file: '0', link: '2', folder: '5', more: 'x' } as const;

/**
 * A reproducible tar: no owner names, one modification time, and a pax header where ustar has no room (long or non-ASCII names, large numbers). Only one chunk is in memory.
 * Throws an Error for entries that are out of order or duplicated, and for a file whose content does not match its size.
 */
export async function* tarOf(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  let last = '';
  for await (const entry of entries) {
    const order = entry.path.replaceAll('/', '\0');
    if (order <= last) throw new Error(`${entry.path} is not in order`);
    last = order;
    yield headerOf(entry);
    if (entry.kind !== 'file') continue;
    let written = 0;
    for await (const chunk of entry.chunks) {
      written += chunk.length;
      if (written > entry.size) break;
      yield chunk;
    }
    if (written !== entry.size) throw new Error(`${entry.path} changed while it was read: it had ${entry.size} bytes`);
    yield Buffer.alloc(paddingOf(entry.size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(entry: TarEntry): Buffer {
  const name = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  const size = entry.kind === 'file' ? entry.size : 0;
  const records = [
    ...(fitsUstar(name) ? [] : [record('path', name)]),
    ...(fitsUstar(target) ? [] : [record('linkpath', target)]),
    ...(size < 8 ** 11 ? [] : [record('size', String(size))]),
    ...(entry.uid < 8 ** 7 ? [] : [record('uid', String(entry.uid))]),
    ...(entry.gid < 8 ** 7 ? [] : [record('gid', String(entry.gid))]),
  ];
  const mode = entry.kind === 'link' ? 0o777 : entry.mode;
  const header = block({ name, mode, uid: entry.uid, gid: entry.gid, size, type: TYPES[entry.kind], target });
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const before = block({ name: 'pax', mode: 0o644, uid: 0, gid: 0, size: body.length, type: TYPES.more, target: '' });
  return Buffer.concat([before, body, Buffer.alloc(paddingOf(body.length)), header]);
}

interface Fields {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  type: string;
  target: string;
}

/** One header block. A value that does not fit is in the preceding pax header, and is truncated or 0 here. */
function block({ name, mode, uid, gid, size, type, target }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name.replace(/[^\x20-\x7e]/g, '_').slice(0, 100), 0, 'latin1');
  octal(header, mode, 100, 8);
  octal(header, uid, 108, 8);
  octal(header, gid, 116, 8);
  octal(header, size, 124, 12);
  octal(header, TIME, 136, 12);
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write(target.replace(/[^\x20-\x7e]/g, '_').slice(0, 100), 157, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  octal(header, 0, 329, 8);
  octal(header, 0, 337, 8);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(header: Buffer, value: number, at: number, length: number): void {
  const digits = value < 8 ** (length - 1) ? value.toString(8) : '0';
  header.write(digits.padStart(length - 1, '0'), at, 'latin1');
}

/** `<length> key=value\n`. The length includes its own digits. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'utf8');
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length), 'latin1'), rest]);
}

function fitsUstar(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
