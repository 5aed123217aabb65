import { reconcileSoon } from '../state/reconcile.mjs';

/** @import { Task, World } from '../state/types.d.ts' */

/**
 * Runs after so many seconds, unless the task is stopped before.
 * @param {World} world
 * @param {Task} task
 * @param {number} delay
 * @param {() => unknown} run
 */
export function schedule(world, task, delay, run) {
  const cancel = world.clock.after(delay, async () => {
    task.timers.splice(task.timers.indexOf(cancel), 1);
    await run();
  });
  task.timers.push(cancel);
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {string} status
 */
export function setStatus(world, task, status) {
  task.lastStatus = status;
  task.version += 1;
  if (task.service) reconcileSoon(world, task.service);
}

/** @param {Task} task */
export function stopTimers(task) {
  for (const cancel of task.timers.splice(0)) cancel();
}
