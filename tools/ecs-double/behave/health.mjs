// When a task counts as healthy.
// With health checks of its containers: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html; with a target group: .../developerguide/load-balancer-healthcheck.html;
// with neither: 40 seconds after RUNNING (API_DeploymentConfiguration.html, "minimumHealthyPercent"). During healthCheckGracePeriodSeconds a service ignores what
// is unhealthy (API_UpdateService.html).
import { noteHealthy, noteUnhealthy } from './notes.mjs';

export function startHealth(world, task, later) {
  const { rule } = task;
  const ready = rule.healthy === 'never' ? Infinity : (rule.healthyAfter ?? 0);
  const grace = task.service?.settings.healthCheckGracePeriodSeconds ?? 0;
  const checks = [...containerChecks(task, ready, rule), ...targetChecks(world, task, ready, rule)];
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
  const checked = task.definition.containerDefinitions.filter((one) => one.healthCheck && one.essential !== false);
  if (checked.length === 0) return [];
  for (const container of task.containers) if (checked.some(({ name }) => name === container.name)) container.health = 'UNKNOWN';
  const mine = rule.fails === 'elb' ? 0 : ready;
  return checked.map(({ healthCheck: { interval = 30, retries = 3, startPeriod = 0 } }) => ({
    how: 'container',
    good: Math.max(1, Math.ceil(mine / interval)) * interval,
    deadline: startPeriod + retries * interval,
  }));
}

function targetChecks(world, task, ready, rule) {
  const groups = task.service?.settings.loadBalancers ?? [];
  const mine = rule.fails === 'container' ? 0 : ready;
  return groups.map(({ targetGroupArn, containerPort }) => ({
    how: 'elb',
    targetGroupArn,
    port: containerPort,
    good: mine + world.timing.targetHealthy,
    deadline: world.timing.targetUnhealthy,
  }));
}

function healthy(world, task) {
  task.healthy = true;
  show(task, 'HEALTHY');
  noteHealthy(world, task);
}

function unhealthy(world, task, check) {
  Object.assign(task, { healthy: false, unhealthy: check });
  if (check.how === 'container') show(task, 'UNHEALTHY');
  noteUnhealthy(world, task);
}

/** Only containers with a health check have a status; the others, and a task without any, stay UNKNOWN. */
function show(task, status) {
  const checked = task.definition.containerDefinitions.filter((one) => one.healthCheck).map(({ name }) => name);
  for (const container of task.containers) if (checked.includes(container.name)) container.health = status;
  if (checked.length > 0) task.health = status;
}
