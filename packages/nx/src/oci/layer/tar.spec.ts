import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tarOf, type TarEntry } from './tar';
import { readTarNames, type TarName } from './tar-names';

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

function file(path: string, text: string, more: { size?: number; mode?: number; uid?: number } = {}): TarEntry {
  return {
    kind: 'file',
    path,
    uid: more.uid ?? 0,
    gid: 0,
    mode: more.mode ?? 0o644,
    size: more.size ?? text.length,
    chunks: once(text),
  };
}

async function bytesOf(entries: TarEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarOf(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const LONG = `${'long/'.repeat(30)}name`;
const ENTRIES = (): TarEntry[] => [
  { kind: 'folder', path: 'a', uid: 1000, gid: 50, mode: 0o1777 },
  file('a/b', 'hello'),
  file('a/c', 'x'.repeat(512), { mode: 0o4755, uid: 3_000_000 }),
  { kind: 'link', path: 'a/l', uid: 0, gid: 0, target: '../ä' },
  { kind: 'link', path: 'a/m', uid: 0, gid: 0, target: LONG },
  file('a-b', ''),
  file(LONG, 'long'),
  file('ü', 'u'),
];

test('GNU tar can read it', async () => {
  const listing = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '--quoting-style=literal', '-tvf', '-'], {
    input: await bytesOf(ENTRIES()),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  const time = '1980-01-01 00:00:00';
  expect(
    listing
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    `drwxrwxrwt 1000/50 0 ${time} a/`,
    `-rw-r--r-- 0/0 5 ${time} a/b`,
    `-rwsr-xr-x 3000000/0 512 ${time} a/c`,
    `lrwxrwxrwx 0/0 0 ${time} a/l -> ../ä`,
    `lrwxrwxrwx 0/0 0 ${time} a/m -> ${LONG}`,
    `-rw-r--r-- 0/0 0 ${time} a-b`,
    `-rw-r--r-- 0/0 4 ${time} ${LONG}`,
    `-rw-r--r-- 0/0 1 ${time} ü`,
  ]);
});

test('is reproducible on every machine', async () => {
  const bytes = await bytesOf(ENTRIES());
  expect(bytes.length % 512).toBe(0);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    'ea30080715af643293d48406377469d21e9bd44c7261e08e656a4fee72eab2e7',
  );
});

test('rejects entries that are out of order or duplicated, and files that change while they are read', async () => {
  await expect(bytesOf([file('b', ''), file('a', '')])).rejects.toThrow('a is not in order');
  await expect(bytesOf([file('a', ''), file('a', '')])).rejects.toThrow('a is not in order');
  await expect(bytesOf([file('a', 'xy', { size: 1 })])).rejects.toThrow('a changed while it was read');
  await expect(bytesOf([file('a', 'xy', { size: 3 })])).rejects.toThrow('a changed while it was read');
});

describe('readTarNames', () => {
  const names = async (bytes: Buffer): Promise<TarName[]> => {
    const found: TarName[] = [];
    // In small pieces, so that every header is split.
    async function* cut(): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
    }
    for await (const name of readTarNames(cut())) found.push(name);
    return found;
  };
  test('reads our own tar', async () => {
    expect(await names(await bytesOf(ENTRIES()))).toEqual([
      { path: '/a', kind: 'folder', mode: 0o1777, uid: 1000, gid: 50 },
      { path: '/a/b', kind: 'file' },
      { path: '/a/c', kind: 'file' },
      { path: '/a/l', kind: 'link', target: '../ä' },
      { path: '/a/m', kind: 'link', target: LONG },
      { path: '/a-b', kind: 'file' },
      { path: `/${LONG}`, kind: 'file' },
      { path: '/ü', kind: 'file' },
    ]);
  });
  test.each(['gnu', 'pax', 'ustar'])('reads GNU tar: %s', async (format) => {
    const script = `cd "$(mktemp -d)" && mkdir -p d/${'n'.repeat(60)}/${'m'.repeat(60)} && touch d/${'n'.repeat(60)}/${'m'.repeat(60)}/f d/.wh.gone d/.wh..wh..opq && ln d/.wh.gone d/hard && chmod 711 d && tar --format=${format} --owner=7 --group=8 --sort=name -cf - ./d`;
    const found = await names(execFileSync('bash', ['-c', script]));
    expect(found).toEqual(
      expect.arrayContaining([
        { path: '/d', kind: 'folder', mode: 0o711, uid: 7, gid: 8 },
        { path: `/d/${'n'.repeat(60)}/${'m'.repeat(60)}/f`, kind: 'file' },
        { path: '/d', kind: 'opaque' },
        { path: '/d/gone', kind: 'whiteout' },
      ]),
    );
  });
  test.each(['gnu', 'pax'])('reads owners with large numbers: %s', async (format) => {
    const script = `cd "$(mktemp -d)" && mkdir d && tar --format=${format} --owner=:3000000 --group=:4000000 -cf - d`;
    expect(await names(execFileSync('bash', ['-c', script]))).toEqual([
      { path: '/d', kind: 'folder', mode: 0o755, uid: 3_000_000, gid: 4_000_000 },
    ]);
  });
  test('rejects anything else', async () => {
    await expect(names(Buffer.alloc(1024, 'x'))).rejects.toThrow('not a tar');
  });
});
