import { gunzipSync, gzipSync } from 'node:zlib';
import { packing } from './packing';

const LARGE = Array.from(
  { length: 3000 },
  (_, n) => `- id: bundle-${n}@1-0\n  path: /bundles\n  module: b${n}.entrypoint\n`,
).join('');

test.each(['', 'a', 'größer → 統合', LARGE])('what was packed is what any gunzip reads', (text) => {
  const packed = packing.pack(text);
  expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(text);
  expect([packing.unpack(packed), packing.pack(text)]).toEqual([text, packed]);
});

test('what is none, is cut, or unpacks to too much is nothing', () => {
  const packed = packing.pack(LARGE);
  const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024)).toString('base64');
  expect(['', '{"a": 1}', packed.slice(0, -40), bomb].map(packing.unpack)).toEqual([undefined, undefined, undefined, undefined]);
});
