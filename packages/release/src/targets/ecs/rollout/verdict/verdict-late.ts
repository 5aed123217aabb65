import { formatTaskCount } from '../../../../deploy/short-names';
import type { SeenService, SeenTarget, SeenTask } from '../port';
import { imagesOf } from './verdict';
import type { Open } from './verdict-reason';

/**
 * What there is when the time is over and ECS has not called a rollout completed. `unknown`: it may still be undone, or nobody says whether it is well.
 */
export type Stand =
  | { is: 'there'; digests: 'seen' | 'unknown' }
  | { is: 'missing'; text: string }
  | { is: 'others'; task: SeenTask; digest: string }
  | { is: 'unknown'; open: Open; text: string };

export interface WantedTasks {
  taskDefinition: string;
  container: string;
  /** Empty on the way back: which digests stood there before is not always known. */
  digests: readonly string[];
  /** The containers whose own health check counts. */
  checked: readonly string[];
}

/** A target group, and what it says; or why it may not be asked. */
export type Asked = { group: string; targets: readonly SeenTarget[] } | { group: string; problem: string };

/** A task that has run for so long has its start behind it. Milliseconds. */
const SETTLED = 120_000;

/** Those that ECS wants. One that was told to stop, and does not end, is not one of them. */
export function wantedOnes(tasks: readonly SeenTask[]): SeenTask[] {
  return tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
}

/** By the tasks alone. `tasks`: those that ECS wants. */
export function standOfTasks(tasks: readonly SeenTask[], desired: number, wanted: WantedTasks, now: number): Stand {
  const missing = missingOf(tasks, desired, wanted, now);
  if (missing !== undefined) return { is: 'missing', text: missing };
  const images = imagesOf(tasks, { ...wanted, desired });
  if (images.are === 'others' && wanted.digests.length > 0) return { is: 'others', task: images.task, digest: images.digest };
  return { is: 'there', digests: images.are === 'unknown' ? 'unknown' : 'seen' };
}

function missingOf(
  tasks: readonly SeenTask[],
  desired: number,
  { taskDefinition, checked }: WantedTasks,
  now: number,
): string | undefined {
  const old = tasks.filter((task) => task.taskDefinition !== taskDefinition).length;
  if (old > 0) return `ECS still wants ${formatTaskCount(old)} of another revision.`;
  if (tasks.length !== desired || desired === 0)
    return `The service wants ${formatTaskCount(desired)}, and ${tasks.length} are there.`;
  const not = (fits: (task: SeenTask) => boolean) => tasks.filter((task) => !fits(task)).length;
  const idle = not(({ lastStatus }) => lastStatus === 'RUNNING');
  if (idle > 0) return `Of ${formatTaskCount(desired)}, ${idle} not running yet.`;
  const young = not(({ startedAt = now }) => now - startedAt >= SETTLED);
  if (young > 0) return `Of ${formatTaskCount(desired)}, ${young} running for less than ${SETTLED / 60_000} minutes.`;
  const ill = not((task) => isHealthy(task, checked));
  return ill > 0 ? `Of ${formatTaskCount(desired)}, ${ill} not healthy by the health check of a container.` : undefined;
}

function isHealthy({ health, containers }: SeenTask, checked: readonly string[]): boolean {
  const isWell = (name: string) => containers.find((container) => container.name === name)?.health === 'HEALTHY';
  return health !== 'UNHEALTHY' && checked.every(isWell);
}

/** By the load balancers too, and by what may still undo it. A group that finds a task unhealthy says more than one that may not be asked. */
export function standBehind(
  there: Stand,
  tasks: readonly SeenTask[],
  groups: readonly Asked[],
  { hasAlarms }: Pick<SeenService, 'hasAlarms'>,
): Stand {
  if (there.is !== 'there') return there;
  const found = groups.map((asked) => standIn(tasks, asked));
  const worst = found.find((one) => one?.is === 'missing') ?? found.find((one) => one !== undefined);
  if (worst) return worst;
  if (!hasAlarms) return there;
  return { is: 'unknown', open: { of: 'alarms' }, text: 'ECS still watches the alarms of the deployment, and may roll it back.' };
}

function standIn(tasks: readonly SeenTask[], asked: Asked): Stand | undefined {
  const { group } = asked;
  const open: Open = { of: 'targets', group };
  const short = group.slice(group.lastIndexOf(':') + 1);
  if ('problem' in asked)
    return { is: 'unknown', open, text: `What the load balancer says (${short}) is not known. ${asked.problem}` };
  const states = statesOf(tasks, asked.targets).filter(({ state }) => state !== 'healthy');
  const bad = states.filter(({ state }) => state !== 'unavailable');
  const words = [...new Set((bad.length > 0 ? bad : states).map(stateWords))].join(', ');
  if (bad.length > 0)
    return {
      is: 'missing',
      text: `Of ${formatTaskCount(tasks.length)}, ${bad.length} not healthy for the load balancer (${short}): ${words}.`,
    };
  if (states.length === 0) return undefined;
  return {
    is: 'unknown',
    open,
    text: `The load balancer (${short}) does not say whether it is healthy: ${words}.`,
  };
}

type State = Pick<SeenTarget, 'state' | 'reason'> | { state: 'not registered'; reason?: string };

/**
 * What a group says of each task, by its address. Tasks on the network of their machine have none of their own: then all targets that are not about to go are meant, and there must be as many.
 */
function statesOf(tasks: readonly SeenTask[], targets: readonly SeenTarget[]): State[] {
  if (tasks.some(({ addresses = [] }) => addresses.length === 0)) {
    const kept = targets.filter(({ state }) => state !== 'draining' && state !== 'unhealthy.draining');
    const lacking = Math.max(0, tasks.length - kept.length);
    return [...kept, ...Array.from({ length: lacking }, () => ({ state: 'not registered' as const }))];
  }
  return tasks.map(({ addresses = [] }) => {
    const own = targets.filter(({ id }) => addresses.includes(id));
    return own.find(({ state }) => state !== 'healthy') ?? own[0] ?? { state: 'not registered' };
  });
}

function stateWords({ state, reason }: State): string {
  return reason === undefined ? state : `${state} (${reason})`;
}
