/** A task definition as ECS takes it. Keys that are not named here are kept as they are: ECS gets new ones more often than this file does. */
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

/** What ECS adds in its answers and refuses in a registration. */
export const ANSWER_ONLY = [
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

/** What RegisterTaskDefinition takes. */
export const KNOWN_KEYS = [
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
