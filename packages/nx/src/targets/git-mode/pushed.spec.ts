import { silentLog } from '../../system/log';
import type { OpenRelease } from '../../workspace/workspace';
import { problemOf } from '../../../testing/push-kit';
import { requirePushed } from './pushed';

const commit = 'c'.repeat(40);
const open = { root: __dirname, release: { repos: {} } } as unknown as OpenRelease;
const check = (repo: string) => {
  const clone = { id: 'a', repo, ref: commit, commit, subdir: 'a', module: 'a' };
  return requirePushed(open, [clone], silentLog);
};

it('a remote that cannot be reached is no reason to refuse', async () => {
  await expect(check('file:///nonexistent/a.git')).resolves.toBeUndefined();
});

it('a fault of the release is one', async () => {
  expect((await problemOf(check('nowhere'))).code).toBe('unknown-repo');
});
