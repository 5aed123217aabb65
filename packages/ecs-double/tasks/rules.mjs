// What an image does when it is started, as data: README.md, "Scenarios". The first rule that fits decides, for the task's whole life.
import { lastPart } from '../state/names.mjs';

/** @import { Effect, Match, Rule, Task, World } from '../state/types.d.ts' */

/**
 * The rule for a task: { match, do, times? } → its `do`, or {}.
 * @param {World} world
 * @param {Task} task
 */
export function ruleFor(world, task) {
  for (const rule of world.rules) {
    if (rule.times !== undefined && rule.times <= 0) continue;
    if (!matches(world, rule.match ?? {}, task)) continue;
    if (rule.times !== undefined) rule.times -= 1;
    return rule.do ?? {};
  }
  return {};
}

/**
 * Why a task cannot even be created, if the first rule that fits has a `launch`.
 * @param {World} world
 * @param {Pick<Task, 'definition' | 'service' | 'deploymentId'>} options
 */
export function launchFailure(world, { definition, service, deploymentId }) {
  const containers = definition.containerDefinitions;
  const fits = (/** @type {Rule} */ { match = {}, times = 1 }) =>
    times > 0 && matches(world, match, { definition, service, deploymentId, containers });
  const rule = world.rules.find(fits);
  if (rule?.do?.launch !== undefined && rule.times !== undefined) rule.times -= 1;
  return rule?.do?.launch;
}

/**
 * @param {World} world
 * @param {Match} match
 * @param {Pick<Task, 'definition' | 'service' | 'deploymentId'> & { containers: readonly { image: string }[] }} task
 */
function matches(world, match, task) {
  const { definition } = task;
  const { image: wanted } = match;
  const revisionName = lastPart(definition.taskDefinitionArn);
  const at = (world.clock.now() - world.started) / 1000;
  return (
    (match.taskDefinition === undefined ||
      [revisionName, definition.family, definition.taskDefinitionArn].includes(match.taskDefinition)) &&
    (match.service === undefined || task.service?.name === match.service) &&
    (match.oneOff === undefined || match.oneOff === (task.service === undefined)) &&
    (wanted === undefined || task.containers.some(({ image }) => image.includes(wanted))) &&
    (match.deployment === undefined || match.deployment === task.deploymentId) &&
    at >= (match.from ?? -Infinity) &&
    at < (match.until ?? Infinity)
  );
}

/**
 * The container that a rule speaks of: the one it names, or the first essential one.
 * @param {Task} task
 * @param {Effect} rule
 */
export function containerOfRule(task, rule) {
  const essential = task.definition.containerDefinitions.find((one) => one.essential !== false)?.name;
  const name = rule.container ?? essential;
  const found = task.containers.find((container) => container.name === name);
  if (!found) throw new Error(`A rule names the container ${name}, which the task ${task.id} does not have.`);
  return found;
}
