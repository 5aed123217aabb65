// Rollback to the last completed deployment: by the circuit breaker, or on request.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html: "rolls back … to the last completed deployment", and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html: "Amazon ECS doesn't create a new service revision for a rollback operation."
import { addEvent } from '../state/events.mjs';
import { finishServiceDeployment } from './deployment.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

/** @import { Deployment, Service, ServiceDeployment, World } from '../state/types.d.ts' */

// rolloutStateReason and statusReason as in published logs. None shows those of a requested rollback: that wording is ours.
const REASONS = {
  breaker: {
    rollout: (/** @type {string} */ id) => `ECS deployment circuit breaker: rolling back to deploymentId ${id}.`,
    status: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
  },
  user: {
    rollout: (/** @type {string} */ id) => `ECS deployment rolling back to deploymentId ${id}.`,
    status: 'Service deployment rolled back because of a StopServiceDeployment request.',
  },
  // Published threads quote "hook execution failure(s) detected"; the rest of the wording of these three is ours.
  hook: {
    rollout: (/** @type {string} */ id) =>
      `ECS deployment failed: hook execution failure(s) detected. Rolling back to deploymentId ${id}.`,
    status: 'Service deployment rolled back because of hook execution failure(s) detected.',
  },
  pause: {
    rollout: (/** @type {string} */ id) => `ECS deployment rolling back to deploymentId ${id}.`,
    status: 'Service deployment rolled back because a lifecycle hook timed out.',
  },
  alarm: {
    rollout: (/** @type {string} */ id) => `ECS deployment failed: alarm detected. Rolling back to deploymentId ${id}.`,
    status: 'Service deployment rolled back because of CloudWatch alarm(s) in the ALARM state.',
  },
};

/**
 * The last completed deployment is promoted again, under its old id (COMPLETED → IN_PROGRESS); in some accounts a new id was seen (quirk rollbackId).
 * Without an earlier completed deployment there is nothing to roll back to.
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} failed
 * @param {'breaker' | 'user' | 'hook' | 'pause' | 'alarm'} cause
 */
export function rollBack(world, service, failed, cause) {
  const now = world.clock.now();
  const serviceDeployment = failed.serviceDeployment;
  const target = service.lastCompleted;
  Object.assign(failed, { rollout: 'FAILED', failedAt: now, updatedAt: now });
  if (cause === 'user') failed.reason = `ECS deployment ${failed.id} stopped: a rollback was requested.`;
  if (!target)
    return finishServiceDeployment(
      world,
      serviceDeployment,
      'ROLLBACK_FAILED',
      'No rollback candidate was found to run the rollback.',
    );
  if (serviceDeployment)
    Object.assign(serviceDeployment, {
      status: 'ROLLBACK_IN_PROGRESS',
      reason: REASONS[cause].status,
      rollback: { reason: REASONS[cause].status, startedAt: now, serviceRevisionArn: target.revision },
      updatedAt: now,
    });
  addEvent(world, service, `rolling back to deployment ${target.id}.`);
  promote(world, service, failed, target, REASONS[cause].rollout(target.id));
  return undefined;
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} failed
 * @param {NonNullable<Service['lastCompleted']>} target
 * @param {string} reason
 */
function promote(world, service, failed, target, reason) {
  const now = world.clock.now();
  const isSameId = world.quirks.rollbackId === 'same';
  const listed = isSameId ? service.deployments.find(({ id }) => id === target.id) : undefined;
  /** @type {Deployment} */
  const rollback = Object.assign(listed ?? {}, {
    ...target,
    id: isSameId ? target.id : `ecs-svc/${world.ids.number()}`,
    createdAt: isSameId ? target.createdAt : now,
    status: 'PRIMARY',
    rollout: /** @type {const} */ ('IN_PROGRESS'),
    reason,
    failed: 0,
    updatedAt: now,
    hadHealthyTask: false,
    failedStarts: 0,
    nextStartAt: 0,
  });
  rollback.rollbackOf = failed.serviceDeployment;
  failed.status = world.quirks.failedStatus;
  service.deployments = [rollback, ...service.deployments.filter((deployment) => deployment !== rollback)];
  service.steady = false;
  reconcileSoon(world, service);
}

/**
 * The rollback failed too: ROLLBACK_FAILED, and ECS tries nothing more.
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} deployment
 */
export function rollbackFailed(world, service, deployment) {
  finishServiceDeployment(
    world,
    deployment.rollbackOf,
    'ROLLBACK_FAILED',
    'Rollback failed because the circuit breaker threshold was exceeded.',
  );
  deployment.rollbackOf = undefined;
}

/**
 * "The service deployment moves to the ROLLBACK_REQUESTED state, and then the rollback operation starts", breaker or not: .../stop-service-deployment.html
 * @param {World} world
 * @param {ServiceDeployment} serviceDeployment
 */
export function requestRollback(world, serviceDeployment) {
  Object.assign(serviceDeployment, { status: 'ROLLBACK_REQUESTED', updatedAt: world.clock.now() });
  world.clock.after(world.timing.supersede, () => {
    const current = serviceDeployment.service.deployments[0];
    if (serviceDeployment.status === 'ROLLBACK_REQUESTED' && current?.serviceDeployment === serviceDeployment)
      rollBack(world, serviceDeployment.service, current, 'user');
  });
}

/**
 * ABORT leaves everything as it is: no task is started or stopped for this deployment any more.
 * @param {World} world
 * @param {ServiceDeployment} serviceDeployment
 */
export function abortDeployment(world, serviceDeployment) {
  Object.assign(serviceDeployment, { status: 'STOP_REQUESTED', updatedAt: world.clock.now() });
  for (const deployment of serviceDeployment.service.deployments)
    if (deployment.serviceDeployment === serviceDeployment) deployment.isAborted = true;
  world.clock.after(world.timing.supersede, () =>
    finishServiceDeployment(
      world,
      serviceDeployment,
      'STOPPED',
      'Service deployment was stopped by a StopServiceDeployment request.',
    ),
  );
}
