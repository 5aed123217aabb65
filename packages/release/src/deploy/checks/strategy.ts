import { type Check, fail, pass } from './check';

/** Strategies that shift traffic from one revision to the other. */
export const NATIVE_STRATEGIES: readonly string[] = ['BLUE_GREEN', 'LINEAR', 'CANARY'];

const SUPPORTED: readonly string[] = ['ROLLING', ...NATIVE_STRATEGIES];

export interface StrategyFacts {
  /** ROLLING, BLUE_GREEN, LINEAR, CANARY. */
  strategy: string;
  /** Set if ECS may call a deployment COMPLETED while tasks of the old revision run. */
  earlySuccess?: string | undefined;
  region: string;
  cluster: string;
}

export const serviceStrategy: Check<StrategyFacts> = {
  name: 'service-strategy',
  kind: 'service',
  title: 'A deploy can follow the deployment strategy of the service to its end',
  why: 'ROLLING, BLUE_GREEN, LINEAR and CANARY are known. With early success criteria ECS calls a deployment COMPLETED while tasks of the old revision run.',
  source: 'docs/decisions/0032-native-strategies.md',
  when: ['verify', 'deploy'],
  code: 'service-not-deployable',
  decide({ strategy, earlySuccess, region, cluster }, name) {
    if (!SUPPORTED.includes(strategy))
      return fail(
        `has the deployment strategy ${strategy}, which this version does not know`,
        `set the strategy of the service to ROLLING or ${NATIVE_STRATEGIES.join(', ')}, or update @kdcube/nx`,
      );
    if (earlySuccess === undefined) return pass(`has the deployment strategy ${strategy}`);
    return fail(
      `has early success criteria (${earlySuccess}): ECS calls a deployment COMPLETED while tasks of the old revision run, so nothing can be said about what runs`,
      `aws ecs update-service --region ${region} --cluster ${cluster} --service ${name} --deployment-configuration 'earlySuccessCriteria={enable=false}'`,
    );
  },
};

export interface OpenDeploymentFacts {
  strategy: string;
  /** What ECS still works on: `a deployment is in progress: BAKE_TIME, traffic 100% new, 0% old`. */
  open?: string | undefined;
}

/** Never fails: ECS ends the deployment by itself, or a person does. */
export const serviceDeployment: Check<OpenDeploymentFacts> = {
  name: 'service-deployment',
  kind: 'deployment',
  title: 'No deployment with a native strategy is in progress (the check passes with one, and shows its stage and traffic)',
  why: 'Split traffic, a bake and a pause are not settled: ECS may still roll back, and a deploy waits for the end.',
  source: 'docs/decisions/0032-native-strategies.md',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ strategy, open = 'no deployment is in progress' }) {
    return pass(`has the strategy ${strategy}; ${open}`);
  },
};
