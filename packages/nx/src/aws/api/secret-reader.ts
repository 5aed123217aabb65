import { type AwsSecretReference, KdcubeError, shownReference } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { invalidResponse, isRecord } from '../response';
import { SECRETS, SSM } from '../services';
import { callJson } from '../signed-request';

/**
 * The value of a secret, for a service on a host. ECS fetches those of its tasks itself. The value goes to the host and nowhere else: no Problem, log or
 * receipt has it. Problem `secret-unreadable` if it does not exist.
 */
export async function readSecret(aws: AwsConnection, reference: AwsSecretReference): Promise<string> {
  const value = reference.store === 'ssm' ? await readParameter(aws, reference) : await readSecretValue(aws, reference);
  if (/\0/.test(value)) throw unreadable(reference, 'contains a NUL character, which no environment variable can have');
  return value;
}

async function readParameter(aws: AwsConnection, reference: AwsSecretReference): Promise<string> {
  const request = { Name: reference.arn ?? reference.name, WithDecryption: true };
  const { Parameter: parameter } = await existing(reference, callJson(aws, SSM, 'GetParameter', request));
  if (isRecord(parameter) && typeof parameter.Value === 'string') return parameter.Value;
  throw invalidResponse('ssm:GetParameter');
}

async function readSecretValue(aws: AwsConnection, reference: AwsSecretReference): Promise<string> {
  const { SecretString: text } = await existing(reference, callJson(aws, SECRETS, 'GetSecretValue', secretRequest(reference)));
  if (typeof text !== 'string') throw unreadable(reference, 'is binary');
  const key = reference.store === 'secretsmanager' ? reference.key : undefined;
  if (key === undefined) return text;
  const value = jsonObject(text)?.[key];
  if (value === undefined || value === null) throw unreadable(reference, `is not a JSON object with the key ${key}`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An ARN of ECS has a JSON key, a stage and a version after the secret's own. */
function secretRequest({ arn, name }: AwsSecretReference): Record<string, string> {
  if (arn === undefined) return { SecretId: name };
  const parts = arn.split(':');
  return {
    SecretId: parts.slice(0, 7).join(':'),
    ...(parts[8] && { VersionStage: parts[8] }),
    ...(parts[9] && { VersionId: parts[9] }),
  };
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function existing<T>(reference: AwsSecretReference, response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof KdcubeError && /\((?:ResourceNotFoundException|ParameterNotFound)\)/.test(error.message))
      throw unreadable(reference, 'does not exist in this account and region');
    throw error;
  }
}

function unreadable(reference: AwsSecretReference, why: string): KdcubeError {
  return new KdcubeError({
    code: 'secret-unreadable',
    message: `The secret ${shownReference(reference)} ${why}.`,
    hint: 'check its name, its account and region, and that this machine’s role may read it',
  });
}
