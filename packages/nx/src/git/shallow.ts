import type { GitContext } from './environment';
import { gitText } from './git';

/** Whether a repository has only the end of its history: then "git does not find it" proves nothing. */
export async function isShallow(context: GitContext): Promise<boolean> {
  return (await gitText(context, ['rev-parse', '--is-shallow-repository'])) === 'true';
}

/** What to type in a checkout that is shallow. */
export const UNSHALLOW = 'git fetch --unshallow    (in CI: fetch-depth: 0 of actions/checkout, or GIT_DEPTH: 0 of GitLab)';
