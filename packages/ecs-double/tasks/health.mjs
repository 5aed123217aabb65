// When a task counts as healthy.
// With health checks of its containers: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html; with a target group: .../developerguide/load-balancer-healthcheck.html;
// with neither: 40 seconds after RUNNING (API_DeploymentConfiguration.html, "minimumHealthyPercent"). During healthCheckGracePeriodSeconds a service ignores what
// is unhealthy (API_UpdateService.html).
import { noteHealthy, noteUnhealthy } from './task-events.mjs';

export function startHealth(world, task, later) {
  const { rule } = task;
  const ready = rule.healthy === 'never' ? Infinity : (rule.healthyAfter ?? 0);
  const grace = task.service?.settings.healthCheckGracePeriodSeconds ?? 0;
  const checks = [...containerChecks(task, ready, rule), ...targetChecks(world, task, ready, rule)];
  for (const check of checks) {
    if (check.good > check.deadline) later(check.deadline, () => checked(task, check, false));
    if (check.good < Infinity) later(check.good, () => checked(task, check, true));
  }
  const failing = checks
    .map((check) => ({ ...check, at: Math.max(check.deadline, grace) }))
    .filter((check) => check.good > check.at);
  if (failing.length > 0) {
    const first = failing.reduce((a, b) => (b.at < a.at ? b : a));
    later(first.at, () => unhealthy(world, task, first));
  } else {
    const good =
      checks.length > 0 ? Math.max(...checks.map((check) => check.good)) : world.timing.settle + (rule.healthyAfter ?? 0);
    later(good, () => healthy(world, task));
  }
  if (rule.unhealthy) later(rule.unhealthy.after, () => unhealthy(world, task, checks[0] ?? { how: 'container' }));
}

/** A probe every `interval`; it is UNHEALTHY after `retries` failed ones, those of the start period not counted. */
function containerChecks(task, ready, rule) {
  const all = task.definition.containerDefinitions.filter(isChecked);
  if (all.length === 0) return [];
  for (const container of task.containers) if (all.some(({ name }) => name === container.name)) container.health = 'UNKNOWN';
  const mine = [undefined, 'container'].includes(rule.fails) ? ready : 0;
  return all.map(({ name, healthCheck: { interval = 30, retries = 3, startPeriod = 0 } }) => ({
    how: 'container',
    names: [name],
    good: Math.max(1, Math.ceil(mine / interval)) * interval,
    deadline: startPeriod + retries * interval,
  }));
}

function targetChecks(world, task, ready, rule) {
  const groups = task.service?.settings.loadBalancers ?? [];
  return groups.map(({ targetGroupArn, containerPort }) => ({
    how: 'elb',
    targetGroupArn,
    port: containerPort,
    good: ([undefined, 'elb', targetGroupArn].includes(rule.fails) ? ready : 0) + world.timing.targetHealthy,
    deadline: world.timing.targetUnhealthy,
  }));
}

/**
 * What a check finds is said at once, by the container and by the target group: that a service ignores it for a while (healthCheckGracePeriodSeconds) is the service's own business. Only containers
 * with a health check have a status, and what they say together is the task's: API_Task.html, "healthStatus".
 */
function checked(task, { how, targetGroupArn, names = [] }, isGood) {
  if (how === 'elb') task.targets.set(targetGroupArn, isGood ? 'healthy' : 'unhealthy');
  const said = task.containers.filter(({ name }) => names.includes(name));
  for (const container of said) container.health = isGood ? 'HEALTHY' : 'UNHEALTHY';
  if (said.length === 0) return;
  const all = task.definition.containerDefinitions.filter(isChecked).map(({ name }) => name);
  const found = task.containers.filter(({ name }) => all.includes(name)).map(({ health }) => health);
  task.health = found.includes('UNHEALTHY') ? 'UNHEALTHY' : found.includes('UNKNOWN') ? 'UNKNOWN' : 'HEALTHY';
}

function healthy(world, task) {
  task.healthy = true;
  noteHealthy(world, task);
}

function unhealthy(world, task, check) {
  Object.assign(task, { healthy: false, unhealthy: check });
  checked(task, check, false);
  noteUnhealthy(world, task);
}

function isChecked({ healthCheck, essential }) {
  return healthCheck !== undefined && essential !== false;
}
