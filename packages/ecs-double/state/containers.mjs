/** @import { ContainerDefinition, Task } from './types.d.ts' */

/**
 * A container's part of its task definition.
 * @param {Task} task
 * @param {string} name
 * @returns {ContainerDefinition}
 */
export function containerDefinition(task, name) {
  const found = task.definition.containerDefinitions.find((one) => one.name === name);
  if (!found) throw new Error(`The task ${task.id} has no container ${name}.`);
  return found;
}

/**
 * The task definition's variables and, over them, those of RunTask's overrides.
 * @param {Task} task
 * @param {string} name
 */
export function environmentOf(task, name) {
  const override = task.overrides.containerOverrides?.find((one) => one.name === name);
  const all = [...(containerDefinition(task, name).environment ?? []), ...(override?.environment ?? [])];
  return Object.fromEntries(all.map((one) => [one.name, one.value]));
}
