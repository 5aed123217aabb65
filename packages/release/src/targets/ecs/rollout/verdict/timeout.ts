import { formatTaskCount } from '../../../../deploy/short-names';
import type { ServiceState, TargetHealth, TaskState } from '../port/port';
import type { Unresolved } from './reason';
import { compareImages, imageEvidence, type ExpectedTasks, type ImageEvidence } from './verdict';

/** The health of a service whose deployment ECS has not called COMPLETED in time. `unknown`: ECS may still roll it back, or its health cannot be read. */
export type TaskHealth =
  | { state: 'healthy'; digests: ImageEvidence }
  | { state: 'unhealthy'; text: string }
  | { state: 'wrong-image'; task: TaskState; digest: string }
  | { state: 'unknown'; unresolved: Unresolved; text: string };

export interface ExpectedHealth extends ExpectedTasks {
  /** The containers whose health checks must pass. */
  checkedContainers: readonly string[];
}

/** What a target group reports, or why it cannot be read. */
export type TargetGroupHealth = { group: string; targets: readonly TargetHealth[] } | { group: string; problem: string };

/** A task that has run for so long has started up. */
const STABLE_AFTER_MS = 120_000;

/** The tasks that ECS wants. One that ECS has stopped and that still runs is not one of them. */
export function desiredTasks(tasks: readonly TaskState[]): TaskState[] {
  return tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
}

/** Judges by the tasks alone. `tasks`: those that ECS wants. */
export function healthOfTasks(tasks: readonly TaskState[], expected: ExpectedHealth, now: number): TaskHealth {
  const missing = describeMissing(tasks, expected, now);
  if (missing !== undefined) return { state: 'unhealthy', text: missing };
  const images = compareImages(tasks, expected);
  if (images.result === 'mismatch' && expected.digests.length > 0)
    return { state: 'wrong-image', task: images.task, digest: images.digest };
  return { state: 'healthy', digests: imageEvidence(images) };
}

function describeMissing(
  tasks: readonly TaskState[],
  { taskDefinition, desired, checkedContainers }: ExpectedHealth,
  now: number,
): string | undefined {
  const old = tasks.filter((task) => task.taskDefinition !== taskDefinition).length;
  if (old > 0) return `ECS still wants ${formatTaskCount(old)} of another revision.`;
  if (tasks.length !== desired) return `The desired count is ${desired}, and there are ${tasks.length}.`;
  const countUnless = (isGood: (task: TaskState) => boolean) => tasks.filter((task) => !isGood(task)).length;
  const starting = countUnless(({ lastStatus }) => lastStatus === 'RUNNING');
  if (starting > 0) return `${starting} of ${formatTaskCount(desired)} not running yet.`;
  const young = countUnless(({ startedAt = now }) => now - startedAt >= STABLE_AFTER_MS);
  if (young > 0) return `${young} of ${formatTaskCount(desired)} running for less than ${STABLE_AFTER_MS / 60_000} minutes.`;
  const unhealthy = countUnless((task) => passesHealthChecks(task, checkedContainers));
  return unhealthy > 0 ? `${unhealthy} of ${formatTaskCount(desired)} not healthy by the container health check.` : undefined;
}

function passesHealthChecks({ health, containers }: TaskState, checkedContainers: readonly string[]): boolean {
  const isHealthy = (name: string) => containers.find((container) => container.name === name)?.health === 'HEALTHY';
  return health !== 'UNHEALTHY' && checkedContainers.every(isHealthy);
}

/** Adds what the load balancers report, and the alarms. A target group that reports an unhealthy task outweighs one that cannot be read. */
export function healthBehindLoadBalancers(
  health: TaskHealth,
  tasks: readonly TaskState[],
  groups: readonly TargetGroupHealth[],
  { hasAlarms }: Pick<ServiceState, 'hasAlarms'>,
): TaskHealth {
  if (health.state !== 'healthy') return health;
  const found = groups.map((group) => healthInTargetGroup(tasks, group));
  const worst = found.find((one) => one?.state === 'unhealthy') ?? found.find((one) => one !== undefined);
  if (worst) return worst;
  if (!hasAlarms) return health;
  return {
    state: 'unknown',
    unresolved: { what: 'alarms' },
    text: 'ECS still watches the alarms of the deployment, and may roll back.',
  };
}

/** Undefined if all tasks are healthy. */
function healthInTargetGroup(tasks: readonly TaskState[], read: TargetGroupHealth): TaskHealth | undefined {
  const arn = read.group;
  const unresolved: Unresolved = { what: 'target-group', arn };
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  if ('problem' in read)
    return { state: 'unknown', unresolved, text: `The health in the target group ${name} is unknown. ${read.problem}` };
  const notHealthy = targetHealthOfTasks(tasks, read.targets).filter(({ state }) => state !== 'healthy');
  const unhealthy = notHealthy.filter(({ state }) => state !== 'unavailable');
  const states = [...new Set((unhealthy.length > 0 ? unhealthy : notHealthy).map(describeTargetHealth))].join(', ');
  if (unhealthy.length > 0)
    return {
      state: 'unhealthy',
      text: `${unhealthy.length} of ${formatTaskCount(tasks.length)} not healthy in the target group ${name}: ${states}.`,
    };
  if (notHealthy.length === 0) return undefined;
  return { state: 'unknown', unresolved, text: `The target group ${name} does not report health: ${states}.` };
}

type TaskTargetHealth = Pick<TargetHealth, 'state' | 'reason'> | { state: 'not registered'; reason?: string };

/**
 * The health of each task, by its address. Tasks in the host's network have no address of their own: then all targets that are not draining count, and there must be as many as tasks.
 */
function targetHealthOfTasks(tasks: readonly TaskState[], targets: readonly TargetHealth[]): TaskTargetHealth[] {
  if (tasks.some(({ addresses = [] }) => addresses.length === 0)) {
    const remaining = targets.filter(({ state }) => state !== 'draining' && state !== 'unhealthy.draining');
    const missing = Math.max(0, tasks.length - remaining.length);
    return [...remaining, ...Array.from({ length: missing }, () => ({ state: 'not registered' as const }))];
  }
  return tasks.map(({ addresses = [] }) => {
    const registered = targets.filter(({ id }) => addresses.includes(id));
    return registered.find(({ state }) => state !== 'healthy') ?? registered[0] ?? { state: 'not registered' };
  });
}

function describeTargetHealth({ state, reason }: TaskTargetHealth): string {
  return reason === undefined ? state : `${state} (${reason})`;
}
