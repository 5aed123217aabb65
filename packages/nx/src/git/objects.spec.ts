import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { commit, gitSync, newRepo, problemOf, sandbox, type Sandbox, write } from '../../testing/git-kit';
import { isAlive } from '../system/programs/is-alive';
import { resetStop } from '../system/programs/signals';
import { closeObjectReaders, objectReader } from './objects';
import { fetchBlobs } from './mirror/fetch-blobs';

jest.setTimeout(60_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());
afterEach(resetStop);

const big = 'x'.repeat(300_000);

it('responds in the order of the requests, for large, small and missing objects', async () => {
  const dir = newRepo(box.folder('w'), { 'big.txt': big, 'empty.txt': '', 'bundles/a/x.py': 'x\n' });
  const objects = objectReader({ cwd: dir });
  const names = ['HEAD:big.txt', 'HEAD:nothing', 'HEAD:empty.txt', 'HEAD:bundles/a', '0'.repeat(40), 'HEAD:bundles/a/x.py'];
  const [one, two] = await Promise.all([objects.info(names), objects.read(names)]);
  expect(one.map((info) => info && [info.type, info.size])).toEqual([
    ['blob', 300_000],
    undefined,
    ['blob', 0],
    ['tree', expect.any(Number)],
    undefined,
    ['blob', 2],
  ]);
  expect(two.map((found) => found?.oid)).toEqual(one.map((info) => info?.oid));
  expect([two[0]!.content.toString() === big, two[2]!.content.length, two[5]!.content.toString()]).toEqual([true, 0, 'x\n']);
  expect(two[3]!.content.length).toBe(one[3]!.size);
});

it('sees later commits, and a repository that was recreated at the same path', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const blob = async (name: string) => (await objectReader({ cwd: dir }).read([name]))[0]?.content.toString();
  expect(await blob('HEAD:a')).toBe('1');
  commit(dir, { a: '2' });
  gitSync(dir, 'gc', '--quiet');
  expect(await blob('HEAD:a')).toBe('2');
  fs.renameSync(dir, `${dir}-before`);
  fs.mkdirSync(dir);
  newRepo(dir, { a: '3' });
  expect(await blob('HEAD:a')).toBe('3');
});

/** Puts a git script first on the PATH while `work` runs: `lines` run before the real git. */
async function withGit(lines: string, work: () => Promise<void>): Promise<void> {
  const before = process.env.PATH;
  const program = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const bin = box.folder('bin');
  write(bin, { git: { executable: `#!/bin/sh\n${lines}\nexec '${program}' "$@"\n` } });
  process.env.PATH = `${bin}:${before}`;
  await work().finally(() => (process.env.PATH = before));
}

it('uses two processes for git before 2.36, also if one started before the version was known', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const old = `[ "$1" = version ] && exec echo git version 2.34.1
case "$*" in *--batch-command*) echo usage >&2; exit 129;; esac`;
  await withGit(old, async () => {
    const objects = objectReader({ cwd: dir });
    objects.start();
    expect((await objects.info(['HEAD:a']))[0]).toMatchObject({ type: 'blob', size: 1 });
    expect((await objects.read(['HEAD:a']))[0]!.content.toString()).toBe('1');
    objects.close();
  });
});

it('ends a process that started but got no request', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const file = path.join(box.dir, 'pid');
  await withGit(`echo $$ > '${file}.new' && mv '${file}.new' '${file}'`, async () => {
    objectReader({ cwd: dir }).start();
    while (!fs.existsSync(file)) await setTimeout(10);
    closeObjectReaders(dir);
    while (isAlive(Number(fs.readFileSync(file, 'utf8')))) await setTimeout(10);
  });
});

it('responds again after it was closed', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const objects = objectReader({ cwd: dir });
  await objects.info(['HEAD:a']);
  closeObjectReaders(dir);
  expect(objectReader({ cwd: dir })).not.toBe(objects);
  expect(await objects.info(['HEAD:a'])).toEqual([expect.objectContaining({ type: 'blob' })]);
});

it('starts no process after one was stopped by a signal; a complete repository does not appear to have lost files then', async () => {
  const [dir, other] = [newRepo(box.folder('w'), { a: '1' }), newRepo(box.folder('v'), { a: '1' })];
  const tree = gitSync(dir, 'rev-parse', 'HEAD^{tree}');
  await withGit(`[ "$1" = cat-file ] && kill -TERM $$`, async () => {
    for (const message of [/^git cat-file was stopped by SIGTERM/, /^git cat-file was not started/])
      expect(await problemOf(fetchBlobs({ context: { cwd: dir }, isComplete: true }, tree))).toMatchObject({
        code: 'interrupted',
        message: expect.stringMatching(message),
      });
  });
  expect((await problemOf(objectReader({ cwd: other }).info(['HEAD']))).code).toBe('interrupted');
  resetStop();
  expect((await objectReader({ cwd: other }).info(['HEAD']))[0]!.type).toBe('commit');
});

it('outside a repository, throws a Problem with git’s message; the next caller is not blocked', async () => {
  const dir = box.folder('none');
  fs.mkdirSync(dir, { recursive: true });
  const objects = objectReader({ cwd: dir, env: { GIT_CEILING_DIRECTORIES: box.dir } });
  for (const ask of [objects.info, objects.read])
    expect(await problemOf(ask(['HEAD', 'HEAD']))).toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('not a git repository'),
    });
  expect(await problemOf(objects.info(['HEAD']))).toMatchObject({ code: 'command-failed' });
});
