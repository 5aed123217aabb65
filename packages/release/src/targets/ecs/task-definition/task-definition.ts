/** A task definition as ECS accepts it. Other keys are passed through, because ECS gets new ones more often than this file. */
export interface TaskDefinition {
  family: string;
  networkMode?: string;
  requiresCompatibilities?: string[];
  cpu?: string;
  memory?: string;
  executionRoleArn?: string;
  taskRoleArn?: string;
  containerDefinitions: ContainerDefinition[];
  volumes?: unknown[];
  tags?: { key: string; value: string }[];
  runtimePlatform?: { cpuArchitecture?: string; operatingSystemFamily?: string };
  [key: string]: unknown;
}

export interface ContainerDefinition {
  name: string;
  image: string;
  essential?: boolean;
  environment?: NameValue[];
  secrets?: NameValueFrom[];
  healthCheck?: ContainerHealthCheck;
  stopTimeout?: number;
  [key: string]: unknown;
}

export interface NameValue {
  name: string;
  value: string;
}

export interface NameValueFrom {
  name: string;
  valueFrom: string;
}

export interface ContainerHealthCheck {
  command: string[];
  interval?: number;
  timeout?: number;
  retries?: number;
  startPeriod?: number;
}

/** Keys that ECS adds in responses and rejects in a registration. */
export const RESPONSE_ONLY_KEYS = [
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
] as const;

/** The keys of RegisterTaskDefinition. */
export const REGISTRATION_KEYS = [
  'family',
  'taskRoleArn',
  'executionRoleArn',
  'networkMode',
  'containerDefinitions',
  'volumes',
  'placementConstraints',
  'requiresCompatibilities',
  'cpu',
  'memory',
  'tags',
  'pidMode',
  'ipcMode',
  'proxyConfiguration',
  'inferenceAccelerators',
  'ephemeralStorage',
  'runtimePlatform',
  'enableFaultInjection',
] as const;

export function environmentList(env: Record<string, string>): NameValue[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

export function secretList(secrets: Record<string, string>): NameValueFrom[] {
  return Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom }));
}
