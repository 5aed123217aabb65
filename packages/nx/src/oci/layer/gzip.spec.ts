import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { gzipTo, PIECE, pieces } from './gzip';

let dir: string;
beforeAll(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-gzip-'))));
afterAll(() => fs.rmSync(dir, { recursive: true }));

/** Text and noise, the same in every run. */
function data(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let at = 0; at < size; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[at] = at % 4096 < 3000 ? 97 + (at % 17) : state >>> 16;
  }
  return bytes;
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const sha = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test.each([0, 1, 65_535, 65_536, 65_537, PIECE - 1, PIECE, PIECE + 1, 1_200_000])(
  '%d bytes are restored, however they are chunked',
  async (size) => {
    const bytes = data(size);
    const results = [];
    for (const piece of [100_000, 4096, 65_536, 7777, 600_000]) {
      const file = path.join(dir, `${size}-${piece}`);
      const result = await gzipTo(file, cut(bytes, piece));
      const written = fs.readFileSync(file);
      expect(gunzipSync(written).equals(bytes)).toBe(true);
      expect(result).toEqual({ digest: sha(written), diffId: sha(bytes), size: written.length, plainSize: bytes.length });
      results.push(result.digest);
    }
    expect(new Set(results).size).toBe(1);
  },
);

/** Numbers that are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function noise(size: number, seed = 1, letters = 256): Buffer {
  const next = numbers(seed);
  return Buffer.from(Uint8Array.from({ length: size }, () => next(letters)));
}

/** Lines of text in which words repeat as in source code. */
function lines(count: number): Buffer {
  const next = numbers(3);
  const vocabulary = 'def return self import from class value name path if else for in None True config await async'.split(' ');
  const line = (): string =>
    `${' '.repeat(next(9))}${Array.from({ length: 3 + next(6) }, () => vocabulary[next(vocabulary.length)]).join(' ')} ${next(9999)}\n`;
  return Buffer.from(Array.from({ length: count }, line).join(''));
}

const TEXT = lines(12_000);

let files = 0;
async function gzipped(bytes: Buffer): Promise<Buffer> {
  const file = path.join(dir, `case-${(files += 1)}`);
  await gzipTo(file, cut(bytes, 50_000));
  return fs.readFileSync(file);
}

const CASES: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['three bytes', Buffer.from('abc')],
  ['the same byte for three pieces', Buffer.alloc(3 * PIECE, 'x')],
  ['noise', noise(2 * PIECE + 17)],
  ['noise, two pieces exactly', noise(2 * PIECE)],
  ['two letters', noise(200_000, 7, 2)],
  // fflate's streaming classes write a broken stream for these (its issue 260).
  ['a period of 512 bytes', noise(3 * 65_536, 7, 2)],
  ['text', TEXT],
  [
    'text twice, as far apart as a repetition may be',
    Buffer.concat([TEXT.subarray(0, 32_000), noise(760), TEXT.subarray(0, 32_000)]),
  ],
  ['a repetition that crosses pieces', Buffer.concat([noise(PIECE - 50), Buffer.alloc(200, 'ab'), noise(100)])],
  ['the longest repetition', Buffer.concat([noise(300, 3), noise(300, 4), noise(300, 3), Buffer.from('.')])],
  [
    'all bytes, with very different counts',
    Buffer.concat([...Array(24).keys()].map((bits) => Buffer.alloc(2 ** Math.min(bits, 18), bits))),
  ],
  [
    'many pieces of text and noise',
    Buffer.concat([...Array(9).keys()].flatMap((seed) => [TEXT.subarray(seed * 999, 60_000), noise(40_000, seed)])),
  ],
];

test.each(CASES)('decompresses to the same bytes: %s', async (_, bytes) => {
  expect(gunzipSync(await gzipped(bytes)).equals(bytes)).toBe(true);
});

test('decompresses 500 random inputs to the same bytes', async () => {
  const next = numbers(42);
  for (let round = 0; round < 500; round += 1) {
    const parts = Array.from({ length: next(12) }, () => {
      const from = next(TEXT.length);
      return next(3) === 0 ? noise(next(400), round + 1, 1 + next(256)) : TEXT.subarray(from, from + next(5000));
    });
    const bytes = Buffer.concat([...parts, ...parts.slice(0, next(3))]);
    if (!gunzipSync(await gzipped(bytes)).equals(bytes)) throw new Error(`round ${round}`);
  }
});

// They depend on fflate's version, `level`, `mem`, `mtime` and PIECE. After a change, raise RECIPE (packages/release/src/image/image.ts) and LAYER_RECIPE, and update the digests.
test.each<[string, Buffer, string]>([
  ['text and noise', data(300_000), '25a1be742b6ae61ce2821c4d0ca7ca0ea7045aef96bc46eb7575c8708924b189'],
  ['three pieces', data(1_200_000), '81f36fd1c98abbe9aa122d4e48262d1e1d1e6cc98651f53df7e2fcb8adb160d5'],
  ['text', TEXT, '19d97b4f926ad842ac5b84855c9eaea267000374c6a088ed556a7c72f665b75e'],
  ['nothing', Buffer.alloc(0), '59869db34853933b239f1e2219cf7d431da006aa919635478511fabbfc8849d2'],
])('gives the same digest on every machine and in every build of Node: %s', async (_, bytes, digest) => {
  expect(sha(await gzipped(bytes))).toBe(`sha256:${digest}`);
});

test('no name, no time: the bytes are reproducible', async () => {
  expect((await gzipped(TEXT)).subarray(0, 10).toString('hex')).toBe('1f8b0800000000000003');
});

test('compresses text about as well as zlib', async () => {
  expect((await gzipped(TEXT)).length / gzipSync(TEXT, { level: 6 }).length).toBeLessThan(1.03);
});

test('incompressible data hardly grows', async () => {
  expect((await gzipped(noise(200_000))).length).toBeLessThanOrEqual(200_000 + 200);
});

test('compresses 200 MB in bounded memory', async () => {
  const block = Buffer.alloc(1024 * 1024, 'a');
  async function* many(): AsyncGenerator<Buffer> {
    for (let count = 0; count < 200; count += 1) yield block;
  }
  const before = process.memoryUsage().rss;
  let highest = 0;
  const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 20);
  const { size } = await gzipTo(path.join(dir, 'large'), many());
  clearInterval(timer);
  expect(size).toBeGreaterThan(160_000);
  expect(highest - before).toBeLessThan(60e6);
}, 120_000);

test('does not overwrite an existing file', async () => {
  const file = path.join(dir, 'there');
  fs.writeFileSync(file, 'x');
  await expect(gzipTo(file, cut(data(1), 1))).rejects.toThrow('EEXIST');
});

test('pieces', async () => {
  const found: number[] = [];
  for await (const piece of pieces(cut(data(10), 3), 4)) found.push(piece.length);
  expect(found).toEqual([4, 4, 2]);
  for await (const piece of pieces(cut(data(0), 3), 4)) found.push(piece.length);
  for await (const piece of pieces(cut(data(4), 3), 4)) found.push(piece.length);
  expect(found).toEqual([4, 4, 2, 0, 4]);
});
