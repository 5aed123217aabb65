// A task's life, state by state: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
// Why it stopped: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html (stopCode) and .../stopped-task-errors.html.
import { resolveImage } from './images.mjs';
import { openLog, writeLines } from '../neighbors/logs.mjs';
import { platform } from '../state/task-view.mjs';
import { startHealth } from './health.mjs';
import { onTaskRunning, onTaskStopped } from './task-events.mjs';
import { ruleFor, containerOfRule } from './rules.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

/** "Stopped tasks only appear … for at least 1 hour": .../developerguide/stopped-task-errors.html */
const STOPPED_TASK_RETENTION = 3600;

export function startTask(world, task) {
  task.rule = ruleFor(world, task);
  schedule(world, task, world.timing.provision, () => pull(world, task));
}

/** Runs after so many seconds, unless the task was told to stop before. */
function schedule(world, task, delay, startContainers) {
  const cancel = world.clock.after(delay, async () => {
    task.timers.splice(task.timers.indexOf(cancel), 1);
    await startContainers();
  });
  task.timers.push(cancel);
}

function setStatus(world, task, status) {
  task.lastStatus = status;
  task.version += 1;
  if (task.service) reconcileSoon(world, task.service);
}

async function pull(world, task) {
  const { rule } = task;
  task.connectedAt = world.clock.now();
  setStatus(world, task, 'PENDING');
  // Secrets are read before images are pulled: both are the execution role's work, "ResourceInitializationError" is the agent's.
  if (rule.secret)
    return schedule(world, task, rule.after ?? world.timing.secretFails, () =>
      failToStart(world, task, secretReason(rule.secret)),
    );
  task.pullStartedAt = world.clock.now();
  if (rule.stuck) return undefined;
  if (rule.pull)
    return schedule(world, task, rule.after ?? world.timing.pullFails, () => failToStart(world, task, pullReason(rule.pull)));
  const missing = await resolveDigests(world, task);
  if (missing) return schedule(world, task, world.timing.pullFails, () => failToStart(world, task, missing));
  return schedule(world, task, rule.start ?? world.timing.pull, () => activate(world, task));
}

function secretReason(text) {
  return text.startsWith('ResourceInitializationError')
    ? text
    : `ResourceInitializationError: unable to pull secrets or registry auth: ${text}`;
}

function pullReason(text) {
  return text.startsWith('CannotPullContainerError') ? text : `CannotPullContainerError: ${text}`;
}

/**
 * Each container's digest; the reason, when an image cannot be had. What the first task of a service revision found is kept: "After the container image
 * digest has been established, Amazon ECS uses the digest to start any other desired tasks": API_ContainerImage.html. A tag that moves meanwhile moves nothing.
 */
async function resolveDigests(world, task) {
  const revision = world.revisions.get(task.revision);
  const found = revision?.resolved ?? [];
  for (const [index, container] of task.containers.entries()) {
    const image = found[index] ?? (await resolveImage(world, container.image, platform(task.definition)));
    if (image.missing) return image.missing;
    found[index] = image;
    container.bundles = image.bundles;
    container.digest = reportedDigest(world, task, image);
  }
  if (revision && !revision.resolved) {
    revision.resolved = found;
    revision.images = task.containers.map(({ name, image }, index) => ({
      containerName: name,
      image,
      ...revisionImage(world, found[index]),
    }));
  }
  return undefined;
}

function reportedDigest({ quirks }, { rule }, image) {
  if (rule.digest !== undefined) return rule.digest ?? undefined;
  if (quirks.digest === 'none') return undefined;
  return quirks.digest === 'index' ? (image.index ?? image.digest) : image.digest;
}

function revisionImage({ quirks }, image) {
  return quirks.digest === 'none' ? {} : { imageDigest: image.index ?? image.digest };
}

function activate(world, task) {
  task.pullStoppedAt = world.clock.now();
  setStatus(world, task, 'ACTIVATING');
  schedule(world, task, world.timing.activate, () => run(world, task));
}

/** How long a container runs that others wait for, where no rule says otherwise. Seconds. */
const DEPENDENCY_SECONDS = 1;

/**
 * "SUCCESS - This condition is the same as COMPLETE, but it also requires that the container exits with a zero status": API_ContainerDependency.html. Those that are waited for run and end first; the task is
 * still PENDING meanwhile, as its essential containers are.
 */
function run(world, task) {
  const { rule } = task;
  const first = task.containers.filter(({ name }) => isDependency(task, name));
  if (first.length === 0) return startRemaining(world, task);
  for (const container of first) startContainer(world, task, container);
  const failing = first.find((container) => rule.exit && rule.exit.code !== 0 && containerOfRule(task, rule) === container);
  return schedule(world, task, (failing && rule.exit.after) ?? DEPENDENCY_SECONDS, () => {
    for (const container of first) if (container !== failing) containerExits(world, task, container, { code: 0 });
    if (!failing) return startRemaining(world, task);
    containerExits(world, task, failing, rule.exit);
    return failDependents(world, task, failing);
  });
}

