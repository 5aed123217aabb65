import { openLog, writeLines } from '../neighbors/logs.mjs';
import { containerDefinition } from '../state/containers.mjs';
import { stopByItself } from './stop.mjs';

/** @import { Container, Exit, Task, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Task} task
 * @param {Container} container
 */
export function startContainer(world, task, container) {
  Object.assign(container, { lastStatus: 'RUNNING', runtimeId: `${task.id}-${container.name}` });
  openLog(world, task, container);
}

/**
 * @param {Task} options
 * @param {string} name
 */
export function isDependency({ definition }, name) {
  return definition.containerDefinitions.some(({ dependsOn = [] }) =>
    dependsOn.some(({ containerName, condition }) => containerName === name && condition === 'SUCCESS'),
  );
}

/**
 * "we simply forcefully stop the container with the bad dependencies", with 143 and a reason; an essential one takes the task with it: github.com/aws/amazon-ecs-agent/pull/3218.
 * @param {World} world
 * @param {Task} task
 * @param {Container} failed
 */
export function failDependents(world, task, failed) {
  for (const { name, dependsOn = [] } of task.definition.containerDefinitions) {
    const container = task.containers.find((one) => one.name === name);
    if (!container || !dependsOn.some(({ containerName }) => containerName === failed.name)) continue;
    const reason = `CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [${failed.name} (STOPPED->RUNNING) - Exit: ${failed.exitCode}] for target [${name} (NONE->RUNNING)] as dependency did not exit successfully.`;
    containerExits(world, task, container, { code: 143, reason });
  }
}

/**
 * A container ends by itself. An essential one takes the task with it: API_ContainerDefinition.html, "essential".
 * @param {World} world
 * @param {Task} task
 * @param {Container} container
 * @param {Exit} options
 */
export function containerExits(world, task, container, { code = 0, reason, lines = [] }) {
  writeLines(world, task, container, lines);
  const shown = { exitCode: code, reason: reason ?? exitReason(code) };
  Object.assign(container, { lastStatus: 'STOPPED' }, world.timing.exitCode === 0 && shown);
  // DescribeTasks may list a stopped task before the agent has reported the exit code of its container.
  if (world.timing.exitCode > 0) world.clock.after(world.timing.exitCode, () => void Object.assign(container, shown));
  const { essential } = containerDefinition(task, container.name);
  if (essential !== false)
    stopByItself(world, task, { code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
}

/**
 * 137 is SIGKILL. Without a stop request, the kernel sent it because memory ran out: .../developerguide/stopped-task-error-codes.html, "OutOfMemoryError".
 * @param {number} code
 */
function exitReason(code) {
  return code === 137 ? 'OutOfMemoryError: Container killed due to memory usage' : undefined;
}
