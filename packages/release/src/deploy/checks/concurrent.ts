import { type Check, fail, pass } from './check';

export interface LockFacts {
  /** Another deploy holds the lock. */
  isForeign: boolean;
  environment: string;
  /** The service whose tag is the lock. */
  service: string;
  arn: string;
  tag: string;
  region: string;
  /** When the lock expires. */
  until: string;
}

/** Its subject is the release that holds the lock. */
export const deployLock: Check<LockFacts> = {
  name: 'deploy-lock',
  kind: 'release',
  title: 'No other deploy holds the lock of the environment',
  why: 'Two deploys at the same time would undo each other.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['deploy'],
  code: 'deploy-in-progress',
  decide({ isForeign, environment, service, arn, tag, region, until }) {
    if (!isForeign) return pass('is deployed by this deploy');
    return fail(
      `is being deployed to ${environment}: the tag ${tag} of the service ${service} holds its lock until ${until}`,
      `--wait=30    waits up to 30 minutes; if that deploy is dead: aws ecs untag-resource --region ${region} --tag-keys ${tag} --resource-arn ${arn}`,
    );
  },
};

export interface OngoingFacts {
  deployments: readonly { service: string; id: string; reason?: string | undefined }[];
  region: string;
  environment: string;
  /** Services whose deployment is at a stage of a native strategy, by name in the environment. */
  inStages: readonly string[];
}

/** Its subject is the cluster. */
export const deployIdle: Check<OngoingFacts> = {
  name: 'deploy-idle',
  kind: 'cluster',
  title: 'ECS has finished earlier deployments of these services within the timeout',
  why: 'A rollback of ECS that is still in progress would replace what is deployed now.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['deploy'],
  code: 'deploy-in-progress',
  decide({ deployments, region, environment, inStages }, cluster) {
    if (deployments.length === 0) return pass('has no deployment in progress');
    const list = deployments.map(({ service, id, reason }) => `${service} (${id}: ${reason ?? 'in progress'})`);
    const names = deployments.map(({ service }) => service).join(' ');
    return fail(
      `has not finished an earlier deployment: ${list.join(', ')}`,
      [
        ...inStages.flatMap((service) => {
          const command = `nx run release:continue:${environment} --service=${service}`;
          return [`${command}    continues it, if it is paused`, `${command} --rollback    rolls it back`];
        }),
        `aws ecs describe-services --region ${region} --cluster ${cluster} --services ${names}`,
      ].join('\n'),
    );
  },
};
