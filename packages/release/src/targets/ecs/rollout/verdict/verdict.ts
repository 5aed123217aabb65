import type { DeploymentState, ServiceState, TaskState } from '../port/port';
import type { Reason } from './reason';

/** A deployment that this rollout started, or resumed. */
export interface OurDeployment {
  /** The id that UpdateService returned. */
  id: string;
  taskDefinition: string;
  /** The revisions through which this rollout takes the service: a read that shows one of them may be stale. */
  previous: readonly string[];
  /** Milliseconds since 1970. */
  startedAt: number;
  /** When ECS created it, by the clock of ECS. Only of an update that this run sent. */
  createdAt?: number;
  /** How many reads in a row did not list it. */
  missedReads: number;
}

/** What a read of the service shows about our deployment. All but `in-progress`, `unlisted` and `restarted` end the watch. */
export type DeploymentProgress =
  | { state: 'in-progress'; primary: DeploymentState }
  | { state: 'completed'; primary: DeploymentState }
  | { state: 'failed'; message: string }
  | { state: 'rolled-back'; message: string; to: DeploymentState }
  | { state: 'superseded'; by: DeploymentState }
  /** A new deployment of the same revision replaced ours: what was pinned still comes up. */
  | { state: 'restarted'; deployment: DeploymentState }
  | { state: 'gone'; status: string }
  | { state: 'unlisted' };

/** Reads of ECS are eventually consistent: so many in a row must agree that something is missing. */
export const CONFIRMING_READS = 3;

/** Judges by the id and the revision of our deployment alone: ECS reports a steady, stable service after a rollback too. */
export function classifyDeployment(ours: OurDeployment, service: ServiceState | undefined): DeploymentProgress {
  if (!service) return ours.missedReads >= CONFIRMING_READS ? { state: 'gone', status: 'MISSING' } : { state: 'unlisted' };
  if (service.status !== 'ACTIVE') return { state: 'gone', status: service.status };
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const deployment = service.deployments.find(({ id }) => id === ours.id);
  if (!primary) return { state: 'unlisted' };
  if (!deployment) return classifyUnlisted(ours, service, primary);
  if (deployment === primary) return classifyPrimary(primary);
  if (deployment.rollout === 'FAILED' || isRollback(primary, ours))
    return { state: 'rolled-back', message: deployment.reason ?? primary.reason ?? '', to: primary };
  return classifyReplacement(ours, primary);
}

function classifyPrimary(primary: DeploymentState): DeploymentProgress {
  if (primary.rollout === 'FAILED') return { state: 'failed', message: primary.reason ?? '' };
  if (primary.rollout === 'COMPLETED') return { state: 'completed', primary };
  return { state: 'in-progress', primary };
}

/** Our deployment is not listed: not yet, no longer, or the read is stale. Only an event that names it, or repeated reads, decide. */
function classifyUnlisted(ours: OurDeployment, service: ServiceState, primary: DeploymentState): DeploymentProgress {
  const events = service.events.filter(({ at }) => at >= ours.startedAt - 1000);
  const hasFailed = events.some(({ message }) => message.includes(ours.id) && /deployment failed|rolling back/.test(message));
  const isRollingBack = events.some(({ message }) => /rolling back to deployment/.test(message));
  if (hasFailed || (isRollingBack && isRollback(primary, ours)))
    return { state: 'rolled-back', message: primary.reason ?? 'ECS rolled back.', to: primary };
  if (ours.missedReads < CONFIRMING_READS || ours.previous.includes(primary.taskDefinition)) return { state: 'unlisted' };
  return classifyReplacement(ours, primary);
}

/** ECS makes the previous deployment PRIMARY again, under its old id or under a new one; the reason is the same. */
function isRollback(primary: DeploymentState, { taskDefinition }: OurDeployment): boolean {
  return primary.taskDefinition !== taskDefinition && /rolling back/i.test(primary.reason ?? '');
}

function classifyReplacement({ taskDefinition }: OurDeployment, primary: DeploymentState): DeploymentProgress {
  return primary.taskDefinition === taskDefinition
    ? { state: 'restarted', deployment: primary }
    : { state: 'superseded', by: primary };
}

/** The tasks that should run. */
export interface ExpectedTasks {
  taskDefinition: string;
  container: string;
  /** Of the pinned image: a task may report the digest of its index, or of the manifest for its platform. Empty in a rollback, where they are not known. */
  digests: readonly string[];
  desired: number;
}

export type ImageComparison =
  | { result: 'match' }
  /** No task reports a digest. */
  | { result: 'unknown' }
  /** No task is wanted, and none runs. */
  | { result: 'no-tasks' }
  /** Fewer tasks run than desired: one was just replaced, or the read is stale. */
  | { result: 'too-few'; running: number }
  | { result: 'mismatch'; task: TaskState; digest: string };

/** Compares the images of the running tasks with what was pinned. */
export function compareImages(tasks: readonly TaskState[], expected: ExpectedTasks): ImageComparison {
  const running = tasks.filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING');
  const reported = running.map((task) => ({
    task,
    digest: (task.containers.find(({ name }) => name === expected.container) ?? task.containers[0])?.digest,
  }));
  const other = reported.find(({ digest }) => digest !== undefined && !expected.digests.includes(digest));
  if (other) return { result: 'mismatch', task: other.task, digest: other.digest! };
  const ours = running.filter(({ taskDefinition }) => taskDefinition === expected.taskDefinition);
  if (ours.length < expected.desired) return { result: 'too-few', running: ours.length };
  if (running.length === 0) return { result: 'no-tasks' };
  const hasDigests = reported.some(({ digest }) => digest !== undefined);
  return hasDigests ? { result: 'match' } : { result: 'unknown' };
}

/** What the running tasks prove about their images. `unknown`: none reports a digest. `no-tasks`: the service is scaled to 0. */
export type ImageEvidence = 'verified' | 'unknown' | 'no-tasks';

export function imageEvidence({ result }: ImageComparison): ImageEvidence {
  return result === 'unknown' || result === 'no-tasks' ? result : 'verified';
}

/** How our deployment of a service ended. `succeeded`: all desired tasks run what was pinned. */
export type DeploymentResult =
  | { outcome: 'succeeded'; digests: ImageEvidence }
  /** It is at the stage that was asked for, and ECS continues on its own: nothing is said about its end. */
  | { outcome: 'reached'; stage: string }
  | { outcome: 'failed'; reason: Reason; rolledBackTo?: DeploymentState };
