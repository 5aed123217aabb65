import { type Check, fail, pass, unknown } from './check';

const QUOTAS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html';

/** Its subject is always `Fargate vCPU`. */
export const fargateQuota: Check<{ quota: number; needed: number; quotaCode: string }> = {
  name: 'quota-fargate-vcpu',
  kind: 'quota',
  title: 'The Fargate vCPU quota allows replacing all services at once',
  why: 'During a rollout the old and the new tasks run at the same time. Above the quota no task starts.',
  source: QUOTAS,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ quota, needed, quotaCode }) {
    if (quota >= needed) return pass(`${quota} in this account; replacing all services takes ${needed}`);
    return fail(
      `${quota} in this account, but replacing all services takes ${needed}`,
      `aws service-quotas request-service-quota-increase --service-code fargate --quota-code ${quotaCode} --desired-value …`,
    );
  },
};

export interface TaskQuotaFacts {
  /** Not finite if AWS does not list it. */
  quota: number;
  /** The service with the most tasks. */
  service: string;
  count: number;
}

/** Its subject is always `tasks per service`. */
export const taskQuota: Check<TaskQuotaFacts> = {
  name: 'quota-tasks-per-service',
  kind: 'quota',
  title: 'No service has more tasks than the quota allows',
  why: 'ECS rejects a higher desired count.',
  source: QUOTAS,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ quota, service, count }) {
    if (!Number.isFinite(quota)) return unknown('is not listed by AWS');
    const use = `${service} has ${count}`;
    if (quota >= count) return pass(`${quota}; ${use}`);
    return fail(`${quota}, but ${use}`, 'aws service-quotas list-service-quotas --service-code ecs');
  },
};
