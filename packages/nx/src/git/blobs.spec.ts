import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';
import { gitSync, newRepo, problemOf, sandbox, type Sandbox } from '../../testing/git-kit';
import { readBlobs } from './blobs';

let box: Sandbox;
beforeAll(() => (box = sandbox()));
afterAll(() => box.end());

async function textsOf(cwd: string, oids: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for await (const { oid, size, chunks } of readBlobs({ context: { cwd } }, oids)) {
    const parts: Buffer[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const text = Buffer.concat(parts).toString();
    expect([oid, size]).toEqual([oids[texts.length], text.length]);
    texts.push(text);
  }
  return texts;
}

function objectFile(cwd: string, oid: string): string {
  return path.join(cwd, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

const idOf = (cwd: string, name: string) => gitSync(cwd, 'rev-parse', `HEAD:${name}`);

it('reads blobs in the given order, and repeated ids as often as requested', async () => {
  const large = 'x'.repeat(1_200_000);
  const cwd = newRepo(box.folder('order'), { a: 'A', b: 'BB', empty: '', large });
  const [a, b, empty, big] = ['a', 'b', 'empty', 'large'].map((name) => idOf(cwd, name)) as [string, string, string, string];
  for (let round = 0; round < 2; round += 1)
    expect(await textsOf(cwd, [b, a, b, big, empty, a])).toEqual(['BB', 'A', 'BB', large, '', 'A']);
});

it('does not read a recently verified blob again', async () => {
  const cwd = newRepo(box.folder('again'), { a: 'read once' });
  const oid = idOf(cwd, 'a');
  expect(await textsOf(cwd, [oid])).toEqual(['read once']);
  fs.rmSync(objectFile(cwd, oid));
  expect(await textsOf(cwd, [oid])).toEqual(['read once']);
});

it('rejects a blob whose content was replaced, each time', async () => {
  const cwd = newRepo(box.folder('replaced'), { a: 'what was committed' });
  const oid = idOf(cwd, 'a');
  fs.chmodSync(objectFile(cwd, oid), 0o644);
  fs.writeFileSync(objectFile(cwd, oid), deflateSync('blob 7\0foreign'));
  for (let round = 0; round < 2; round += 1)
    expect(await problemOf(textsOf(cwd, [oid]))).toMatchObject({ code: 'command-failed' });
});
