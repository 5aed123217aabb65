import type { AwsConnection } from '../client';
import { identityApi, type IdentityApi } from './identity';
import { loadBalancerApi, type LoadBalancerApi } from './load-balancers';
import { logsApi, type LogsApi } from './logs';
import { networkApi, type NetworkApi } from './network';
import { quotaApi, type QuotaApi } from './quotas';
import { secretsApi, type SecretsApi } from './secrets';
import { storageApi, type StorageApi } from './storage';

/** What is read from the services of AWS other than ECS. */
export interface AwsApi extends IdentityApi, LoadBalancerApi, LogsApi, NetworkApi, QuotaApi, SecretsApi, StorageApi {}

export function awsApi(aws: AwsConnection): AwsApi {
  return {
    ...identityApi(aws),
    ...loadBalancerApi(aws),
    ...logsApi(aws),
    ...networkApi(aws),
    ...quotaApi(aws),
    ...secretsApi(aws),
    ...storageApi(aws),
  };
}