function isDependency({ definition }, name) {
  return definition.containerDefinitions.some(({ dependsOn = [] }) =>
    dependsOn.some(({ containerName, condition }) => containerName === name && condition === 'SUCCESS'),
  );
}

/** "we simply forcefully stop the container with the bad dependencies", with 143 and a reason; an essential one takes the task with it: github.com/aws/amazon-ecs-agent/pull/3218. */
function failDependents(world, task, failed) {
  for (const { name, dependsOn = [] } of task.definition.containerDefinitions) {
    if (!dependsOn.some(({ containerName }) => containerName === failed.name)) continue;
    const container = task.containers.find((one) => one.name === name);
    const reason = `CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [${failed.name} (STOPPED->RUNNING) - Exit: ${failed.exitCode}] for target [${name} (NONE->RUNNING)] as dependency did not exit successfully.`;
    containerExits(world, task, container, { code: 143, reason });
  }
}

function startContainer(world, task, container) {
  Object.assign(container, { lastStatus: 'RUNNING', runtimeId: `${task.id}-${container.name}` });
  openLog(world, task, container);
}

function startRemaining(world, task) {
  const { rule } = task;
  task.startedAt = world.clock.now();
  for (const container of task.containers) if (container.lastStatus === 'PENDING') startContainer(world, task, container);
  setStatus(world, task, 'RUNNING');
  if (rule.lines) writeLines(world, task, containerOfRule(task, rule), rule.lines);
  onTaskRunning(world, task);
  startHealth(world, task, (seconds, act) => schedule(world, task, seconds, act));
  if (rule.exit && containerOfRule(task, rule).lastStatus === 'RUNNING')
    schedule(world, task, rule.exit.after ?? 0, () => containerExits(world, task, containerOfRule(task, rule), rule.exit));
}

/** A container ends by itself. An essential one takes the task with it: API_ContainerDefinition.html, "essential". */
function containerExits(world, task, container, { code = 0, reason, lines = [] }) {
  writeLines(world, task, container, lines);
  Object.assign(container, { lastStatus: 'STOPPED', exitCode: code, reason: reason ?? exitReason(code) });
  const { essential } = task.definition.containerDefinitions.find(({ name }) => name === container.name);
  if (essential !== false)
    stopByItself(world, task, { code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
}

/** 137 is SIGKILL, and when nobody sent it, the kernel did for want of memory: .../developerguide/stopped-task-error-codes.html, "OutOfMemoryError". */
function exitReason(code) {
  return code === 137 ? 'OutOfMemoryError: Container killed due to memory usage' : undefined;
}

function failToStart(world, task, reason) {
  for (const container of task.containers) container.lastStatus = 'STOPPED';
  // The container carries the pull error too, as API_Container.html's "reason".
  if (reason.startsWith('CannotPull')) task.containers[0].reason = reason;
  stopByItself(world, task, { code: 'TaskFailedToStart', reason });
}

/** Somebody or something wants it gone: SIGTERM, and after the stop timeout SIGKILL. */
export function stopTask(world, task, { code, reason }) {
  if (task.desiredStatus === 'STOPPED') return undefined;
  stopTimers(task);
  Object.assign(task, { desiredStatus: 'STOPPED', stopCode: code, stoppedReason: reason, stoppingAt: world.clock.now() });
  // "the container agent tracks these changes as the last known status (lastStatus) of the task and the desired status": .../task-lifecycle-explanation.html. One that does not answer changes nothing.
  if (task.lastStatus !== 'RUNNING' || world.timing.agent === 0) return shutDown(world, task);
  if (task.service) reconcileSoon(world, task.service);
  return schedule(world, task, world.timing.agent, () => shutDown(world, task));
}

function shutDown(world, task) {
  const ran = task.lastStatus === 'RUNNING';
  const drains = ran && task.service?.settings.loadBalancers?.length > 0;
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

/** API_ContainerDefinition.html, "stopTimeout": 30 seconds unless given. */
function stopTimeout(task) {
  return Math.max(...task.definition.containerDefinitions.map((one) => one.stopTimeout ?? 30));
}

function stopByItself(world, task, { code, reason }) {
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

function deprovision(world, task) {
  schedule(world, task, world.timing.deprovision, () => {
    task.stoppedAt = world.clock.now();
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    setStatus(world, task, 'STOPPED');
    world.clock.after(STOPPED_TASK_RETENTION, () => void world.tasks.delete(task.arn));
  });
}

function stopTimers(task) {
  for (const cancel of task.timers.splice(0)) cancel();
}
