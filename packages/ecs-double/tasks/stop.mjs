// The end of a task, asked for or not: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html (stopCode) and .../stopped-task-errors.html.
import { reconcileSoon } from '../state/reconcile.mjs';
import { onTaskStopped } from './task-events.mjs';
import { schedule, setStatus, stopTimers } from './timers.mjs';

/** @import { Task, World } from '../state/types.d.ts' */

/** "Stopped tasks only appear … for at least 1 hour": .../developerguide/stopped-task-errors.html */
const STOPPED_TASK_RETENTION = 3600;

/**
 * A requested stop: SIGTERM, and SIGKILL after the stop timeout.
 * @param {World} world
 * @param {Task} task
 * @param {{ code: string, reason: string }} options
 */
export function stopTask(world, task, { code, reason }) {
  if (task.desiredStatus === 'STOPPED') return undefined;
  stopTimers(task);
  Object.assign(task, { desiredStatus: 'STOPPED', stopCode: code, stoppedReason: reason, stoppingAt: world.clock.now() });
  // "the container agent tracks these changes as the last known status (lastStatus) of the task and the desired status": .../task-lifecycle-explanation.html. An agent that does not respond changes nothing.
  if (task.lastStatus !== 'RUNNING' || world.timing.agent === 0) return shutDown(world, task);
  if (task.service) reconcileSoon(world, task.service);
  return schedule(world, task, world.timing.agent, () => shutDown(world, task));
}

/**
 * @param {World} world
 * @param {Task} task
 */
function shutDown(world, task) {
  const ran = task.lastStatus === 'RUNNING';
  const drains = ran && (task.service?.settings.loadBalancers ?? []).length > 0;
  setStatus(world, task, ran ? 'DEACTIVATING' : 'DEPROVISIONING');
  if (!ran) return deprovision(world, task);
  return schedule(world, task, drains ? world.timing.drain : 0, () => {
    setStatus(world, task, 'STOPPING');
    schedule(world, task, task.rule.ignoresSigterm ? stopTimeout(task) : world.timing.stop, () => {
      for (const container of task.containers)
        if (container.lastStatus === 'RUNNING')
          Object.assign(container, { lastStatus: 'STOPPED', exitCode: task.rule.ignoresSigterm ? 137 : 0 });
      task.executionStoppedAt = world.clock.now();
      setStatus(world, task, 'DEPROVISIONING');
      deprovision(world, task);
    });
  });
}

/**
 * API_ContainerDefinition.html, "stopTimeout": 30 seconds unless given.
 * @param {Task} task
 */
function stopTimeout(task) {
  return Math.max(...task.definition.containerDefinitions.map((one) => one.stopTimeout ?? 30));
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {string} reason
 */
export function failToStart(world, task, reason) {
  for (const container of task.containers) container.lastStatus = 'STOPPED';
  // The container carries the pull error too, as API_Container.html's "reason".
  if (reason.startsWith('CannotPull')) task.containers[0].reason = reason;
  stopByItself(world, task, { code: 'TaskFailedToStart', reason });
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {{ code: string, reason: string }} options
 */
export function stopByItself(world, task, { code, reason }) {
  stopTimers(task);
  const now = world.clock.now();
  Object.assign(task, {
    desiredStatus: 'STOPPED',
    stopCode: code,
    stoppedReason: reason,
    stoppingAt: now,
    executionStoppedAt: now,
  });
  for (const container of task.containers)
    if (container.lastStatus === 'RUNNING') Object.assign(container, { lastStatus: 'STOPPED', exitCode: 143 });
  setStatus(world, task, 'DEPROVISIONING');
  onTaskStopped(world, task);
  deprovision(world, task);
}

/**
 * @param {World} world
 * @param {Task} task
 */
function deprovision(world, task) {
  schedule(world, task, world.timing.deprovision, () => {
    task.stoppedAt = world.clock.now();
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    setStatus(world, task, 'STOPPED');
    world.clock.after(STOPPED_TASK_RETENTION, () => void world.tasks.delete(task.arn));
  });
}
