import { LIMITS } from '@kdcube/release/internal';
import { gitInput, newRepo, problemOf, sandbox, type Sandbox } from '../../testing/git-kit';
import { planTree } from '../workspace/stage';
import { objectReader } from './objects';
import { listTree } from './tree';

let box: Sandbox;
let dir: string;
beforeEach(() => {
  box = sandbox();
  dir = newRepo(box.folder('w'), { a: 'x' });
});
afterEach(() => box.end());

const store = () => ({ context: { cwd: dir }, isComplete: true });
const blob = (text: string) => gitInput(dir, text, 'hash-object', '-w', '--stdin').trim();
/** A tree object; git itself does not check its entries. */
const tree = (rows: [mode: string, name: string, oid: string][]) =>
  gitInput(
    dir,
    Buffer.concat(rows.flatMap(([mode, name, oid]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')])),
    'hash-object',
    '-w',
    '-t',
    'tree',
    '--literally',
    '--stdin',
  ).trim();
const numbered = (count: number, mode: string, oid: string, prefix = '') =>
  Array.from({ length: count }, (_, index): [string, string, string] => [
    mode,
    `${prefix}${String(index).padStart(6, '0')}`,
    oid,
  ]);
/** Nested trees, each with ten times the entries of the one before. */
const nested = (levels: number, mode: string, oid: string): string => {
  let inner = tree(numbered(10, mode, oid));
  for (let level = 1; level < levels; level += 1) inner = tree(numbered(10, '40000', inner));
  return inner;
};
const readsOf = () => jest.spyOn(objectReader(store().context), 'read');

describe('a few git objects', () => {
  it('that unfold to a million files are rejected while they are listed', async () => {
    const million = nested(6, '100644', blob('x'));
    const reads = readsOf();
    expect(await problemOf(listTree(store(), million))).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('more than 50000 files and folders'),
      hint: expect.stringContaining('.gitignore'),
    });
    expect(reads.mock.calls.length).toBeLessThan(10);
  });

  it('that unfold to ten million folders without a file', async () => {
    const empty = tree([]);
    expect(await problemOf(listTree(store(), nested(7, '40000', empty)))).toMatchObject({ code: 'limit-exceeded' });
  });

  it('that unfold to links, or to submodules', async () => {
    for (const mode of ['120000', '160000'])
      expect(await problemOf(listTree(store(), nested(6, mode, blob('x'))))).toMatchObject({ code: 'limit-exceeded' });
  });

  it('that unfold to a terabyte', async () => {
    const many = tree(numbered(30_000, '100644', blob('x'.repeat(100_000))));
    expect(await problemOf(planTree(store(), many, { subject: 'bundle b' }))).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringMatching(/^bundle b: .*"000000"/),
    });
  });

  it('that are a thousand folders deep', async () => {
    let inner = tree([['100644', 'x', blob('x')]]);
    for (let level = 0; level < 60; level += 1) inner = tree([['40000', 'x'.repeat(200), inner]]);
    expect(await problemOf(listTree(store(), inner))).toMatchObject({
      code: 'unsafe-name',
      message: expect.stringContaining('too long'),
    });
  });
});

it('a folder of a hundred thousand files is rejected, and one of many megabytes is not held in memory', async () => {
  expect(await problemOf(listTree(store(), tree(numbered(100_000, '100644', blob('x')))))).toMatchObject({
    code: 'limit-exceeded',
  });
  const large = tree(numbered(80_000, '100644', blob('x'), 'x'.repeat(200)));
  const [found, next] = await objectReader(store().context).read([large, 'HEAD:a']);
  expect([found?.type, found!.size > LIMITS.treeObjectBytes.max, found?.content.length]).toEqual(['tree', true, 0]);
  expect(next?.content.toString()).toBe('x');
  expect(await problemOf(listTree(store(), large))).toMatchObject({ code: 'limit-exceeded' });
});

it('the limits are exact', async () => {
  const file = blob('x');
  expect(await listTree(store(), tree(numbered(LIMITS.treeEntries.max, '100644', file)))).toHaveLength(LIMITS.treeEntries.max);
  expect(await problemOf(listTree(store(), tree(numbered(LIMITS.treeEntries.max + 1, '100644', file))))).toMatchObject({
    code: 'limit-exceeded',
  });
  const deep = (bytes: number) => {
    let rest = bytes;
    let inner: string | undefined;
    while (rest > 0) {
      const length = Math.min(rest, 200);
      inner = tree([[inner === undefined ? '100644' : '40000', 'x'.repeat(length), inner ?? file]]);
      rest -= length + 1;
    }
    return inner!;
  };
  const plan = await planTree(store(), deep(LIMITS.pathBytes.max));
  expect(plan.files[0]!.path).toHaveLength(LIMITS.pathBytes.max);
  expect(await problemOf(planTree(store(), deep(LIMITS.pathBytes.max + 1)))).toMatchObject({ code: 'unsafe-name' });
});
