import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BLOCK, deflater } from './deflate';
import { codeLengths } from './huffman';

function deflated(bytes: Buffer): Buffer {
  const deflate = deflater();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (; at + BLOCK < bytes.length; at += BLOCK) parts.push(deflate.push(bytes.subarray(at, at + BLOCK), false));
  parts.push(deflate.push(bytes.subarray(at), true));
  return Buffer.concat(parts);
}

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

const SOURCES = fs
  .readdirSync(__dirname)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => fs.readFileSync(path.join(__dirname, name)));
const text = Buffer.concat([...SOURCES, ...SOURCES]);

const CASES: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['three bytes', Buffer.from('abc')],
  ['the same byte for three blocks', Buffer.alloc(3 * BLOCK, 'x')],
  ['noise', noise(BLOCK + 17)],
  ['noise, one block and nothing', noise(BLOCK)],
  ['two letters', noise(200_000, 7, 2)],
  ['text', text],
  ['text twice, as far apart as is looked', Buffer.concat([text.subarray(0, 32_000), noise(760), text.subarray(0, 32_000)])],
  ['a repetition that crosses blocks', Buffer.concat([noise(BLOCK - 50), Buffer.alloc(200, 'ab'), noise(100)])],
  ['a repetition that is as long as one can be', Buffer.concat([noise(300, 3), noise(300, 4), noise(300, 3), Buffer.from('.')])],
  [
    'all bytes, with very different counts',
    Buffer.concat([...Array(24).keys()].map((bits) => Buffer.alloc(2 ** Math.min(bits, 18), bits))),
  ],
  [
    'many blocks of text and noise',
    Buffer.concat([...Array(9).keys()].flatMap((seed) => [text.subarray(seed * 999, 60_000), noise(40_000, seed)])),
  ],
];

test.each(CASES)('%s comes back', (_, bytes) => {
  expect(inflateRawSync(deflated(bytes)).equals(bytes)).toBe(true);
});

test('five hundred odd inputs come back', () => {
  const next = numbers(42);
  for (let round = 0; round < 500; round += 1) {
    const parts = Array.from({ length: next(12) }, () => {
      const from = next(text.length);
      return next(3) === 0 ? noise(next(400), round + 1, 1 + next(256)) : text.subarray(from, from + next(5000));
    });
    const bytes = Buffer.concat([...parts, ...parts.slice(0, next(3))]);
    if (!inflateRawSync(deflated(bytes)).equals(bytes)) throw new Error(`round ${round}`);
  }
});

test('text becomes about as small as with zlib', () => {
  expect(deflated(text).length / deflateRawSync(text, { level: 6 }).length).toBeLessThan(1.03);
});

test('what cannot become smaller grows by five bytes for each 64 KiB', () => {
  expect(deflated(noise(200_000)).length).toBeLessThanOrEqual(200_000 + 5 * 5);
});

test('a code that would be too long is as long as may be, and still a code', () => {
  // Fibonacci's numbers make the deepest of all trees.
  const counts = new Uint32Array(30);
  counts[0] = counts[1] = 1;
  for (let at = 2; at < 30; at += 1) counts[at] = counts[at - 1]! + counts[at - 2]!;
  for (const limit of [7, 15]) {
    const lengths = codeLengths(counts, limit);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(limit);
    expect(lengths.reduce((sum, length) => sum + 2 ** -length, 0)).toBeLessThanOrEqual(1);
    expect(lengths.every((length) => length > 0)).toBe(true);
  }
});
