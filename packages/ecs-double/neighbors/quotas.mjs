// Service Quotas, as far as a deploy tool asks for the limits of ECS and Fargate. Values: the defaults of
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html, but Fargate's of an account that has deployed before.
import { fail } from '../protocol/aws-error.mjs';

/** @import { Request, World } from '../state/types.d.ts' */

const QUOTAS = [
  { ServiceCode: 'fargate', QuotaCode: 'L-3032A538', QuotaName: 'Fargate On-Demand vCPU resource count', Value: 4000 },
  { ServiceCode: 'ecs', QuotaCode: 'L-9EF96962', QuotaName: 'Services per cluster', Value: 5000 },
  { ServiceCode: 'ecs', QuotaCode: 'L-46458851', QuotaName: 'Tasks per service', Value: 5000 },
];

/**
 * https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 * @param {World} _world
 * @param {Request} request
 */
export function getServiceQuota(_world, { ServiceCode, QuotaCode }) {
  const Quota = QUOTAS.find((one) => one.ServiceCode === ServiceCode && one.QuotaCode === QuotaCode);
  if (!Quota) throw fail('NoSuchResourceException', 'The request failed because the specified service quota does not exist.');
  return { Quota };
}

/** Only what an account changed: nothing. https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html */
export function listServiceQuotas() {
  return { Quotas: [] };
}

/**
 * https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListAWSDefaultServiceQuotas.html
 * @param {World} _world
 * @param {Request} request
 */
export function listDefaultServiceQuotas(_world, { ServiceCode }) {
  return { Quotas: QUOTAS.filter((one) => one.ServiceCode === ServiceCode) };
}
