import { KdcubeError, type SecretValue, type WriteSecretRequest } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { invalidResponse } from '../response';
import { SECRETS } from '../services';
import { callJson } from '../signed-request';

/** The values of secrets that hold the bundle descriptor. Every other secret is read by `secretsApi`, which returns no value. */
export interface SecretValues {
  /** The current version, or a certain one; undefined if it does not exist. */
  read(secret: string, version?: string): Promise<SecretValue | undefined>;
  create(request: WriteSecretRequest): Promise<void>;
  put(request: WriteSecretRequest): Promise<void>;
}

export function secretValues(aws: AwsConnection): SecretValues {
  return {
    async read(secret, version) {
      const request = { SecretId: secret, ...(version !== undefined && { VersionId: version }) };
      try {
        return valueOf(await callJson(aws, SECRETS, 'GetSecretValue', request));
      } catch (error) {
        if (error instanceof KdcubeError && /\(ResourceNotFoundException\)/.test(error.message)) return undefined;
        throw error;
      }
    },
    async create({ secret, text, token }) {
      await callJson(aws, SECRETS, 'CreateSecret', { Name: secret, SecretString: text, ClientRequestToken: token });
    },
    async put({ secret, text, token }) {
      await callJson(aws, SECRETS, 'PutSecretValue', { SecretId: secret, SecretString: text, ClientRequestToken: token });
    },
  };
}

function valueOf({ VersionId: version, SecretString: text, SecretBinary: binary }: Record<string, unknown>): SecretValue {
  if (typeof version === 'string' && typeof text === 'string') return { version, text };
  if (typeof version === 'string' && typeof binary === 'string')
    return { version, text: Buffer.from(binary, 'base64').toString('utf8') };
  throw invalidResponse('secretsmanager:GetSecretValue');
}
