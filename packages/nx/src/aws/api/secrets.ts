import type { AwsConnection } from '../client';
import { invalidResponse, requireList } from '../response';
import { SECRETS, SSM } from '../services';
import { callJson } from '../signed-request';

/** SSM parameters and Secrets Manager. No method returns the value of a secret. */
export interface SecretsApi {
  parameterExists(name: string): Promise<boolean>;
  describeSecret(id: string): Promise<{ arn: string; isDeleted: boolean }>;
  /** The keys of a secret that is a JSON object; undefined for any other secret. */
  listSecretKeys(id: string): Promise<string[] | undefined>;
}

export function secretsApi(aws: AwsConnection): SecretsApi {
  return {
    async parameterExists(name) {
      const filter = { Key: 'Name', Option: 'Equals', Values: [name] };
      const response = await callJson(aws, SSM, 'DescribeParameters', { ParameterFilters: [filter] });
      return requireList(response, 'Parameters', 'ssm:DescribeParameters').length > 0;
    },
    async describeSecret(id) {
      const { ARN, DeletedDate } = await callJson(aws, SECRETS, 'DescribeSecret', { SecretId: id });
      if (typeof ARN !== 'string') throw invalidResponse('secretsmanager:DescribeSecret');
      return { arn: ARN, isDeleted: DeletedDate !== undefined && DeletedDate !== null };
    },
    async listSecretKeys(id) {
      const { SecretString: text, SecretBinary: binary } = await callJson(aws, SECRETS, 'GetSecretValue', { SecretId: id });
      if (typeof text !== 'string' && typeof binary !== 'string') throw invalidResponse('secretsmanager:GetSecretValue');
      return keysOf(text);
    },
  };
}

/** Names only: no value leaves this function. */
function keysOf(secret: unknown): string[] | undefined {
  try {
    const value: unknown = JSON.parse(String(secret));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
  } catch {
    return undefined;
  }
}
