import {
  applyCheck,
  type BundleClone,
  bundlePushed,
  type CheckResult,
  findProblem,
  KdcubeError,
  type Problem,
  quoted,
  resolveRepo,
  shownUrl,
} from '@kdcube/release/internal';
import { UNSHALLOW } from '../../git/shallow';
import { isOnRemote } from '../../git/mirror/on-remote';
import type { Log } from '../../system/log';
import { inParallel } from '../../system/parallel';
import type { OpenRelease } from '../../workspace/workspace';

/** The remote could not be asked. Everything else that fails is a fault of this machine or of the release. */
const OF_REMOTE = ['repo-unreachable', 'repo-denied'];

type Facts = Parameters<typeof bundlePushed.decide>[0];

/** Whether the remote has the commit of each bundle that the platform clones, as `verify` reports it. */
export async function checkPushed(open: OpenRelease, clones: readonly BundleClone[], log: Log): Promise<CheckResult[]> {
  return inParallel(clones, 4, async (clone) => applyCheck(bundlePushed, clone.id, await readFacts(open, clone, log)));
}

/** The same before a deploy: Problem `commit-not-pushed`, all of them at once. A remote that cannot be asked from here is a note: the platform may reach it. */
export async function requirePushed(open: OpenRelease, clones: readonly BundleClone[], log: Log): Promise<void> {
  const problems: Problem[] = [];
  await inParallel(clones, 4, async (clone) => {
    const facts = await readFacts(open, clone, log);
    const problem = findProblem([bundlePushed], clone.id, facts);
    if (problem) problems.push(problem);
    else if (facts.unreadable) log.note(`the commit of ${clone.id} was not checked: ${facts.unreadable.message}`);
  });
  if (problems.length > 0) throw new KdcubeError(problems);
}

async function readFacts(open: OpenRelease, { repo, commit, ref }: BundleClone, log: Log): Promise<Facts> {
  // A branch or tag that is fetched again and again is what its owner wants.
  if (commit === undefined || ref !== commit) return {};
  try {
    const { self, url } = resolveRepo(repo, open.release.repos, open.ownRemote);
    const found = await isOnRemote({ url, self, root: open.root }, commit, log);
    return found === true ? {} : { missing: notPushed(repo, commit, found === 'shallow') };
  } catch (error) {
    const problem = error instanceof KdcubeError ? error.problems[0] : undefined;
    if (problem === undefined || !OF_REMOTE.includes(problem.code)) throw error;
    return { unreadable: problem };
  }
}

/** As a deploy reports it. */
export function notPushedCommit(id: string, repo: string, commit: string): KdcubeError {
  return new KdcubeError(findProblem([bundlePushed], id, { missing: notPushed(repo, commit, false) })!);
}

function notPushed(repo: string, commit: string, isShallow: boolean): NonNullable<Facts['missing']> {
  const what = `cannot be cloned: no branch or tag of ${shownUrl(repo)} ${isShallow ? 'names' : 'has'} its commit ${commit}`;
  return isShallow
    ? {
        message: `${what}, and this checkout is shallow, so their history cannot be searched`,
        hint: UNSHALLOW,
      }
    : { message: what, hint: `git push    or, for a bundle of another repository, a ref that ${quoted(shownUrl(repo))} has` };
}
