// When a deployment is over. "services-stable" (one deployment, running = desired) comes first; COMPLETED also needs the old tasks gone.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html, "rolloutState"
import { addEvent } from '../state/events.mjs';
import { counts, serviceTasks } from '../state/service-view.mjs';
import { completeDeployment } from './deployment.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';
import { holdsBothRevisions, isNative, scaledUp } from './native/stages.mjs';

/** @import { Service, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Service} service
 */
export function updateSteadyState(world, service) {
  removeFinishedDeployments(world, service);
  const [primary] = service.deployments;
  if (primary.serviceDeployment && holdsBothRevisions(primary.serviceDeployment)) {
    const tasks = serviceTasks(world, service).filter(
      (task) => task.deploymentId === primary.id && task.lastStatus !== 'STOPPED',
    );
    const isScaled = tasks.length === service.desired && tasks.every((task) => task.healthy && task.desiredStatus === 'RUNNING');
    if (isScaled) scaledUp(world, primary.serviceDeployment);
    return;
  }
  const steady = isSteady(world, service);
  if (!steady) {
    service.steady = false;
    primary.steadySince = undefined;
    return;
  }
  const now = world.clock.now();
  if (primary.rollout === 'IN_PROGRESS') {
    const wait = world.timing.steady + bakeTime(service);
    if (primary.steadySince === undefined) {
      primary.steadySince = now;
      world.clock.after(wait, () => reconcileSoon(world, service));
    }
    if (now - primary.steadySince < wait * 1000) return;
    completeDeployment(world, service, primary);
  }
  if (!service.steady) addEvent(world, service, 'has reached a steady state.');
  service.steady = true;
}

/**
 * .../developerguide/deployment-alarm-failure.html: with alarms, a deployment waits for the bake time in the end.
 * @param {Service} service
 */
function bakeTime(service) {
  // A native strategy has a stage of its own for it.
  return service.configuration.alarms?.enable && !isNative(service) ? (service.configuration.bakeTimeInMinutes ?? 0) * 60 : 0;
}

/**
 * @param {World} world
 * @param {Service} service
 */
function isSteady(world, service) {
  const [primary] = service.deployments;
  if (primary.rollout === 'FAILED' || primary.isAborted) return false;
  // Another deployment that FAILED and has no task any more may still be listed: in a published log the rollback was COMPLETED 24 seconds after the
  // breaker's decision. One with tasks may not: they are not this deployment's.
  const tasks = serviceTasks(world, service).filter((task) => task.lastStatus !== 'STOPPED');
  return (
    tasks.length === service.desired &&
    tasks.every((task) => task.deploymentId === primary.id && task.healthy && task.desiredStatus === 'RUNNING')
  );
}

/**
 * ACTIVE is "a service deployment that still has running tasks"; one that FAILED is listed for a while yet, as published logs show.
 * @param {World} world
 * @param {Service} service
 */
function removeFinishedDeployments(world, service) {
  const tasks = serviceTasks(world, service);
  const now = world.clock.now();
  service.deployments = service.deployments.filter((deployment, index) => {
    if (index === 0) return true;
    const { runningCount, pendingCount } = counts(tasks.filter((task) => task.deploymentId === deployment.id));
    if (runningCount + pendingCount > 0) return true;
    if (deployment.rollout !== 'FAILED') return false;
    const until = (deployment.failedAt ?? now) + world.timing.lingers * 1000;
    if (now < until && !deployment.isLeaving) {
      deployment.isLeaving = true;
      world.clock.at(until, () => reconcileSoon(world, service));
    }
    return now < until;
  });
}
