import type { Reason } from './verdict-reason';
import type { SeenDeployment, SeenService, SeenTask } from '../port';

/** A rollout that is mine: what I asked for, and what I saw there before. */
export interface Mine {
  /** The id that UpdateService gave. */
  deployment: string;
  taskDefinition: string;
  /** The revisions that this deploy itself set the service to or found it on: a look that shows one of them may be an old one. */
  before: readonly string[];
  /** Milliseconds since 1970, when it was asked for. */
  since: number;
  /** How often in a row it was not listed. */
  unlisted: number;
}

/**
 * What one look at ECS says of my rollout. Everything but `going-on`, `unlisted` and `follow` ends the watching.
 * `follow`: somebody forced the same task definition anew: what was pinned comes, under another id.
 */
export type Look =
  | { is: 'going-on'; primary: SeenDeployment }
  | { is: 'completed'; primary: SeenDeployment }
  | { is: 'failed'; said: string }
  | { is: 'rolled-back'; said: string; to: SeenDeployment }
  | { is: 'superseded'; by: SeenDeployment }
  | { is: 'follow'; deployment: SeenDeployment }
  | { is: 'gone'; status: string }
  | { is: 'unlisted' };

/** Reads see the past at times: this many looks in a row must agree before what is not there counts as gone. */
export const SURE = 3;

/** By my deployment's id and task definition alone: "steady" and "stable" are said of a rollback too. */
export function lookAt(mine: Mine, service: SeenService | undefined): Look {
  if (!service) return mine.unlisted >= SURE ? { is: 'gone', status: 'MISSING' } : { is: 'unlisted' };
  if (service.status !== 'ACTIVE') return { is: 'gone', status: service.status };
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const own = service.deployments.find(({ id }) => id === mine.deployment);
  if (!primary) return { is: 'unlisted' };
  if (!own) return lookWithoutMine(mine, service, primary);
  if (own === primary) return lookAtPrimary(own);
  if (own.rollout === 'FAILED' || isRollback(primary, mine))
    return { is: 'rolled-back', said: own.reason ?? primary.reason ?? '', to: primary };
  return replacedBy(mine, primary);
}

function lookAtPrimary(own: SeenDeployment): Look {
  if (own.rollout === 'FAILED') return { is: 'failed', said: own.reason ?? '' };
  if (own.rollout === 'COMPLETED') return { is: 'completed', primary: own };
  return { is: 'going-on', primary: own };
}

/** Mine is not listed: not yet, no more, or the answer is an old one. Only what names it, or time, tells which. */
function lookWithoutMine(mine: Mine, service: SeenService, primary: SeenDeployment): Look {
  const failed = service.events.some(
    ({ at, message }) =>
      at >= mine.since - 1000 && message.includes(mine.deployment) && /deployment failed|rolling back/.test(message),
  );
  const back = service.events.some(({ at, message }) => at >= mine.since - 1000 && /rolling back to deployment/.test(message));
  if (failed || (back && isRollback(primary, mine)))
    return { is: 'rolled-back', said: primary.reason ?? 'ECS rolled back.', to: primary };
  if (mine.unlisted < SURE || mine.before.includes(primary.taskDefinition)) return { is: 'unlisted' };
  return replacedBy(mine, primary);
}

/** The old deployment is promoted again, under its old id or under a new one; the words are the same. */
function isRollback(primary: SeenDeployment, { taskDefinition }: Mine): boolean {
  return primary.taskDefinition !== taskDefinition && /rolling back/i.test(primary.reason ?? '');
}

function replacedBy({ taskDefinition }: Mine, primary: SeenDeployment): Look {
  return primary.taskDefinition === taskDefinition ? { is: 'follow', deployment: primary } : { is: 'superseded', by: primary };
}

/** What the running tasks of a completed rollout show. */
export type Images =
  | { are: 'pinned' }
  /** Not one of them reports a digest. */
  | { are: 'unknown' }
  /** Fewer run than are wanted: one was just replaced, or the answer is old. */
  | { are: 'fewer'; running: number }
  | { are: 'others'; task: SeenTask; digest: string };

/** Whether the tasks that run, run what was pinned. An index is pinned by its own digest, and a task reports its child: `digests` has both. */
export function imagesOf(
  tasks: readonly SeenTask[],
  wanted: { taskDefinition: string; container: string; digests: readonly string[]; desired: number },
): Images {
  const running = tasks.filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING');
  const reported = running.map((task) => ({
    task,
    digest: (task.containers.find(({ name }) => name === wanted.container) ?? task.containers[0])?.digest,
  }));
  const other = reported.find(({ digest }) => digest !== undefined && !wanted.digests.includes(digest));
  if (other) return { are: 'others', task: other.task, digest: other.digest! };
  const mine = running.filter(({ taskDefinition }) => taskDefinition === wanted.taskDefinition);
  if (mine.length < wanted.desired) return { are: 'fewer', running: mine.length };
  return reported.length > 0 && reported.every(({ digest }) => digest === undefined) ? { are: 'unknown' } : { are: 'pinned' };
}

/** How a rollout ended for its service: `pinned` is the only good end. */
export type End =
  | { is: 'pinned'; digests: 'seen' | 'unknown' }
  | { is: 'bad'; reason: Reason; rolledBack?: SeenDeployment; superseded?: SeenDeployment };
