import { taskId } from '../../../../deploy/short-names';
import type { ProblemCode } from '../../../../problem/codes';
import type { TaskState } from '../port/port';
import { pause, type Rollout } from '../rollout';
import { failureSignature } from '../verdict/permanent';
import { findReason, type Reason } from '../verdict/reason';
import { withLog } from './task-log';
import { listStoppedTasks } from './timeout';
import type { WatchedDeployment } from './watched-deployment';

/** ECS reports the exit code of a container some time after its task is listed as stopped. After so long it is not waited for any more. Milliseconds. */
export const EXIT_CODE_TIMEOUT = 120_000;

/** Whether a task has all that explains why it stopped. A container that never started has no exit code. */
export function isExplained({ lastStatus, stopCode, stoppedAt, containers }: TaskState, now: number): boolean {
  if (stoppedAt !== undefined && now - stoppedAt > EXIT_CODE_TIMEOUT) return true;
  if (stopCode === 'EssentialContainerExited') return containers.some(({ exitCode }) => exitCode !== undefined);
  return lastStatus === 'STOPPED';
}

/** A deployment that fails again and again is read less often. Milliseconds. */
function readInterval({ stopped: { counted } }: WatchedDeployment): number {
  return counted.size < 4 ? 0 : counted.size < 10 ? 15_000 : 60_000;
}

/** Reads the stopped tasks of our deployment if something may be new, and reports those that failed. No service event reports a container that exited: only its task does. */
export async function pollStoppedTasks(rollout: Rollout, deployment: WatchedDeployment): Promise<void> {
  const { isReadDue, readAt } = deployment.stopped;
  if (isReadDue && rollout.clock.now() - readAt >= readInterval(deployment)) await readStoppedTasks(rollout, deployment);
}

/** Reads the stopped tasks once more before a failure is judged, and waits for the exit code if no task gives a reason yet. */
export async function settleStoppedTasks(rollout: Rollout, deployment: WatchedDeployment): Promise<void> {
  const { clock } = rollout;
  const deadline = clock.now() + EXIT_CODE_TIMEOUT;
  await readStoppedTasks(rollout, deployment);
  const { tasks, failures } = deployment.stopped;
  const isOpen = () => failures.size === 0 && [...tasks.values()].some((task) => !isExplained(task, clock.now()));
  while (isOpen() && clock.now() < deadline) {
    await pause(rollout, 5_000);
    await readStoppedTasks(rollout, deployment);
  }
}

async function readStoppedTasks(rollout: Rollout, deployment: WatchedDeployment): Promise<void> {
  const { step, ours, stopped } = deployment;
  const { clock } = rollout;
  const all = await listStoppedTasks(rollout, step.serviceName);
  // AWS does not respond: they are read again at the next poll.
  if (!all) return;
  stopped.readAt = clock.now();
  for (const task of all) if (task.startedBy === ours.id) stopped.tasks.set(task.arn, task);
  for (const [signature, reasons] of newFailures(deployment, clock.now()))
    await countFailures(rollout, deployment, signature, reasons);
  const isOpen = (task: TaskState) => !stopped.counted.has(task.arn) && !isExplained(task, clock.now());
  stopped.isReadDue = [...stopped.tasks.values()].some(isOpen);
}

/** A later read may have more about these: an exit code, a reason. */
const INCOMPLETE: readonly ProblemCode[] = ['container-crashed', 'rollout-failed'];

/** The failures that were not counted yet, oldest first, by what identical ones have in common. */
function newFailures({ stopped: { tasks, counted } }: WatchedDeployment, now: number): Map<string, Reason[]> {
  const found = new Map<string, Reason[]>();
  const inOrder = [...tasks.values()].sort((a, b) => (a.stoppedAt ?? a.createdAt) - (b.stoppedAt ?? b.createdAt));
  for (const task of inOrder) {
    if (counted.has(task.arn)) continue;
    const reason = findReason([task], []);
    if (!reason || (!isExplained(task, now) && INCOMPLETE.includes(reason.code))) continue;
    counted.add(task.arn);
    const signature = failureSignature(reason);
    found.set(signature, [...(found.get(signature) ?? []), reason]);
  }
  return found;
}

/** The first failure of a kind is reported with its log; then a count each time that it has doubled, with the log only if it is another one. */
async function countFailures(
  rollout: Rollout,
  deployment: WatchedDeployment,
  signature: string,
  reasons: readonly Reason[],
): Promise<void> {
  const { step, stopped } = deployment;
  const known = stopped.failures.get(signature);
  const before = known?.count ?? 0;
  const count = before + reasons.length;
  if (known) known.count = count;
  if (known && Math.floor(Math.log2(count)) === Math.floor(Math.log2(before))) return;
  const newest = reasons.at(-1)!;
  const reason = await withLog(rollout, newest, step.container);
  const { text, lines = [] } = reason;
  const isSameLog = known !== undefined && lines.join('\n') === (known.reason.lines ?? []).join('\n');
  stopped.failures.set(signature, { reason, count });
  const task = taskId(newest.task!.arn);
  rollout.report({ event: 'task-stopped', service: step.service, task, reason: text, lines: isSameLog ? [] : lines, count });
  deployment.reportedAt = rollout.clock.now();
}
