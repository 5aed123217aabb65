import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '@kdcube/release/internal';

/** What these tests use of packages/ecs-double. */
export interface EcsDouble {
  url: string;
  time: Clock;
  as(op: string, request: object, service?: string): Promise<Record<string, unknown>>;
  journal: { entries: { op: string; by?: string; service: string }[]; calls(op: string): unknown[] };
  faults: object[];
  garbled: object[];
  close(): Promise<void>;
}

/** Amazon ECS in this process. */
export async function ecsDouble(scenario: object): Promise<EcsDouble> {
  const { start } = (await load('double.mjs')) as { start(options: object): Promise<EcsDouble> };
  return start({ port: 0, scenario });
}

/** Whatever waits in this process sleeps on the double's clock from now on, as under its preload. Returns what ends that. */
export async function useDoubleClock({ time }: Pick<EcsDouble, 'time'>): Promise<() => void> {
  const { useVirtualTime } = (await load('clock/virtual-time.mjs')) as { useVirtualTime(clock: Clock): () => void };
  return useVirtualTime(time);
}

function load(file: string): Promise<unknown> {
  return import(pathToFileURL(path.join(__dirname, '../../ecs-double', file)).href);
}

/** A task definition that belongs to no release, and a service that runs it. */
export function emptyDefinition(family: string, more: object = {}): object {
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: family, image: 'registry.example/nothing:1', ...more }],
  };
}

export function emptyService(serviceName: string, taskDefinition: string): object {
  return {
    cluster: 'acme',
    serviceName,
    taskDefinition,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  };
}

/** Removes every variable of AWS from the environment of this process. */
export function clearAwsVariables(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
}

/** Restores the variables that a spec found when it started. */
export function restoreVariables(before: NodeJS.ProcessEnv): void {
  clearAwsVariables();
  Object.assign(process.env, before);
}

/** Lets everything that asks AWS ask the double, with invented credentials. */
export function useDouble({ url }: Pick<EcsDouble, 'url'>, secret = 'none'): void {
  clearAwsVariables();
  Object.assign(process.env, { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: secret });
}
