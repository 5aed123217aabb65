// What follows from a task's change: service events, the circuit breaker's count, and the platform's Redis.
import { environmentOf } from '../state/containers.mjs';
import { addEvent, clearCause } from '../state/events.mjs';
import { countFailure, countHealthy } from '../behavior/breaker.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

/** @import { HealthCheck, Task, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Task} task
 */
export function onTaskRunning(world, task) {
  for (const container of task.containers) {
    if (task.rule.seeds !== false) world.registry.containerStarted(world, task, container, environmentOf(task, container.name));
  }
  const found = deploymentOf(task);
  if (!found) return;
  // .../developerguide/service-throttle-logic.html: the throttle is about tasks that go from PENDING to STOPPED without RUNNING.
  found.deployment.failedStarts = 0;
  clearCause(found.service, `place:${found.deployment.id}`);
}

/**
 * The task ended by itself: it could not be started, or an essential container exited. A requested stop does not come here.
 * @param {World} world
 * @param {Task} task
 */
export function onTaskStopped(world, task) {
  const found = deploymentOf(task);
  if (!found) return;
  const { service, deployment } = found;
  if (task.stopCode === 'TaskFailedToStart') {
    // Pull and secret failures show in events, crashes do not: published event logs, and .../service-event-messages-list.html ("was unable to place a task. Reason: …").
    addEvent(world, service, `was unable to place a task. Reason: ${task.stoppedReason}.`, { cause: `place:${deployment.id}` });
    countFailure(world, service, deployment, { ran: false });
  } else if (!task.healthy && world.quirks.crashes === 'count') {
    // API_Deployment.html, failedTasks: a task is a failure if it "doesn't transition to a RUNNING state, or if it fails any of its defined health checks".
    // In published logs one that dies before its first health check counts too; one that dies later does not.
    countFailure(world, service, deployment, { ran: true });
  }
  reconcileSoon(world, service);
}

/**
 * @param {World} world
 * @param {Task} task
 */
export function onTaskHealthy(world, task) {
  const found = deploymentOf(task);
  if (!found) return;
  const { service, deployment } = found;
  for (const { targetGroupArn } of service.settings.loadBalancers ?? [])
    addEvent(world, service, `registered 1 targets in (target-group ${targetGroupArn})`);
  countHealthy(service, deployment);
  reconcileSoon(world, service);
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {HealthCheck} check
 */
export function onTaskUnhealthy(world, task, check) {
  const found = deploymentOf(task);
  if (!found) return;
  const { service, deployment } = found;
  const { kind, port, targetGroupArn } = check;
  const text =
    kind === 'elb'
      ? `(task ${task.id}) (port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason Health checks failed).`
      : `(task ${task.id}) failed container health checks.`;
  addEvent(world, service, text);
  countFailure(world, service, deployment, { ran: true });
  reconcileSoon(world, service);
}

/** @param {Task} task */
function deploymentOf(task) {
  const { service } = task;
  const deployment = service?.deployments.find(({ id }) => id === task.deploymentId);
  return service && deployment ? { service, deployment } : undefined;
}
