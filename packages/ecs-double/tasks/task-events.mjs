// What a task's change means to others: to its service's events, to the breaker, and to the platform's Redis.
import { addEvent, clearCause } from '../state/events.mjs';
import { countFailure, countHealthy } from '../behavior/breaker.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

export function onTaskRunning(world, task) {
  for (const container of task.containers) {
    const definition = task.definition.containerDefinitions.find(({ name }) => name === container.name);
    if (task.rule.seeds !== false) world.registry.containerStarted(world, task, container, environment(task, definition));
  }
  const deployment = deploymentOf(task);
  if (deployment) {
    // .../developerguide/service-throttle-logic.html: the throttle is about tasks that go from PENDING to STOPPED without RUNNING.
    deployment.failedStarts = 0;
    clearCause(task.service, `place:${deployment.id}`);
  }
}

/** The task definition's variables and, over them, those of RunTask's overrides. */
function environment(task, definition) {
  const override = task.overrides.containerOverrides?.find(({ name }) => name === definition.name);
  const all = [...(definition.environment ?? []), ...(override?.environment ?? [])];
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** It ended by itself: it could not be started, or an essential container ended. Nobody who asked for its end comes here. */
export function onTaskStopped(world, task) {
  const deployment = deploymentOf(task);
  if (!deployment) return;
  const { service } = task;
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

export function onTaskHealthy(world, task) {
  const deployment = deploymentOf(task);
  if (!deployment) return;
  for (const { targetGroupArn } of task.service.settings.loadBalancers ?? [])
    addEvent(world, task.service, `registered 1 targets in (target-group ${targetGroupArn})`);
  countHealthy(task.service, deployment);
  reconcileSoon(world, task.service);
}

export function onTaskUnhealthy(world, task) {
  const deployment = deploymentOf(task);
  if (!deployment) return;
  const { kind, port, targetGroupArn } = task.unhealthy;
  const text =
    kind === 'elb'
      ? `(task ${task.id}) (port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason Health checks failed).`
      : `(task ${task.id}) failed container health checks.`;
  addEvent(world, task.service, text);
  countFailure(world, task.service, deployment, { ran: true });
  reconcileSoon(world, task.service);
}

function deploymentOf(task) {
  return task.service?.deployments.find(({ id }) => id === task.deploymentId);
}
