import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { FORCE_LOCK_MS } from '../../../../deploy/registry-step';
import { activeForceFlags } from '../../plan/force-flags';
import type { TaskState } from '../port/port';
import { getTaskDefinition, pause, type Rollout } from '../rollout';

/** Whether a task of the forced revision ever started: only such a task overwrites the registry in Redis. */
export async function hasForcedRegistry(rollout: Rollout, step: ServiceStep): Promise<boolean> {
  const { progress, revisions } = rollout;
  if (progress.isRegistryForced) return true;
  const tasks = await listStartedTasks(rollout, step);
  return tasks.some(({ taskDefinition }) => taskDefinition === revisions.forced!.taskDefinition);
}

/** Waits until the platform's lock of the last forced start has expired, also after another deploy: a second forced start within it has no effect. */
export async function waitForRegistryLock(rollout: Rollout, step: ServiceStep): Promise<void> {
  const { clock } = rollout;
  const recent = (await listStartedTasks(rollout, step)).filter(({ startedAt }) => startedAt! + FORCE_LOCK_MS > clock.now());
  const forced: number[] = [];
  for (const { taskDefinition, startedAt } of recent) {
    const definition = await getTaskDefinition(rollout, taskDefinition);
    if (definition && activeForceFlags(definition).length > 0) forced.push(startedAt!);
  }
  const left = Math.max(0, ...forced) + FORCE_LOCK_MS - clock.now();
  // Never longer than the lock itself, even if a clock is wrong.
  if (left > 0) await pause(rollout, Math.min(left, FORCE_LOCK_MS));
}

async function listStartedTasks({ ecs }: Rollout, { serviceName }: ServiceStep): Promise<TaskState[]> {
  const running = await ecs.listServiceTasks(serviceName, 'RUNNING');
  const stopped = await ecs.listServiceTasks(serviceName, 'STOPPED');
  return [...running, ...stopped].filter(({ startedAt }) => startedAt !== undefined);
}
