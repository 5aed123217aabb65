import * as fs from 'node:fs';
import { commit, gitSync, newRepo, problemOf, sandbox, type Sandbox } from '../testing/git-kit';
import { closeObjects, objectsAt } from './objects';

jest.setTimeout(60_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

const big = 'x'.repeat(300_000);

it('answers in the order of the questions, large and small, there and not', async () => {
  const dir = newRepo(box.folder('w'), { 'big.txt': big, 'empty.txt': '', 'bundles/a/x.py': 'x\n' });
  const objects = objectsAt({ cwd: dir });
  const names = ['HEAD:big.txt', 'HEAD:nothing', 'HEAD:empty.txt', 'HEAD:bundles/a', '0'.repeat(40), 'HEAD:bundles/a/x.py'];
  const [one, two] = await Promise.all([objects.look(names), objects.read(names)]);
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

it('sees what was committed since, and a repository that was made anew in the same place', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const blob = async (name: string) => (await objectsAt({ cwd: dir }).read([name]))[0]?.content.toString();
  expect(await blob('HEAD:a')).toBe('1');
  commit(dir, { a: '2' });
  gitSync(dir, 'gc', '--quiet');
  expect(await blob('HEAD:a')).toBe('2');
  fs.renameSync(dir, `${dir}-before`);
  fs.mkdirSync(dir);
  newRepo(dir, { a: '3' });
  expect(await blob('HEAD:a')).toBe('3');
});

it('answers again after it was closed', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  const objects = objectsAt({ cwd: dir });
  await objects.look(['HEAD:a']);
  closeObjects(dir);
  expect(objectsAt({ cwd: dir })).not.toBe(objects);
  expect(await objects.look(['HEAD:a'])).toEqual([expect.objectContaining({ type: 'blob' })]);
});

it('is a problem, with the words of git, where there is no repository; whoever asks next is not stuck', async () => {
  const dir = box.folder('none');
  fs.mkdirSync(dir, { recursive: true });
  const objects = objectsAt({ cwd: dir, env: { GIT_CEILING_DIRECTORIES: box.dir } });
  for (const ask of [objects.look, objects.read])
    expect(await problemOf(ask(['HEAD', 'HEAD']))).toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('not a git repository'),
    });
  expect(await problemOf(objects.look(['HEAD']))).toMatchObject({ code: 'command-failed' });
});
