import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock, DeployPlan, ServiceStep } from '@kdcube/release';

/** What these tests use of tools/ecs-double. */
export interface EcsDouble {
  url: string;
  time: Clock;
  clock: { now(): number; advance(ms: number): Promise<number> };
  journal: {
    entries: { service: string; op: string; status: number; request: Record<string, unknown> }[];
    calls(op?: string): unknown[];
  };
  calls: number;
  reached(n: number): Promise<number>;
  as(op: string, request?: object, service?: string): Promise<Record<string, never>>;
  registry(): { subset: boolean; force: boolean; bundles: Record<string, unknown>; gateway: Record<string, string> };
  close(): Promise<void>;
}

export const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'acme' };
export const OLD = `sha256:${'1'.repeat(64)}`;
export const NEW = `sha256:${'2'.repeat(64)}`;
/** The one kind of services that a row may have more or less of. */
export const SERVICES = ['proc', 'ingress', 'ui'] as const;

export async function startDouble(scenario: object = {}, journal?: string): Promise<EcsDouble> {
  const tool = pathToFileURL(path.join(__dirname, '../../../../../../tools/ecs-double/double.mjs')).href;
  const { start } = (await import(tool)) as { start(options: object): Promise<EcsDouble> };
  const double = await start({ port: 0, journal, scenario: { ...world(), ...scenario } });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: double.url,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  return double;
}

/** An environment with three services on their old images, and the registry of the old one. */
export function world() {
  return {
    clusters: [PLACE.cluster],
    taskDefinitions: SERVICES.map((name) => definition(name, OLD)),
    services: SERVICES.map((name) => service(name)),
    images: { [OLD]: { digest: OLD, bundles: ['old_bundle'] }, [NEW]: { digest: NEW, bundles: ['new_bundle'] } },
  };
}

export function service(name: string, more: object = {}): object {
  return {
    cluster: PLACE.cluster,
    serviceName: `acme-${name}`,
    taskDefinition: `acme-${name}:1`,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    },
    ...more,
  };
}

export function definition(name: string, digest: string, more: { name: string; value: string }[] = []) {
  const bundle = digest === OLD ? 'old_bundle' : 'new_bundle';
  const descriptor = JSON.stringify({ bundles: { [bundle]: { id: bundle, path: '/bundles', module: `${bundle}.entrypoint` } } });
  const gateway = JSON.stringify({ tenant: 'acme', project: 'one', of: bundle });
  const environment = [
    { name: 'GATEWAY_COMPONENT', value: name },
    { name: 'GATEWAY_CONFIG_JSON', value: gateway },
    { name: 'BUNDLES_INCLUDE_EXAMPLES', value: '0' },
    ...(name === 'proc' ? [{ name: 'AGENTIC_BUNDLES_JSON', value: descriptor }] : []),
    ...more,
  ];
  const options = { 'awslogs-group': `/ecs/${name}`, 'awslogs-region': PLACE.region, 'awslogs-stream-prefix': 'ecs' };
  return {
    family: `acme-${name}`,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: `arn:aws:iam::${PLACE.account}:role/execution`,
    containerDefinitions: [
      {
        name,
        image: `registry.example/acme-${name}@${digest}`,
        essential: true,
        environment,
        logConfiguration: { logDriver: 'awslogs', options },
        ...(name !== 'setup' && { healthCheck: { command: ['CMD-SHELL', 'true'], interval: 10, retries: 3, startPeriod: 10 } }),
      },
    ],
  };
}

export function arn(short: string): string {
  return `arn:aws:ecs:${PLACE.region}:${PLACE.account}:task-definition/${short}`;
}

export interface Wish {
  /** Services that change; the others stay. */
  changes?: readonly string[];
  /** Whether the registry is forced. Default: where proc changes. */
  force?: boolean;
  gateway?: boolean;
  setup?: boolean;
  exec?: boolean;
}

/** The plan that takes the environment from its old images to its new ones. */
export function planOf({
  changes = SERVICES,
  force = changes.includes('proc'),
  gateway = false,
  setup = false,
  exec = false,
}: Wish = {}): DeployPlan {
  const more = exec ? [{ name: 'FARGATE_TASK_DEFINITION', value: 'acme-exec:next' }] : [];
  const services: ServiceStep[] = SERVICES.map((name) => {
    const changed = changes.includes(name);
    const made = definition(name, NEW, name === 'proc' ? more : []);
    return step(
      name,
      'service',
      changed,
      changed ? { register: made as unknown as Record<string, unknown> } : { use: arn(`acme-${name}:1`) },
    );
  });
  if (setup)
    services.unshift(step('setup', 'task', true, { register: definition('setup', NEW) as unknown as Record<string, unknown> }));
  const waves = [['setup'], ['proc'], ['ingress'], ['ui']]
    .map((names) => ({
      name: names[0]!,
      services: names.filter((name) => services.some((one) => one.service === name && one.change === 'update')),
    }))
    .filter(({ services: names }) => names.length > 0);
  return {
    plan: 1,
    environment: 'prod',
    release: '2026-03-02',
    ...PLACE,
    basis: Object.fromEntries(
      SERVICES.map((name) => [`acme-${name}`, { status: 'ACTIVE', taskDefinition: arn(`acme-${name}:1`), desiredCount: 1 }]),
    ),
    waves,
    services,
    ...(exec && {
      exec: {
        change: 'update' as const,
        image: `registry.example/acme-exec@${NEW}`,
        digests: [NEW],
        definition: { family: 'acme-exec', register: { ...definition('exec', NEW) }, changes: [] },
      },
    }),
    bundles: [],
    descriptor: { changed: force, after: '{}', force },
    gateway: { changed: gateway, force: gateway },
    notes: [],
  };
}

function step(
  name: string,
  kind: ServiceStep['kind'],
  changed: boolean,
  how: { use?: string; register?: Record<string, unknown> },
): ServiceStep {
  return {
    service: name,
    component: name === 'ui' ? 'frontend' : name === 'setup' ? 'postgres-setup' : name,
    kind,
    serviceName: `acme-${name}`,
    container: name,
    logGroup: `/ecs/${name}`,
    change: changed ? 'update' : 'none',
    why: changed ? ['the image'] : [],
    image: { before: `registry.example/acme-${name}@${OLD}`, after: `registry.example/acme-${name}@${changed ? NEW : OLD}` },
    digests: [changed ? NEW : OLD],
    definition: { family: `acme-${name}`, changes: [], ...how },
    env: { added: [], changed: [], removed: [] },
    count: { before: kind === 'task' ? undefined : 1, after: kind === 'task' ? 0 : 1 },
    stopTimeout: 30,
  };
}
