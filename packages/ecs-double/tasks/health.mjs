// When a task counts as healthy.
// With health checks of its containers: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html; with a target group: .../developerguide/load-balancer-healthcheck.html;
// with neither: 40 seconds after RUNNING (API_DeploymentConfiguration.html, "minimumHealthyPercent"). During healthCheckGracePeriodSeconds a service ignores what
// is unhealthy (API_UpdateService.html).
import { onTaskHealthy, onTaskUnhealthy } from './task-events.mjs';

/** @import { ContainerDefinition, Effect, HealthCheck, Task, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Task} task
 * @param {(seconds: number, act: () => void) => void} later
 */
export function startHealth(world, task, later) {
  const { rule } = task;
  const ready = rule.healthy === 'never' ? Infinity : (rule.healthyAfter ?? 0);
  const grace = task.service?.settings.healthCheckGracePeriodSeconds ?? 0;
  const checks = [...containerChecks(task, ready, rule), ...targetChecks(world, task, ready, rule)];
  for (const check of checks) {
    if (check.healthyAt > check.deadline) later(check.deadline, () => applyResult(task, check, false));
    if (check.healthyAt < Infinity) later(check.healthyAt, () => applyResult(task, check, true));
  }
  const failing = checks
    .map((check) => ({ ...check, at: Math.max(check.deadline, grace) }))
    .filter((check) => check.healthyAt > check.at);
  if (failing.length > 0) {
    const first = failing.reduce((a, b) => (b.at < a.at ? b : a));
    later(first.at, () => becomeUnhealthy(world, task, first));
  } else {
    const healthyAt =
      checks.length > 0 ? Math.max(...checks.map((check) => check.healthyAt)) : world.timing.settle + (rule.healthyAfter ?? 0);
    later(healthyAt, () => becomeHealthy(world, task));
  }
  if (rule.unhealthy) later(rule.unhealthy.after, () => becomeUnhealthy(world, task, checks[0] ?? { kind: 'container' }));
}

/**
 * A probe every `interval`; it is UNHEALTHY after `retries` failed ones, those of the start period not counted.
 * @param {Task} task
 * @param {number} ready
 * @param {Effect} rule
 */
function containerChecks(task, ready, rule) {
  const all = task.definition.containerDefinitions.filter(isChecked);
  if (all.length === 0) return [];
  for (const container of task.containers) if (all.some(({ name }) => name === container.name)) container.health = 'UNKNOWN';
  const readyAt = [undefined, 'container'].includes(rule.fails) ? ready : 0;
  return all.map(({ name, healthCheck: { interval = 30, retries = 3, startPeriod = 0 } = {} }) => ({
    kind: /** @type {const} */ ('container'),
    names: [name],
    healthyAt: Math.max(1, Math.ceil(readyAt / interval)) * interval,
    deadline: startPeriod + retries * interval,
  }));
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {number} ready
 * @param {Effect} rule
 */
function targetChecks(world, task, ready, rule) {
  const groups = task.service?.settings.loadBalancers ?? [];
  return groups.map(({ targetGroupArn, containerPort }) => ({
    kind: /** @type {const} */ ('elb'),
    targetGroupArn,
    port: containerPort,
    healthyAt: ([undefined, 'elb', targetGroupArn].includes(rule.fails) ? ready : 0) + world.timing.targetHealthy,
    deadline: world.timing.targetUnhealthy,
  }));
}

/**
 * Containers and target groups report a result at once; only the service ignores it during healthCheckGracePeriodSeconds. Only containers
 * with a health check have a status; the task's combines them: API_Task.html, "healthStatus".
 * @param {Task} task
 * @param {HealthCheck} options
 * @param {boolean} isGood
 */
function applyResult(task, { kind, targetGroupArn, names = [] }, isGood) {
  if (kind === 'elb' && targetGroupArn !== undefined) task.targets.set(targetGroupArn, isGood ? 'healthy' : 'unhealthy');
  const checkedContainers = task.containers.filter(({ name }) => names.includes(name));
  for (const container of checkedContainers) container.health = isGood ? 'HEALTHY' : 'UNHEALTHY';
  if (checkedContainers.length === 0) return;
  const all = task.definition.containerDefinitions.filter(isChecked).map(({ name }) => name);
  const found = task.containers.filter(({ name }) => all.includes(name)).map(({ health }) => health);
  task.health = found.includes('UNHEALTHY') ? 'UNHEALTHY' : found.includes('UNKNOWN') ? 'UNKNOWN' : 'HEALTHY';
}

/**
 * @param {World} world
 * @param {Task} task
 */
function becomeHealthy(world, task) {
  task.healthy = true;
  onTaskHealthy(world, task);
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {HealthCheck} check
 */
function becomeUnhealthy(world, task, check) {
  Object.assign(task, { healthy: false, unhealthy: check });
  applyResult(task, check, false);
  onTaskUnhealthy(world, task, check);
}

/** @param {ContainerDefinition} options */
function isChecked({ healthCheck, essential }) {
  return healthCheck !== undefined && essential !== false;
}
