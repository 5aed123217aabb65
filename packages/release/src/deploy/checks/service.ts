import { type Check, fail, pass } from './check';

/** A service as ECS describes it. */
export interface ServiceFacts {
  exists: boolean;
  region: string;
  cluster: string;
  status?: string;
  /** ECS, CODE_DEPLOY or EXTERNAL. */
  controller?: string;
  /** Its scheduling strategy is DAEMON. */
  isDaemon?: boolean;
  /** The plan changes the desired count. */
  isScaled?: boolean;
  hasCircuitBreaker?: boolean;
}

export const serviceExists: Check<ServiceFacts> = {
  name: 'service-exists',
  kind: 'service',
  title: 'The service exists',
  why: 'A deployment updates services, it does not create them.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['verify', 'deploy'],
  code: 'service-missing',
  decide({ exists, region, cluster }) {
    if (exists) return pass('exists');
    return fail(
      `does not exist in the cluster ${cluster}: a deployment updates services, it does not create them`,
      `aws ecs list-services --region ${region} --cluster ${cluster}    then correct service_name: in the environment`,
    );
  },
};

export const serviceActive: Check<ServiceFacts> = {
  name: 'service-active',
  kind: 'service',
  title: 'The service is ACTIVE',
  why: 'ECS does not update a service that is being deleted or was deleted.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html',
  when: ['verify', 'deploy'],
  code: 'service-not-deployable',
  decide({ status, region, cluster }, name) {
    if (status === 'ACTIVE') return pass('is ACTIVE');
    return fail(
      `is ${status}: it is being deleted, or was`,
      `aws ecs wait services-inactive --region ${region} --cluster ${cluster} --services ${name}    then create it again`,
    );
  },
};

/** What deploys a service whose controller is not ECS. */
const CONTROLLERS: Readonly<Record<string, string>> = { CODE_DEPLOY: ' (CodeDeploy)', EXTERNAL: ' (task sets)' };

export const serviceController: Check<ServiceFacts> = {
  name: 'service-controller',
  kind: 'service',
  title: 'The deployment controller of the service is ECS',
  why: 'A service with another controller gets new revisions only from CodeDeploy or through task sets.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html',
  when: ['verify', 'deploy'],
  code: 'service-not-deployable',
  decide({ controller = 'ECS' }) {
    if (controller === 'ECS') return pass('has the deployment controller ECS');
    return fail(
      `has the deployment controller ${controller}${CONTROLLERS[controller] ?? ''}: only ECS (rolling update) is supported`,
      'create it again with the deployment controller ECS, or remove it from the environment',
    );
  },
};

export const serviceScaling: Check<ServiceFacts> = {
  name: 'service-scaling',
  kind: 'service',
  title: 'The plan does not change the number of tasks of a daemon',
  why: 'ECS runs one task of a daemon on each instance, and rejects a desired count.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html',
  when: ['deploy'],
  code: 'service-not-deployable',
  decide({ isDaemon = false, isScaled = false }) {
    if (!isDaemon || !isScaled) return pass('can be scaled as planned');
    return fail(
      'is a daemon: ECS runs one task on each instance, and rejects a desired count',
      'remove count: of this service from the environment, then make a new plan',
    );
  },
};

/** Never fails. In `verify` it is the last check of a service, so that its result is what the line of the service says. */
export const serviceCircuitBreaker: Check<ServiceFacts> = {
  name: 'service-circuit-breaker',
  kind: 'service',
  title: 'The service has a deployment circuit breaker (recommended: the check passes without one)',
  why: 'Without one ECS starts failing tasks again and again, until the deploy times out.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ hasCircuitBreaker }) {
    if (hasCircuitBreaker) return pass('exists');
    return pass('exists, without a deployment circuit breaker: a failed rollout is only detected by its timeout');
  },
};

/** Whether a deployment can update the service at all. In this order: each one assumes the one before it. */
export const UPDATE_CHECKS: readonly Check<ServiceFacts>[] = [serviceExists, serviceActive, serviceController];
