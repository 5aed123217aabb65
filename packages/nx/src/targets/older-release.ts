import { isEmptyPlan, KdcubeError, type ReadablePlan, type ReleaseRecord } from '@kdcube/release/internal';
import { isOlder } from '../git/ancestry';
import { historyMissing } from '../git/history';
import { isShallow } from '../git/shallow';
import type { Log } from '../system/log';

/** What runs, as far as it is known. */
type Running = Pick<ReleaseRecord, 'release' | 'commit'>;

/**
 * Refuses to deploy a commit that is an ancestor of the one that runs: a pipeline that was approved late, or run again, would undo newer deploys. Going back on purpose is a
 * rollback. Problems `release-older`, and `history-missing` in a shallow clone. If another clone cannot tell, a note says so.
 */
export async function requireNewer(root: string, plan: ReadablePlan, record: Running | undefined, log: Log): Promise<void> {
  const { commit, environment } = plan;
  if (isEmptyPlan(plan) || commit === undefined || record?.commit === undefined) return;
  const older = await isOlder(root, commit, record.commit);
  if (older) throw olderRelease(environment, commit, record);
  if (older !== undefined) return;
  const running = `${environment} runs ${record.release} of commit ${short(record.commit)}`;
  if (await isShallow({ cwd: root }))
    throw historyMissing(`what tells whether this release is newer than the one that runs: ${running}`);
  log.note(`${running}, and this clone does not have the history between: whether this release is newer is not known.`);
}

/** For a plan: says that a deploy would be refused. */
export async function noteOlder(root: string, plan: ReadablePlan, record: Running | undefined, log: Log): Promise<void> {
  try {
    await requireNewer(root, plan, record, log);
  } catch (error) {
    if (!(error instanceof KdcubeError) || !['release-older', 'history-missing'].includes(error.problems[0]!.code)) throw error;
    log.note(error.problems[0]!.message);
  }
}

export function olderRelease(environment: string, commit: string, { release, commit: newer }: Running): KdcubeError {
  return new KdcubeError({
    code: 'release-older',
    message: `${environment} runs ${release} of commit ${short(newer!)}, and ${short(commit)} is an older commit: a deploy would undo what came between them.`,
    hint: `nx run release:rollback:${environment}    rolls back to an earlier release; nx run release:deploy:${environment} --allowOlder    deploys this commit all the same`,
  });
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
