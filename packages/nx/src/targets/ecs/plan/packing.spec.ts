import { createHash } from 'node:crypto';
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

// It changes when the compressor or its settings do (oci/layer/gzip.ts): then every task definition that carries a file changes once.
test('a known text has a known digest, on every machine and in every build of Node', () => {
  expect(createHash('sha256').update(packing.pack(LARGE)).digest('hex')).toBe(
    '39ce4892782ad9fe04b07823eb90923e21addd21dffef0cf9226d9e3d92d9dff',
  );
});

test('what is none, is cut, or unpacks to too much is nothing', () => {
  const packed = packing.pack(LARGE);
  const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024)).toString('base64');
  expect(['', '{"a": 1}', packed.slice(0, -40), bomb].map(packing.unpack)).toEqual([undefined, undefined, undefined, undefined]);
});
