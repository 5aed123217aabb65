import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as zlib from 'node:zlib';
import type { BaseTree } from '@kdcube/release/internal';
import { cacheDir } from '../system/files/files';
import * as base from './base-files';
import type { Descriptor } from '../registry/manifests/manifest-format';
import { problemOf, sandbox, type Sandbox } from '../../testing/git-kit';

/** The files of layers that can be read. */
async function baseFiles(layers: Descriptor[], read: base.OpenLayer): Promise<BaseTree> {
  const files = await base.baseFiles(layers, read);
  if ('unreadable' in files) throw new Error(files.unreadable);
  return files;
}

let box: Sandbox;
beforeAll(() => (box = sandbox()));
afterAll(() => box.end());

const stored = new Map<string, Buffer>();
let opened = 0;

/** A layer of the files that a shell script creates in a folder. */
function layer(script: string, type = 'tar+gzip'): Descriptor {
  const tar = execFileSync('bash', ['-c', `cd "$(mktemp -d)" && ${script} && tar --owner=7 --group=8 -cf - *`]);
  const bytes = type.endsWith('gzip') ? zlib.gzipSync(tar) : tar;
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  stored.set(digest, bytes);
  return { mediaType: `application/vnd.oci.image.layer.v1.${type}`, digest, size: bytes.length };
}

async function* open({ digest }: Descriptor): AsyncGenerator<Uint8Array> {
  opened += 1;
  const bytes = stored.get(digest)!;
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

test('applies layers in order, with whiteouts', async () => {
  const layers = [
    layer('mkdir -p a/b c d && chmod 750 c && touch a/x a/b/y c/1 d/old && ln -s ../a c/l && ln -P c/l c/m'),
    layer('mkdir -p a c d && touch a/.wh.b c/l d/.wh..wh..opq d/new', 'tar'),
    layer('touch a'),
  ];
  const files = await baseFiles(layers, open);
  const found = Object.fromEntries(
    ['/a', '/a/x', '/a/b', '/a/b/y', '/c', '/c/1', '/c/l', '/c/m', '/d/old', '/d/new', '/e'].map((path) => [
      path,
      files.at(path),
    ]),
  );
  expect(found).toEqual({
    '/a': { kind: 'file' },
    '/c': { kind: 'folder', mode: 0o755, uid: 7, gid: 8 },
    '/c/1': { kind: 'file' },
    '/c/l': { kind: 'file' },
    '/c/m': { kind: 'link', target: '../a' },
    '/d/new': { kind: 'file' },
  });
  expect((await baseFiles(layers.slice(0, 1), open)).at('/c')).toEqual({ kind: 'folder', mode: 0o750, uid: 7, gid: 8 });
});

test('reads a layer once and caches its names by digest; ignores a damaged cache file', async () => {
  const one = layer('mkdir z && touch z/z');
  opened = 0;
  await baseFiles([one], open);
  await baseFiles([one], open);
  expect(opened).toBe(1);
  fs.writeFileSync(cacheDir('base-names-3', one.digest.replace(':', '-')), 'x');
  expect((await baseFiles([one], open)).at('/z/z')).toEqual({ kind: 'file' });
  expect(opened).toBe(2);
});

test('a layer with other bytes, half a layer, and an unavailable one', async () => {
  const one = layer('touch w');
  const bytes = stored.get(one.digest)!;
  stored.set(one.digest, Buffer.concat([bytes, bytes]));
  await expect(baseFiles([one], open)).rejects.toThrow(one.digest);
  stored.set(one.digest, bytes.subarray(0, 40));
  await expect(baseFiles([one], open)).rejects.toThrow(one.digest);
});

test.each([
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'is not in the registry'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'is not in the registry'],
  ['application/vnd.example.layer', 'has an unknown format, "application/vnd.example.layer"'],
  ['application/vnd.oci.image.layer.v1.tar+encrypted', 'has an unknown format'],
])('a layer of the type %s cannot be read, and the reason is said', async (mediaType, why) => {
  const one = { ...layer('touch v'), mediaType };
  expect(await base.baseFiles([one], open)).toEqual({ unreadable: expect.stringContaining(`its layer ${one.digest} ${why}`) });
});

test.each(['application/vnd.oci.image.layer.v1.tar+zstd', 'application/vnd.docker.image.rootfs.diff.tar.zstd'])(
  'a layer of the type %s is read where Node can, and else says which Node can',
  async (mediaType) => {
    const packed = execFileSync('bash', ['-c', 'cd "$(mktemp -d)" && touch zst && tar -cf - zst']);
    const { zstdCompressSync } = zlib as unknown as { zstdCompressSync?: (bytes: Buffer) => Buffer };
    const bytes = zstdCompressSync?.(packed) ?? packed;
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    stored.set(digest, bytes);
    const files = await base.baseFiles([{ mediaType, digest, size: bytes.length }], open);
    if (zstdCompressSync && 'at' in files) expect(files.at('/zst')).toEqual({ kind: 'file' });
    else expect(files).toEqual({ unreadable: expect.stringContaining('compressed with zstd, which Node 2') });
    if (!zstdCompressSync) expect(files).toEqual({ unreadable: expect.stringContaining('use Node 22.15, 24 or later') });
  },
);

test.each<[string, (tar: Buffer) => Buffer]>([
  ['that is no gzip', () => Buffer.from('not packed')],
  ['that is no tar', () => zlib.gzipSync(Buffer.alloc(1024, 'x'))],
  ['that ends in the middle', (tar) => zlib.gzipSync(tar).subarray(0, 60)],
])('a layer %s is a Problem that names it', async (_, bytesOf) => {
  const bytes = bytesOf(execFileSync('bash', ['-c', 'cd "$(mktemp -d)" && touch q && tar -cf - q']));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  stored.set(digest, bytes);
  const one = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: bytes.length };
  const problem = await problemOf(baseFiles([one], open));
  expect([problem.code, problem.message]).toEqual([
    'registry-response',
    expect.stringContaining(`${digest} of the base cannot be read: `),
  ]);
});
