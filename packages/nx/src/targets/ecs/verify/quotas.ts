import type { CheckResult, Environment, Service } from '@kdcube/release/internal';
import { applyCheck, fargateQuota, taskQuota } from '@kdcube/release/internal';
import type { QuotaApi } from '../../../aws/api/quotas';
import { runCheck } from './results';

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
  const subject = 'Fargate vCPU';
  return runCheck(fargateQuota, subject, async () => {
    const quota = await api.getQuota('fargate', FARGATE_VCPU);
    return applyCheck(fargateQuota, subject, { quota, needed, quotaCode: FARGATE_VCPU });
  });
}

async function checkTaskQuota(services: readonly Service[], api: QuotaApi): Promise<CheckResult[]> {
  const [largest] = services.filter(({ count }) => count !== undefined).sort((a, b) => b.count! - a.count!);
  if (!largest) return [];
  const subject = 'tasks per service';
  return runCheck(taskQuota, subject, async () => {
    const quota = await api.findQuota('ecs', TASKS_PER_SERVICE);
    return applyCheck(taskQuota, subject, { quota, service: largest.name, count: largest.count! });
  });
}
