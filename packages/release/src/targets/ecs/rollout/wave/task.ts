import { taskId } from '../../../../deploy/short-names';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { KdcubeError } from '../../../../problem/problem';
import type { ServiceState, TaskState } from '../port/port';
import { familyOf } from '../register';
import { pause, write, type Rollout } from '../rollout';
import { EXIT_CODE_TIMEOUT, isExplained } from './stopped-tasks';
import { withLog } from './task-log';
import { formatElapsed } from './text';
import { findReason, type Reason } from '../verdict/reason';

const SILENCE_MS = 15_000;

interface TaskOptions {
  /** What its `startedBy` begins with: tasks of another purpose are not its earlier runs. */
  purpose?: string;
  command?: string[];
  /** It runs again even if it succeeded before. */
  repeats?: boolean;
  /** Default: the revision that the service ends on. */
  taskDefinition?: string;
}

/**
 * Runs a one-off task that must exit with 0 (postgres-setup). A task that an earlier run started is waited for; one that succeeded for the same plan is not run again; one that failed is
 * tried again. Returns why it failed.
 */
export async function runTask(
  rollout: Rollout,
  step: ServiceStep,
  services: readonly ServiceState[],
  {
    purpose = 'kdcube',
    command,
    repeats = false,
    taskDefinition = rollout.revisions.target.get(step.service)!,
  }: TaskOptions = {},
): Promise<Reason | undefined> {
  const startedBy = `${purpose}-${rollout.options.planId.slice(0, 20)}`;
  const list = async (status: 'RUNNING' | 'STOPPED', prefix: string) =>
    (await rollout.ecs.listFamilyTasks(familyOf(taskDefinition), status)).filter(
      (task) => task.startedBy?.startsWith(prefix) === true && (repeats || task.taskDefinition === taskDefinition),
    );
  // Of any plan: two must never run at the same time.
  const [running] = await list('RUNNING', `${purpose}-`);
  if (running) {
    const reason = await waitForTask(rollout, step, running);
    if (!repeats) return reason;
  }
  const stopped = await Promise.all((await list('STOPPED', startedBy)).map((task) => awaitExitCode(rollout, task)));
  if (!repeats && stopped.some((task) => hasSucceeded(task, step))) {
    rollout.report({ event: 'note', text: `${step.service} succeeded in an earlier run of this plan` });
    return undefined;
  }
  const token = `${startedBy}-${stopped.length + 1}`;
  const placement = placementOf(services, step);
  const override = command && { command: { container: step.container, command } };
  return waitForTask(
    rollout,
    step,
    await write(rollout, () => rollout.ecs.runTask({ taskDefinition, token, startedBy, placement, ...override })),
  );
}

/** It runs where the services of the environment run: the plan has no subnets. */
function placementOf(services: readonly ServiceState[], step: ServiceStep): Record<string, unknown> {
  const service = services.find(({ name }) => name === step.serviceName) ?? services[0];
  if (service) return service.placement;
  throw new KdcubeError({
    code: 'service-missing',
    message: `${step.service} takes its network from the services of the environment, and there is none.`,
  });
}

async function waitForTask(rollout: Rollout, step: ServiceStep, task: TaskState): Promise<Reason | undefined> {
  const { clock, progress } = rollout;
  const startedAt = clock.now();
  const id = taskId(task.arn);
  rollout.report({ event: 'task-started', service: step.service, task: id, taskDefinition: task.taskDefinition });
  progress.inFlight.set(step.service, `runs as the task ${id}`);
  const stopped = await pollTask(rollout, step, task);
  if (stopped.lastStatus !== 'STOPPED') {
    const text = `It was still ${stopped.lastStatus} ${formatElapsed(clock.now() - startedAt)}.`;
    return { code: 'rollout-timeout', text, task: stopped };
  }
  progress.inFlight.delete(step.service);
  if (hasSucceeded(stopped, step)) {
    const { taskDefinition } = stopped;
    const milliseconds = clock.now() - startedAt;
    rollout.report({ event: 'completed', service: step.service, taskDefinition, milliseconds, digests: 'verified' });
    return undefined;
  }
  const container = findContainer(stopped, step);
  if (container?.exitCode === 0)
    return {
      code: 'wrong-image',
      text: `The task ran ${container.digest}, and ${step.image.after} was pinned.`,
      task: stopped,
    };
  const reason = await failureReason(rollout, step, stopped);
  rollout.report({
    event: 'task-stopped',
    service: step.service,
    task: id,
    reason: reason.text,
    lines: reason.lines ?? [],
    count: 1,
  });
  return reason;
}

/** Until it stops, or the time is over. */
async function pollTask(rollout: Rollout, step: ServiceStep, task: TaskState): Promise<TaskState> {
  const { clock, options } = rollout;
  const startedAt = clock.now();
  let current = task;
  let reportedAt = startedAt;
  while (current.lastStatus !== 'STOPPED') {
    const elapsed = clock.now() - startedAt;
    if (elapsed >= options.timeout) return current;
    if (clock.now() - reportedAt >= SILENCE_MS) {
      reportedAt = clock.now();
      const text = `the task is ${current.lastStatus}, ${formatElapsed(elapsed)}`;
      rollout.report({ event: 'waiting', service: step.service, text });
    }
    await pause(rollout, elapsed < 60_000 ? 5_000 : 10_000);
    current = (await rollout.ecs.describeTask(task.arn)) ?? current;
  }
  return awaitExitCode(rollout, current);
}

/** ECS reports the exit code some time after it lists the task as STOPPED. */
async function awaitExitCode(rollout: Rollout, task: TaskState): Promise<TaskState> {
  const deadline = rollout.clock.now() + EXIT_CODE_TIMEOUT;
  let current = task;
  while (!isExplained(current, rollout.clock.now()) && rollout.clock.now() < deadline) {
    await pause(rollout, 5_000);
    current = (await rollout.ecs.describeTask(task.arn)) ?? current;
  }
  return current;
}

async function failureReason(rollout: Rollout, step: ServiceStep, task: TaskState): Promise<Reason> {
  const reason = findReason([task], []) ?? {
    code: 'task-failed' as const,
    text: task.stoppedReason ?? 'It stopped without a reason.',
    task,
  };
  const code = reason.code === 'container-crashed' ? 'task-failed' : reason.code;
  return withLog(rollout, { ...reason, code }, step.container);
}

function hasSucceeded(task: TaskState, step: ServiceStep): boolean {
  const container = findContainer(task, step);
  const isPinned = (digest: string) => step.digests.length === 0 || step.digests.includes(digest);
  return container?.exitCode === 0 && (container.digest === undefined || isPinned(container.digest));
}

function findContainer({ containers }: TaskState, { container }: ServiceStep) {
  return containers.find(({ name }) => name === container) ?? containers[0];
}
