// A task's start, state by state: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
import { writeLines } from '../neighbors/logs.mjs';
import { containerExits, failDependents, isDependency, startContainer } from './containers.mjs';
import { resolveDigests } from './digests.mjs';
import { startHealth } from './health.mjs';
import { containerOfRule, ruleFor } from './rules.mjs';
import { failToStart } from './stop.mjs';
import { onTaskRunning } from './task-events.mjs';
import { schedule, setStatus } from './timers.mjs';

/** @import { Task, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Task} task
 */
export function startTask(world, task) {
  task.rule = ruleFor(world, task);
  schedule(world, task, world.timing.provision, () => pull(world, task));
}

/**
 * @param {World} world
 * @param {Task} task
 */
async function pull(world, task) {
  const { rule } = task;
  task.connectedAt = world.clock.now();
  setStatus(world, task, 'PENDING');
  // Secrets are read before images are pulled: both are the execution role's work, "ResourceInitializationError" is the agent's.
  const { secret, pull: pullError } = rule;
  if (secret)
    return schedule(world, task, rule.after ?? world.timing.secretFails, () => failToStart(world, task, secretReason(secret)));
  task.pullStartedAt = world.clock.now();
  if (rule.stuck) return undefined;
  if (pullError)
    return schedule(world, task, rule.after ?? world.timing.pullFails, () => failToStart(world, task, pullReason(pullError)));
  const missing = await resolveDigests(world, task);
  if (missing) return schedule(world, task, world.timing.pullFails, () => failToStart(world, task, missing));
  return schedule(world, task, rule.start ?? world.timing.pull, () => activate(world, task));
}

/** @param {string} text */
function secretReason(text) {
  return text.startsWith('ResourceInitializationError')
    ? text
    : `ResourceInitializationError: unable to pull secrets or registry auth: ${text}`;
}

/** @param {string} text */
function pullReason(text) {
  return text.startsWith('CannotPullContainerError') ? text : `CannotPullContainerError: ${text}`;
}

/**
 * @param {World} world
 * @param {Task} task
 */
function activate(world, task) {
  task.pullStoppedAt = world.clock.now();
  setStatus(world, task, 'ACTIVATING');
  schedule(world, task, world.timing.activate, () => startContainers(world, task));
}

/** How long a dependency runs by default, in seconds. */
const DEPENDENCY_SECONDS = 1;

/**
 * "SUCCESS - This condition is the same as COMPLETE, but it also requires that the container exits with a zero status": API_ContainerDependency.html. Those that are waited for run and end first; the task is
 * still PENDING meanwhile, as its essential containers are.
 * @param {World} world
 * @param {Task} task
 */
function startContainers(world, task) {
  const { rule } = task;
  const first = task.containers.filter(({ name }) => isDependency(task, name));
  if (first.length === 0) return startRemaining(world, task);
  for (const container of first) startContainer(world, task, container);
  const { exit } = rule;
  const failing = exit && exit.code !== 0 ? first.find((container) => containerOfRule(task, rule) === container) : undefined;
  return schedule(world, task, (failing && exit?.after) ?? DEPENDENCY_SECONDS, () => {
    for (const container of first) if (container !== failing) containerExits(world, task, container, { code: 0 });
    if (!failing || !exit) return startRemaining(world, task);
    containerExits(world, task, failing, exit);
    return failDependents(world, task, failing);
  });
}

/**
 * @param {World} world
 * @param {Task} task
 */
function startRemaining(world, task) {
  const { rule } = task;
  task.startedAt = world.clock.now();
  for (const container of task.containers) if (container.lastStatus === 'PENDING') startContainer(world, task, container);
  setStatus(world, task, 'RUNNING');
  if (rule.lines) writeLines(world, task, containerOfRule(task, rule), rule.lines);
  onTaskRunning(world, task);
  startHealth(world, task, (seconds, act) => schedule(world, task, seconds, act));
  const exit = rule.exit ?? task.ends;
  if (exit && containerOfRule(task, rule).lastStatus === 'RUNNING')
    schedule(world, task, exit.after ?? 0, () => containerExits(world, task, containerOfRule(task, rule), exit));
}
