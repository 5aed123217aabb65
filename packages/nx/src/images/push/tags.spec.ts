import type { GitStatus } from '../../git/status';
import type { ImageJob } from '../job';
import { silentLog } from '../../system/log';
import { branchOf, tagsOf } from './tags';

const HEAD = 'a'.repeat(40);
const registries = { registry: { host: 'ghcr.io', prefix: 'acme' } };
const CI = ['GITHUB_HEAD_REF', 'GITHUB_REF_TYPE', 'GITHUB_REF_NAME', 'CI_COMMIT_BRANCH', 'BITBUCKET_BRANCH', 'BUILDKITE_BRANCH'];
const before = { ...process.env };
beforeEach(() => CI.forEach((name) => delete process.env[name]));
afterAll(() => (process.env = before));

const at = (branch: string | undefined) => ({ checkout: Promise.resolve({ head: HEAD, branch }) }) as unknown as GitStatus;

async function tags(uncommitted: string[], branch: string | undefined, more: object = {}) {
  const notes: string[] = [];
  const job = { plan: { image: 'proc' }, uncommitted } as unknown as ImageJob;
  const options = { root: '/', registries, gitStatus: at(branch), ...more };
  const found = await tagsOf(job, options, { ...silentLog, note: (text) => void notes.push(text) });
  return { tags: found.map(({ tag }) => tag), notes };
}

it('the commit and the branch that is checked out, without a note', async () => {
  expect(await tags([], 'main')).toEqual({ tags: [`customer-${HEAD}`, 'customer-main'], notes: [] });
});

it('a detached HEAD has the branch of the CI system; without one, a note says that no branch tag is set', async () => {
  expect(await tags([], undefined)).toEqual({
    tags: [`customer-${HEAD}`],
    notes: ['No branch is checked out, and no variable of a CI system names one: no branch tag is set.'],
  });
  process.env.CI_COMMIT_BRANCH = 'trunk';
  expect(await tags([], undefined)).toEqual({ tags: [`customer-${HEAD}`, 'customer-trunk'], notes: [] });
  expect(await branchOf({ root: '/', gitStatus: at('main') })).toBe('main');
  expect(await branchOf({ root: '/', branch: 'given', gitStatus: at('main') })).toBe('given');
});

it('nothing in a folder, and nothing with uncommitted content, which is named', async () => {
  expect(await tags([], 'main', { registries: {} })).toEqual({ tags: [], notes: [] });
  const { tags: none, notes } = await tags(['bundles/a'], 'main');
  expect([none, notes]).toEqual([[], [expect.stringContaining('proc has uncommitted content (bundles/a)')]]);
});
