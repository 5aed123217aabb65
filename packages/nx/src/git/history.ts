import { KdcubeError } from '@kdcube/release/internal';
import { git } from './git';
import { isShallow, UNSHALLOW } from './shallow';

/**
 * Refuses a base that `nx affected` cannot compare HEAD with: without the commit, or without what is between the two, Nx would compare with something else. Problem
 * `history-missing`.
 */
export async function requireBase(root: string, base: string): Promise<void> {
  const context = { cwd: root };
  const found = await git(context, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`]);
  const commit = found.stdout.toString('utf8').trim();
  const isRelated = found.exitCode === 0 && (await git(context, ['merge-base', commit, 'HEAD'])).exitCode === 0;
  if (isRelated) return;
  if (await isShallow(context)) throw historyMissing(`the history between ${base} and HEAD, with which affected compares`);
  throw new KdcubeError({
    code: 'history-missing',
    message:
      found.exitCode === 0
        ? `${base} and HEAD have no common history, so what is affected is not known.`
        : `This clone has no commit ${base}, with which affected compares. A forced push may have removed it.`,
    hint: 'nx run release:validate --base=origin/main    compares with the released branch; nx run-many -t docker-build builds everything',
  });
}

/** `what` completes "This clone is shallow, and does not have". */
export function historyMissing(what: string): KdcubeError {
  return new KdcubeError({
    code: 'history-missing',
    message: `This clone is shallow, and does not have ${what}.`,
    hint: UNSHALLOW,
    at: { file: '.git/shallow' },
  });
}
