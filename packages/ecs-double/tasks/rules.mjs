// What an image does when it is started, as data: README.md, "Scenarios". The first rule that fits decides, for the task's whole life.
import { lastPart } from '../state/names.mjs';

/** The rule for a task: { match, do, times? } → its `do`, or {}. */
export function ruleFor(world, task) {
  for (const rule of world.rules) {
    if (rule.times !== undefined && rule.times <= 0) continue;
    if (!matches(world, rule.match ?? {}, task)) continue;
    if (rule.times !== undefined) rule.times -= 1;
    return rule.do ?? {};
  }
  return {};
}

function matches(world, match, task) {
  const { definition } = task;
  const revisionName = lastPart(definition.taskDefinitionArn);
  const at = (world.clock.now() - world.started) / 1000;
  return (
    (match.taskDefinition === undefined ||
      [revisionName, definition.family, definition.taskDefinitionArn].includes(match.taskDefinition)) &&
    (match.service === undefined || task.service?.name === match.service) &&
    (match.oneOff === undefined || match.oneOff === (task.service === undefined)) &&
    (match.image === undefined || task.containers.some(({ image }) => image === match.image || image.includes(match.image))) &&
    (match.deployment === undefined || match.deployment === task.deploymentId) &&
    at >= (match.from ?? -Infinity) &&
    at < (match.until ?? Infinity)
  );
}

/** The container that a rule speaks of: the one it names, or the first essential one. */
export function containerOfRule(task, rule) {
  const essential = task.definition.containerDefinitions.find((one) => one.essential !== false)?.name;
  const name = rule.container ?? essential;
  return task.containers.find((container) => container.name === name);
}
