import * as fs from 'node:fs';
import * as path from 'node:path';
import { gitSync, newRepo, sandbox, write, type Sandbox } from '../../../testing/git-kit';
import { buildTrees, writeTrees } from './build-trees';

jest.setTimeout(60_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

function entriesIn(dir: string) {
  const listed = gitSync(dir, '-c', 'core.quotePath=false', 'ls-files', '--stage', '-z').split('\0').filter(Boolean);
  return listed.map((record) => {
    const [mode, oid] = record.split(' ');
    return { mode: mode!, oid: oid!, path: Buffer.from(record.slice(record.indexOf('\t') + 1)).toString('latin1') };
  });
}

it.each(['sha1', 'sha256'])('builds the same trees as git, to the byte: %s', (format) => {
  const dir = box.folder(format);
  fs.mkdirSync(dir, { recursive: true });
  gitSync(dir, 'init', '--quiet', `--object-format=${format}`);
  write(dir, { 'a/x.py': '1', 'a.py': '2', 'a-b/c/d.py': '3', a0: '4', 'ü/é.txt': '5', 'run.sh': { executable: '#!/bin/sh\n' } });
  fs.symlinkSync('a.py', path.join(dir, 'link'));
  gitSync(dir, 'add', '--all');
  const trees = buildTrees(entriesIn(dir));
  expect(trees.at(-1)!.oid).toBe(gitSync(dir, 'write-tree'));
  expect(trees).toHaveLength(5);
});

it('writes objects that git can read', () => {
  const dir = newRepo(box.folder('w'), { 'a/b/c.py': '1', 'd.py': '2' });
  const trees = buildTrees(entriesIn(dir).map((entry) => ({ ...entry, path: `under/${entry.path}` })));
  writeTrees(path.join(dir, '.git/objects'), trees);
  writeTrees(path.join(dir, '.git/objects'), trees);
  expect(gitSync(dir, 'ls-tree', '-r', '--name-only', trees.at(-1)!.oid)).toBe('under/a/b/c.py\nunder/d.py');
});
