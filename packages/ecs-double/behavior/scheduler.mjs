// The service scheduler: starts and stops tasks until a service matches its PRIMARY deployment.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html, "minimumHealthyPercent" (rounded up) and "maximumPercent" (rounded down).
import { addEvent, clearCause, listed } from '../state/events.mjs';
import { serviceTasks } from '../state/service-view.mjs';
import { launchFailure } from '../tasks/rules.mjs';
import { addTask } from '../tasks/add-task.mjs';
import { findDefinition } from '../state/task-definitions.mjs';
import { hasCapacity, clearNoCapacity, reportNoCapacity } from './capacity.mjs';
import { countFailure } from './breaker.mjs';
import { stopTask } from '../tasks/stop.mjs';
import { updateSteadyState } from './steady.mjs';
import { holdsBothRevisions, mayScaleUp } from './native/stages.mjs';

/** @import { Service, Task, World } from '../state/types.d.ts' */

/**
 * What `reconcileSoon` runs, once the scheduler noticed.
 * @param {World} world
 * @param {Service} service
 */
export function reconcile(world, service) {
  if (service.status === 'DRAINING') return drain(world, service);
  if (service.status !== 'ACTIVE' || service.controller !== 'ECS') return undefined;
  const replaced = stopUnhealthy(world, service);
  const plan = planTasks(world, service);
  stopForScheduler(world, service, plan.stop, `Scaling activity initiated by (deployment ${service.deployments[0].id})`);
  launch(world, service, plan.start, replaced);
  if (plan.stuck)
    addEvent(
      world,
      service,
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      { cause: 'configuration' },
    );
  else clearCause(service, 'configuration');
  return updateSteadyState(world, service);
}

/**
 * @param {World} world
 * @param {Service} service
 */
function activeTasks(world, service) {
  return serviceTasks(world, service).filter((task) => task.desiredStatus === 'RUNNING');
}

/**
 * { start: how many, stop: which tasks, stuck } of this moment.
 * @param {World} world
 * @param {Service} service
 */
function planTasks(world, service) {
  const [primary] = service.deployments;
  const { desired } = service;
  const { minimumHealthyPercent, maximumPercent } = service.configuration;
  const active = activeTasks(world, service);
  const primaryTasks = active.filter((task) => task.deploymentId === primary.id);
  const oldTasks = active.filter((task) => task.deploymentId !== primary.id);
  if (primary.isAborted) return { start: 0, stop: [] };
  const { serviceDeployment } = primary;
  if (serviceDeployment && holdsBothRevisions(serviceDeployment) && primary.rollout !== 'FAILED') {
    const missing = mayScaleUp(serviceDeployment) ? Math.max(0, desired - primaryTasks.length) : 0;
    return { start: world.clock.now() < (primary.nextStartAt ?? 0) ? 0 : missing, stop: [] };
  }
  const failed = primary.rollout === 'FAILED';
  if (failed) return { start: 0, stop: primaryTasks.filter((task) => !task.healthy) };
  const need = Math.max(0, desired - primaryTasks.length);
  const room = Math.floor((desired * maximumPercent) / 100) - active.length;
  const minimum = Math.ceil((desired * minimumHealthyPercent) / 100);
  const healthy = active.filter((task) => task.healthy).length;
  const oldHealthy = oldTasks.filter((task) => task.healthy);
  const oldOther = oldTasks.filter((task) => !task.healthy);
  // Old tasks that healthy new ones replace, and old tasks that block new ones.
  const surplus = oldHealthy.length - Math.max(0, desired - primaryTasks.filter((task) => task.healthy).length);
  const blocking = need - Math.max(0, room + oldOther.length);
  const stoppable = Math.max(0, Math.min(healthy - minimum, Math.max(surplus, blocking)));
  const stop = [...oldOther, ...oldHealthy.slice(0, stoppable), ...primaryTasks.slice(desired)];
  const start = Math.max(0, Math.min(need, room + oldOther.length));
  const isStuck = active.every((task) => task.healthy) && need > 0 && start === 0 && stop.length === 0;
  return { start: world.clock.now() < (primary.nextStartAt ?? 0) ? 0 : start, stop, stuck: isStuck };
}

/**
 * "… replace unhealthy tasks": API_DeploymentConfiguration.html. In every deployment, whichever it is.
 * @param {World} world
 * @param {Service} service
 */
function stopUnhealthy(world, service) {
  const unhealthy = activeTasks(world, service).flatMap((task) => (task.unhealthy ? [{ task, ...task.unhealthy }] : []));
  for (const { task, kind, targetGroupArn } of unhealthy) {
    const reason =
      kind === 'elb'
        ? `Task failed ELB health checks in (target-group ${targetGroupArn})`
        : 'Task failed container health checks';
    stopForScheduler(world, service, [task], reason);
  }
  return unhealthy.length;
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {Task[]} tasks
 * @param {string} reason
 */
function stopForScheduler(world, service, tasks, reason) {
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  const pending = tasks.length - running.length;
  if (running.length > 0) {
    for (const { targetGroupArn } of service.settings.loadBalancers ?? []) {
      addEvent(world, service, `deregistered ${running.length} targets in (target-group ${targetGroupArn})`);
      addEvent(world, service, `has begun draining connections on ${running.length} tasks.`);
    }
    addEvent(world, service, `has stopped ${running.length} running tasks: ${listed(running)}.`);
  }
  if (pending > 0) addEvent(world, service, `stopped ${pending} pending tasks.`);
  for (const task of tasks) stopTask(world, task, { code: 'ServiceSchedulerInitiated', reason });
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {number} count
 * @param {number} replaced
 */
function launch(world, service, count, replaced) {
  const [deployment] = service.deployments;
  if (count === 0) return;
  const definition = findDefinition(world, deployment.taskDefinition).record;
  const started = [];
  for (let index = 0; index < count; index += 1) {
    if (!hasCapacity(world, service.cluster)) {
      reportNoCapacity(world, service);
      // API_Deployment.html, failedTasks: "… a failure if the service scheduler can't launch the task".
      countFailure(world, service, deployment, { ran: false });
      break;
    }
    clearNoCapacity(service);
    const refused = launchFailure(world, { definition, service, deploymentId: deployment.id });
    if (refused !== undefined) {
      // .../service-event-messages-list.html, "failed to launch a task with (error …)".
      addEvent(world, service, `failed to launch a task with (error ${refused}).`, { cause: `place:${deployment.id}` });
      countFailure(world, service, deployment, { ran: false });
      break;
    }
    const { launchType } = service.settings;
    started.push(addTask(world, { cluster: service.cluster, definition, service, deployment, launchType }));
  }
  if (started.length === 0) return;
  const why = replaced > 0 ? ` Amazon ECS replaced ${replaced} tasks due to an unhealthy status.` : '';
  addEvent(world, service, `has started ${started.length} tasks: ${listed(started)}.${why}`);
}

/**
 * API_DeleteService.html: INACTIVE after "all tasks have transitioned to either STOPPING or STOPPED".
 * @param {World} world
 * @param {Service} service
 */
function drain(world, service) {
  stopForScheduler(world, service, activeTasks(world, service), 'Service deleted');
  const ended = ['STOPPING', 'DEPROVISIONING', 'STOPPED'];
  if (!serviceTasks(world, service).every((task) => ended.includes(task.lastStatus))) return;
  service.status = 'INACTIVE';
  service.deployments = [];
}
