import type { AwsConnection } from '../client';
import { invalidResponse, isRecord, requireList } from '../response';
import { QUOTAS } from '../services';
import { callJson } from '../signed-request';

export interface QuotaApi {
  getQuota(service: string, code: string): Promise<number>;
  /** A quota whose code is not documented, by its name. NaN if AWS does not list it. */
  findQuota(service: string, name: string): Promise<number>;
}

export function quotaApi(aws: AwsConnection): QuotaApi {
  return {
    async getQuota(service, code) {
      const { Quota } = await callJson(aws, QUOTAS, 'GetServiceQuota', { ServiceCode: service, QuotaCode: code });
      const value = isRecord(Quota) ? Quota.Value : undefined;
      if (typeof value !== 'number') throw invalidResponse('servicequotas:GetServiceQuota');
      return value;
    },
    async findQuota(service, name) {
      // The first list has the quotas of this account that differ from the defaults.
      for (const action of ['ListServiceQuotas', 'ListAWSDefaultServiceQuotas']) {
        const response = await callJson(aws, QUOTAS, action, { ServiceCode: service, MaxResults: 100 });
        const quotas = requireList<{ QuotaName?: string; Value?: number }>(response, 'Quotas', `servicequotas:${action}`);
        const quota = quotas.find(({ QuotaName }) => QuotaName === name);
        if (quota) return Number(quota.Value);
      }
      return NaN;
    },
  };
}
