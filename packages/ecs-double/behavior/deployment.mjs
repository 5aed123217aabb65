// A deployment begins, is superseded, or completes.
// Deployment: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
// Service deployment: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html ("Service deployment states")
import { arn } from '../state/names.mjs';
import { addEvent, clearCause } from '../state/events.mjs';
import { addRevision } from '../state/service-revisions.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

/** @import { Deployment, Service, ServiceDeployment, World } from '../state/types.d.ts' */

/**
 * A new PRIMARY, whatever was under way: the serviceDeployment before becomes ACTIVE, its service deployment ends STOPPED.
 * @param {World} world
 * @param {Service} service
 * @param {string} taskDefinition
 */
export function startDeployment(world, service, taskDefinition) {
  const now = world.clock.now();
  const sources = service.deployments.map(({ revision }) => revision);
  supersede(world, service);
  const id = `ecs-svc/${world.ids.number()}`;
  const revision = addRevision(world, service, taskDefinition);
  const serviceDeployment = addServiceDeployment(world, service, revision, sources);
  for (const old of service.deployments) if (old.status === 'PRIMARY') old.status = 'ACTIVE';
  service.deployments.unshift({
    id,
    status: 'PRIMARY',
    taskDefinition,
    revision,
    serviceDeployment,
    rollout: 'IN_PROGRESS',
    reason: `ECS deployment ${id} in progress.`,
    failed: 0,
    createdAt: now,
    updatedAt: now,
  });
  // .../service-throttle-logic.html: "If you update your service to use a new task definition, your service returns to a normal, non-throttled state immediately."
  clearCause(service, 'place:');
  service.steady = false;
  reconcileSoon(world, service);
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {string} target
 * @param {string[]} sources
 */
function addServiceDeployment(world, service, target, sources) {
  const now = world.clock.now();
  /** @type {ServiceDeployment} */
  const serviceDeployment = {
    arn: arn(world, `service-deployment/${service.key}/${world.ids.short()}`),
    service,
    target,
    sources,
    status: 'PENDING',
    createdAt: now,
    updatedAt: now,
    configuration: service.configuration,
    breaker: service.configuration.deploymentCircuitBreaker?.enable ? 'MONITORING' : 'DISABLED',
    failureCount: 0,
  };
  service.serviceDeployments.unshift(serviceDeployment);
  world.serviceDeployments.set(serviceDeployment.arn, serviceDeployment);
  world.clock.after(1, () => {
    if (serviceDeployment.status === 'PENDING')
      Object.assign(serviceDeployment, { status: 'IN_PROGRESS', startedAt: world.clock.now(), updatedAt: world.clock.now() });
  });
  return serviceDeployment;
}

/**
 * Of two UpdateService calls the first serviceDeployment's service deployment ends STOPPED, while the release goes well: published threads about racing deploys.
 * @param {World} world
 * @param {Service} service
 */
function supersede(world, service) {
  for (const serviceDeployment of service.serviceDeployments) {
    if (serviceDeployment.finishedAt !== undefined || serviceDeployment.status === 'STOP_REQUESTED') continue;
    Object.assign(serviceDeployment, { status: 'STOP_REQUESTED', updatedAt: world.clock.now() });
    // The wording is ours: Amazon documents none.
    world.clock.after(world.timing.supersede, () =>
      finishServiceDeployment(
        world,
        serviceDeployment,
        'STOPPED',
        'Service deployment was stopped because a newer service deployment was started.',
      ),
    );
  }
}

/**
 * @param {World} world
 * @param {ServiceDeployment | undefined} serviceDeployment
 * @param {string} status
 * @param {string} [reason]
 */
export function finishServiceDeployment(world, serviceDeployment, status, reason) {
  if (!serviceDeployment || serviceDeployment.finishedAt !== undefined) return;
  const now = world.clock.now();
  Object.assign(
    serviceDeployment,
    { status, reason, finishedAt: now, updatedAt: now },
    status === 'STOPPED' ? { stoppedAt: now } : {},
  );
  if (serviceDeployment.breaker === 'MONITORING') serviceDeployment.breaker = 'MONITORING_COMPLETE';
}

/**
 * COMPLETED: every task healthy, the old ones gone (and, with alarms, the bake time over): .../developerguide/deployment-type-ecs.html.
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} deployment
 */
export function completeDeployment(world, service, deployment) {
  const now = world.clock.now();
  Object.assign(deployment, { rollout: 'COMPLETED', reason: `ECS deployment ${deployment.id} completed.`, updatedAt: now });
  const { id, revision, taskDefinition, createdAt } = deployment;
  service.lastCompleted = { id, revision, taskDefinition, createdAt };
  addEvent(world, service, `(deployment ${id}) deployment completed.`);
  if (deployment.rollbackOf) {
    // Wording of statusReason: published logs of service deployments.
    const serviceDeployment = deployment.rollbackOf;
    finishServiceDeployment(world, serviceDeployment, 'ROLLBACK_SUCCESSFUL', serviceDeployment.reason);
  } else if (deployment.serviceDeployment) finishServiceDeployment(world, deployment.serviceDeployment, 'SUCCESSFUL');
}
