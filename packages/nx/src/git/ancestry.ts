import { isCommit } from '@kdcube/release/internal';
import { git } from './git';
import { isShallow } from './shallow';

/** Whether one commit is a proper ancestor of another. Undefined if this clone does not have both, or not what is between them. */
export async function isOlder(root: string, commit: string, other: string): Promise<boolean | undefined> {
  if (commit === other) return false;
  // `other` may come from a registry: git must not read it as an option.
  if (![commit, other].every(isCommit)) return undefined;
  const { exitCode } = await git({ cwd: root }, ['merge-base', '--is-ancestor', commit, other]);
  if (exitCode === 0) return true;
  if (exitCode !== 1) return undefined;
  // A shallow clone ends the history early: then "no" proves nothing.
  return (await isShallow({ cwd: root })) ? undefined : false;
}
