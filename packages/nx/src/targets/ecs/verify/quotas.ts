import type { Environment, Service } from '@kdcube/release/internal';
import type { QuotaApi } from '../../../aws/api/quotas';
import { fail, pass, runCheck, unknown, type CheckResult } from './results';

/** Fargate On-Demand vCPU resource count. */
const FARGATE_VCPU = 'L-3032A538';
/** Its code is not documented. */
const TASKS_PER_SERVICE = 'Tasks per service';

/** Checks that the quotas of the account allow replacing all services at once. */
export async function checkQuotas(environment: Environment, api: QuotaApi): Promise<CheckResult[]> {
  const services = environment.services.filter(({ target }) => target === 'ecs');
  return [...(await checkFargateQuota(services, api)), ...(await checkTaskQuota(services, api))];
}

async function checkFargateQuota(services: readonly Service[], api: QuotaApi): Promise<CheckResult[]> {
  const units = services.reduce((sum, { cpu, count }) => sum + cpu * Math.max(count ?? 1, 1), 0);
  // The old and the new tasks of a service run at the same time while it is replaced.
  const needed = (2 * units) / 1024;
  return runCheck('quota', 'Fargate vCPU', async () => {
    const quota = await api.getQuota('fargate', FARGATE_VCPU);
    if (quota >= needed) return pass('quota', 'Fargate vCPU', `${quota} in this account; replacing all services takes ${needed}`);
    return fail(
      'quota',
      'Fargate vCPU',
      `${quota} in this account, but replacing all services takes ${needed}`,
      `aws service-quotas request-service-quota-increase --service-code fargate --quota-code ${FARGATE_VCPU} --desired-value …`,
    );
  });
}

async function checkTaskQuota(services: readonly Service[], api: QuotaApi): Promise<CheckResult[]> {
  const [largest] = services.filter(({ count }) => count !== undefined).sort((a, b) => b.count! - a.count!);
  if (!largest) return [];
  return runCheck('quota', 'tasks per service', async () => {
    const quota = await api.findQuota('ecs', TASKS_PER_SERVICE);
    if (!Number.isFinite(quota)) return unknown('quota', 'tasks per service', 'is not listed by AWS');
    const use = `${largest.name} has ${largest.count}`;
    if (quota >= largest.count!) return pass('quota', 'tasks per service', `${quota}; ${use}`);
    return fail(
      'quota',
      'tasks per service',
      `${quota}, but ${use}`,
      'aws service-quotas list-service-quotas --service-code ecs',
    );
  });
}
