// The deployment circuit breaker: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
import { addEvent } from '../state/events.mjs';
import { rollBack, rollbackFailed } from './rollback.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';
import { finishServiceDeployment } from './deployment.mjs';

/** @import { Deployment, DeploymentConfiguration, Service, World } from '../state/types.d.ts' */

/**
 * How many failures are too many: half of the desired count, at least 3 and at most 200 (API_ServiceDeploymentCircuitBreaker.html), or what
 * thresholdConfiguration contains (API_ThresholdConfiguration.html: COUNT, BOUNDED_PERCENT, UNBOUNDED_PERCENT).
 * @param {Pick<DeploymentConfiguration, 'deploymentCircuitBreaker'>} configuration
 * @param {number} desired
 */
export function threshold(configuration, desired) {
  const { type = 'BOUNDED_PERCENT', value = 50 } = configuration.deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') return value;
  const part = Math.ceil((desired * value) / 100);
  return type === 'UNBOUNDED_PERCENT' ? Math.max(1, part) : Math.min(200, Math.max(3, part));
}

/**
 * A task of a deployment failed. `ran`: it reached RUNNING before.
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} deployment
 * @param {{ ran: boolean }} options
 */
export function countFailure(world, service, deployment, { ran }) {
  service.steady = false;
  if (!ran) backOff(world, service, deployment);
  if (deployment.rollout !== 'IN_PROGRESS' || deployment.hadHealthyTask || deployment.isTripping) return;
  deployment.failed += 1;
  deployment.updatedAt = world.clock.now();
  if (deployment.serviceDeployment) deployment.serviceDeployment.failureCount = deployment.failed;
  const breaker = service.configuration.deploymentCircuitBreaker;
  if (!breaker?.enable || deployment.failed < threshold(service.configuration, service.desired)) return;
  // It is slow: in published logs 37 to 45 seconds lie between the third failure and the decision.
  deployment.isTripping = true;
  world.clock.after(world.timing.breaker, () => trip(world, service, deployment));
}

/**
 * .../developerguide/service-throttle-logic.html: "the time between subsequent restart attempts is incrementally increased up to a maximum of 15 minutes"
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} deployment
 */
function backOff(world, service, deployment) {
  const { backoff } = world.timing;
  deployment.failedStarts = (deployment.failedStarts ?? 0) + 1;
  const wait = backoff[Math.min(deployment.failedStarts, backoff.length) - 1];
  deployment.nextStartAt = world.clock.now() + wait * 1000;
  world.clock.after(wait, () => reconcileSoon(world, service));
  if (deployment.failedStarts > 1)
    addEvent(
      world,
      service,
      'is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
      {
        cause: `place:${deployment.id}:again`,
      },
    );
}

/**
 * API_Deployment.html: "Once a service deployment has one or more successfully running tasks, the failed task count resets to zero and stops being
 * evaluated." resetOnHealthyTask: false goes on counting (API_DeploymentCircuitBreaker.html).
 * @param {Service} service
 * @param {Deployment} deployment
 */
export function countHealthy(service, deployment) {
  if (service.configuration.deploymentCircuitBreaker?.resetOnHealthyTask === false || deployment.isTripping) return;
  deployment.failed = 0;
  deployment.hadHealthyTask = true;
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {Deployment} deployment
 */
function trip(world, service, deployment) {
  deployment.isTripping = false;
  if (deployment !== service.deployments[0] || deployment.rollout !== 'IN_PROGRESS') return;
  Object.assign(deployment, {
    rollout: 'FAILED',
    reason: 'ECS deployment circuit breaker: tasks failed to start.',
    updatedAt: world.clock.now(),
    failedAt: world.clock.now(),
  });
  addEvent(world, service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  const { serviceDeployment } = deployment;
  if (serviceDeployment) serviceDeployment.breaker = 'TRIGGERED';
  if (deployment.rollbackOf) rollbackFailed(world, service, deployment);
  else if (service.configuration.deploymentCircuitBreaker?.rollback) rollBack(world, service, deployment, 'breaker');
  else if (serviceDeployment)
    finishServiceDeployment(
      world,
      serviceDeployment,
      'STOPPED',
      'Service deployment stopped because the circuit breaker threshold was exceeded.',
    );
  reconcileSoon(world, service);
}
