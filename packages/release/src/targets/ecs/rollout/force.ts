import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { SeenTask } from './port';
import { activeForceFlags } from '../plan/force-flags';
import { FORCE_LOCK_MS } from '../../../deploy/registry-step';
import { definitionOf, pause, type Run } from './rollout';

/** Whether a task of this run's forced revision ever ran: only that writes the registry. */
export async function wasForced(run: Run, step: ServiceStep): Promise<boolean> {
  if (run.forced!.done) return true;
  return (await startedTasks(run, step)).some(({ taskDefinition }) => taskDefinition === run.forced!.taskDefinition);
}

/** Waits until the lock of the last force is over, whoever forced: a second one within it would do nothing. */
export async function waitForLock(run: Run, step: ServiceStep): Promise<void> {
  const recent = (await startedTasks(run, step)).filter(({ startedAt }) => startedAt! + FORCE_LOCK_MS > run.clock.now());
  const forced: number[] = [];
  for (const { taskDefinition, startedAt } of recent) {
    const definition = await definitionOf(run, taskDefinition);
    if (definition && activeForceFlags(definition).length > 0) forced.push(startedAt!);
  }
  const left = Math.max(0, ...forced) + FORCE_LOCK_MS - run.clock.now();
  // Never longer than the lock itself, whatever a clock says.
  if (left > 0) await pause(run, Math.min(left, FORCE_LOCK_MS));
}

async function startedTasks(run: Run, { serviceName }: ServiceStep): Promise<SeenTask[]> {
  const running = await run.ecs.serviceTasks(serviceName, 'RUNNING');
  const stopped = await run.ecs.serviceTasks(serviceName, 'STOPPED');
  return [...running, ...stopped].filter(({ startedAt }) => startedAt !== undefined);
}
