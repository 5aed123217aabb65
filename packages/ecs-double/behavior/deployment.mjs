// A deployment begins, is superseded, or completes.
// Deployment: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
// Service deployment: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html ("Service deployment states")
import { arn } from '../state/names.mjs';
import { addEvent, clearCause } from '../state/events.mjs';
import { addRevision } from '../state/service-revisions.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';

/** A new PRIMARY, whatever was under way: the one before becomes ACTIVE, its service deployment ends STOPPED. */
export function startDeployment(world, service, taskDefinition) {
  const now = world.clock.now();
  const sources = service.deployments.map(({ revision }) => revision);
  supersede(world, service);
  const id = `ecs-svc/${world.ids.number()}`;
  const revision = addRevision(world, service, taskDefinition);
  const deployed = addServiceDeployment(world, service, revision, sources);
  for (const old of service.deployments) if (old.status === 'PRIMARY') old.status = 'ACTIVE';
  service.deployments.unshift({
    id,
    status: 'PRIMARY',
    taskDefinition,
    revision,
    deployed,
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

function addServiceDeployment(world, service, target, sources) {
  const now = world.clock.now();
  const one = {
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
  service.serviceDeployments.unshift(one);
  world.serviceDeployments.set(one.arn, one);
  world.clock.after(1, () => {
    if (one.status === 'PENDING')
      Object.assign(one, { status: 'IN_PROGRESS', startedAt: world.clock.now(), updatedAt: world.clock.now() });
  });
  return one;
}

/** Of two UpdateService calls the first one's service deployment ends STOPPED, while the release goes well: published threads about racing deploys. */
function supersede(world, service) {
  for (const one of service.serviceDeployments) {
    if (one.finishedAt !== undefined || one.status === 'STOP_REQUESTED') continue;
    Object.assign(one, { status: 'STOP_REQUESTED', updatedAt: world.clock.now() });
    // The wording is ours: Amazon documents none.
    world.clock.after(world.timing.supersede, () =>
      finishServiceDeployment(
        world,
        one,
        'STOPPED',
        'Service deployment was stopped because a newer service deployment was started.',
      ),
    );
  }
}

export function finishServiceDeployment(world, one, status, reason) {
  if (one.finishedAt !== undefined) return;
  const now = world.clock.now();
  Object.assign(one, { status, reason, finishedAt: now, updatedAt: now }, status === 'STOPPED' ? { stoppedAt: now } : {});
  if (one.breaker === 'MONITORING') one.breaker = 'MONITORING_COMPLETE';
}

/** COMPLETED: every task healthy, the old ones gone (and, with alarms, the bake time over): .../developerguide/deployment-type-ecs.html. */
export function completeDeployment(world, service, deployment) {
  const now = world.clock.now();
  Object.assign(deployment, { rollout: 'COMPLETED', reason: `ECS deployment ${deployment.id} completed.`, updatedAt: now });
  const { id, revision, taskDefinition, createdAt } = deployment;
  service.lastCompleted = { id, revision, taskDefinition, createdAt };
  addEvent(world, service, `(deployment ${id}) deployment completed.`);
  if (deployment.rollbackOf) {
    // Wording of statusReason: published logs of service deployments.
    const one = deployment.rollbackOf;
    finishServiceDeployment(world, one, 'ROLLBACK_SUCCESSFUL', one.reason);
  } else if (deployment.deployed) finishServiceDeployment(world, deployment.deployed, 'SUCCESSFUL');
}
