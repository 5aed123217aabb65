import { KdcubeError } from '@kdcube/release/internal';
import { commit, gitSync, newRepo, type Sandbox, sandbox } from '../../testing/git-kit';
import { requireBase } from './history';

let box: Sandbox;
let repo: string;
let first: string;
beforeAll(() => {
  box = sandbox();
  repo = newRepo(box.folder('repo'), { a: '1' });
  first = gitSync(repo, 'rev-parse', 'HEAD');
  commit(repo, { a: '2' });
  commit(repo, { a: '3' });
});
afterAll(() => box.end());

async function refusal(root: string, base: string) {
  const error: unknown = await requireBase(root, base).catch((thrown: unknown) => thrown);
  return error instanceof KdcubeError ? error.problems[0] : error;
}

it('takes a commit that HEAD has a common history with', async () => {
  expect(await refusal(repo, first)).toBeUndefined();
  expect(await refusal(repo, 'HEAD~1')).toBeUndefined();
});

it('a shallow clone is named, with what to type, whether it has the base or not', async () => {
  const clone = box.folder('clone');
  gitSync(box.dir, 'clone', '--quiet', '--depth=1', `file://${repo}`, clone);
  const expected = {
    code: 'history-missing',
    at: { file: '.git/shallow' },
    hint: expect.stringMatching(/fetch-depth: 0.*GIT_DEPTH: 0/),
  };
  expect(await refusal(clone, first)).toMatchObject(expected);
  gitSync(clone, 'fetch', '--quiet', '--depth=1', 'origin', first);
  expect(await refusal(clone, first)).toMatchObject(expected);
  gitSync(clone, 'fetch', '--quiet', '--unshallow', 'origin');
  expect(await refusal(clone, first)).toBeUndefined();
});

it.each(['0'.repeat(40), 'f'.repeat(40), '--help', 'no such thing', ''])('no commit: %j', async (base) => {
  expect(await refusal(repo, base)).toMatchObject({ code: 'history-missing', message: expect.stringContaining('has no commit') });
});

it('a branch of another history', async () => {
  gitSync(repo, 'checkout', '--quiet', '--orphan', 'other');
  commit(repo, { b: '1' });
  expect(await refusal(repo, first)).toMatchObject({ message: expect.stringContaining('no common history') });
});
