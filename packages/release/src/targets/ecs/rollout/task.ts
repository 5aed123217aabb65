import { taskId } from '../../../deploy/short-names';
import { KdcubeError } from '../../../problem/problem';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { SeenService, SeenTask } from './port';
import { checkStop, pause, withLines, type Run } from './rollout';
import { familyOf } from './register';
import { reasonOf, type Reason } from './verdict/verdict-reason';
import { after } from './words';

/**
 * A task that runs once and must end with 0 (postgres-setup). An earlier run may have started it: one that still runs is waited for, one that ended well for the same plan
 * is not run again, and one that failed is another attempt.
 */
export async function runOnce(run: Run, step: ServiceStep, services: readonly SeenService[]): Promise<Reason | undefined> {
  const taskDefinition = run.to.get(step.service)!;
  const startedBy = `kdcube-${run.options.id.slice(0, 20)}`;
  const family = familyOf(taskDefinition);
  const ours = async (status: 'RUNNING' | 'STOPPED', by: string) =>
    (await run.ecs.familyTasks(family, status)).filter(
      (task) => task.startedBy?.startsWith(by) === true && task.taskDefinition === taskDefinition,
    );
  // Whichever plan started it: two at the same time are never wanted.
  const [running] = await ours('RUNNING', 'kdcube-');
  if (running) return ended(run, step, running);
  const stopped = await ours('STOPPED', startedBy);
  if (stopped.some((task) => isGood(task, step))) {
    run.say({ event: 'note', text: `${step.service} ended well in an earlier run of this plan` });
    return undefined;
  }
  checkStop(run);
  run.wrote = true;
  const token = `${startedBy}-${stopped.length + 1}`;
  const placement = placementOf(services, step);
  return ended(run, step, await run.ecs.run({ taskDefinition, token, startedBy, placement }));
}

/** Where it runs: as the environment's own services do. The plan says nothing of subnets. */
function placementOf(services: readonly SeenService[], step: ServiceStep): Record<string, unknown> {
  const own = services.find(({ name }) => name === step.serviceName) ?? services[0];
  if (own) return own.placement;
  throw new KdcubeError({
    code: 'service-missing',
    message: `${step.service} runs where the services of the environment run, and there is none.`,
  });
}

async function ended(run: Run, step: ServiceStep, task: SeenTask): Promise<Reason | undefined> {
  const startedAt = run.clock.now();
  const id = taskId(task.arn);
  run.say({ event: 'task', service: step.service, task: id, taskDefinition: task.taskDefinition });
  run.inFlight.set(step.service, `runs as the task ${id}`);
  let now: SeenTask | undefined = task;
  let spokeAt = startedAt;
  while (now?.lastStatus !== 'STOPPED') {
    const elapsed = run.clock.now() - startedAt;
    if (elapsed >= run.options.timeout)
      return {
        code: 'rollout-timeout',
        text: `It was still ${now?.lastStatus ?? 'starting'} ${after(elapsed)}.`,
        task: now ?? task,
      };
    if (run.clock.now() - spokeAt >= 15_000) {
      spokeAt = run.clock.now();
      run.say({
        event: 'waiting',
        service: step.service,
        text: `the task is ${now?.lastStatus ?? 'not listed yet'}, ${after(elapsed)}`,
      });
    }
    await pause(run, elapsed < 60_000 ? 5_000 : 10_000);
    now = (await run.ecs.task(task.arn)) ?? now;
  }
  run.inFlight.delete(step.service);
  if (isGood(now, step)) {
    const milliseconds = run.clock.now() - startedAt;
    run.say({ event: 'completed', service: step.service, taskDefinition: now.taskDefinition, milliseconds, digests: 'seen' });
    return undefined;
  }
  if (ownOf(now, step)?.exitCode === 0)
    return { code: 'wrong-image', text: `It ran ${ownOf(now, step)?.digest}, and ${step.image.after} was pinned.`, task: now };
  const known = reasonOf([now], []) ?? {
    code: 'task-failed' as const,
    text: now.stoppedReason ?? 'It ended without a reason.',
    task: now,
  };
  const code = known.code === 'container-crashed' ? ('task-failed' as const) : known.code;
  const reason = await withLines(run, { ...known, code }, step.container);
  run.say({ event: 'stopped', service: step.service, task: id, reason: reason.text, lines: reason.lines ?? [] });
  return reason;
}

function isGood(task: SeenTask, step: ServiceStep): boolean {
  const own = ownOf(task, step);
  return own?.exitCode === 0 && (own.digest === undefined || step.digests.includes(own.digest));
}

function ownOf({ containers }: SeenTask, { container }: ServiceStep) {
  return containers.find(({ name }) => name === container) ?? containers[0];
}
