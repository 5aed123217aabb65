import { type Check, fail, pass } from './check';

interface Location {
  region: string;
  cluster: string;
}

/** Its subject is the environment. */
export const planLocation: Check<{ planned: Location; actual: Location }> = {
  name: 'plan-location',
  kind: 'plan for',
  title: 'Region and cluster are those of the plan',
  why: 'A plan that is carried out elsewhere replaces other services.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['deploy'],
  code: 'wrong-account',
  decide({ planned, actual }) {
    if (planned.region === actual.region && planned.cluster === actual.cluster) return pass('is for this cluster');
    return fail(`is for the cluster ${planned.cluster} in ${planned.region}, not for ${actual.cluster} in ${actual.region}`);
  },
};

export interface BaselineFacts {
  environment: string;
  /** What the service runs, what it ran when the plan was made, and what an interrupted run of the plan may have left: ARNs or `family:revision`. */
  running: string;
  baseline: string;
  accepted: readonly string[];
}

/** Its subject is the name of the service in the environment. */
export const planBaseline: Check<BaselineFacts> = {
  name: 'plan-baseline',
  kind: 'service',
  title: 'The service runs what it ran when the plan was made',
  why: 'A deployment in between would be undone without anyone noticing.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['deploy'],
  code: 'plan-outdated',
  decide({ environment, running, baseline, accepted }) {
    if (accepted.includes(running)) return pass(`runs ${running}`);
    return fail(
      `runs ${running}, and ran ${baseline} when the plan was made: another deploy has changed it since`,
      `nx run release:plan:${environment}    makes a new plan`,
    );
  },
};
