import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { gzipTo, pieces } from './gzip';

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

test.each([0, 1, 65_535, 65_536, 65_537, 1_000_000])('%d bytes come back, however they come in', async (size) => {
  const bytes = data(size);
  const results = [];
  for (const piece of [100_000, 4096, 65_536, 7777]) {
    const file = path.join(dir, `${size}-${piece}`);
    const result = await gzipTo(file, cut(bytes, piece));
    const written = fs.readFileSync(file);
    expect(gunzipSync(written).equals(bytes)).toBe(true);
    expect(result).toEqual({ digest: sha(written), diffId: sha(bytes), size: written.length });
    results.push(result.digest);
  }
  expect(new Set(results).size).toBe(1);
});

test('the bytes are these, on every machine and in every build of Node', async () => {
  const { digest } = await gzipTo(path.join(dir, 'golden'), cut(data(300_000), 5000));
  expect(digest).toBe('sha256:0085f4b6ed3e64608a469ee3df2968444347bee397958e332f0f6b1611348e52');
});

test('500 MB in bounded memory', async () => {
  const block = Buffer.alloc(1024 * 1024, 'a');
  async function* many(): AsyncGenerator<Buffer> {
    for (let count = 0; count < 500; count += 1) yield block;
  }
  const before = process.memoryUsage().rss;
  let highest = 0;
  const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 20);
  const { size } = await gzipTo(path.join(dir, 'large'), many());
  clearInterval(timer);
  expect(size).toBeGreaterThan(400_000);
  expect(highest - before).toBeLessThan(150e6);
}, 120_000);

test('a file that is there is not written over', async () => {
  const file = path.join(dir, 'there');
  fs.writeFileSync(file, 'x');
  await expect(gzipTo(file, cut(data(1), 1))).rejects.toThrow('EEXIST');
});

test('pieces', async () => {
  const found: number[] = [];
  for await (const piece of pieces(cut(data(10), 3), 4)) found.push(piece.length);
  expect(found).toEqual([4, 4, 2]);
});
