import { commit, gitSync, newRepo, type Sandbox, sandbox } from '../../testing/git-kit';
import { isOlder } from './ancestry';

let box: Sandbox;
let repo: string;
let first: string;
let second: string;

beforeAll(() => {
  box = sandbox();
  repo = newRepo(box.folder('repo'), { a: '1' });
  first = gitSync(repo, 'rev-parse', 'HEAD');
  second = commit(repo, { a: '2' });
});
afterAll(() => box.end());

it('is true only for a proper ancestor', async () => {
  gitSync(repo, 'checkout', '--quiet', '-b', 'beside', first);
  const beside = commit(repo, { b: '1' });
  expect(await isOlder(repo, first, second)).toBe(true);
  expect(await isOlder(repo, second, first)).toBe(false);
  expect(await isOlder(repo, first, first)).toBe(false);
  expect(await isOlder(repo, beside, second)).toBe(false);
});

it('is not known without the commit, and without the history between', async () => {
  expect(await isOlder(repo, first, 'f'.repeat(40))).toBeUndefined();
  expect(await isOlder(repo, first, '--help')).toBeUndefined();
  const clone = box.folder('clone');
  gitSync(box.dir, 'clone', '--quiet', '--depth=1', `file://${repo}`, clone);
  const head = gitSync(clone, 'rev-parse', 'HEAD');
  gitSync(clone, 'fetch', '--quiet', '--depth=1', 'origin', second);
  expect(await isOlder(clone, second, head)).toBeUndefined();
});
