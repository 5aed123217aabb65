import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock, DeployPlan, ServiceStep } from '../../src/internal';

/** What these tests use of packages/ecs-double. */
export interface EcsDouble {
  url: string;
  time: Clock;
  clock: { now(): number; advance(ms: number): Promise<number> };
  journal: {
    entries: { service: string; op: string; status: number; request: Record<string, unknown>; errorType?: string }[];
    calls(op?: string): unknown[];
  };
  calls: number;
  /** Faults can be added at any time. */
  faults: object[];
  reached(n: number): Promise<number>;
  as(op: string, request?: object, service?: string): Promise<Record<string, never>>;
  /** Undefined if the connection breaks. */
  callAsClient(call: ClientCall): Promise<{ status: number; body: Record<string, unknown> } | undefined>;
  secrets(): Record<string, string>;
  registry(): { subset: boolean; force: boolean; bundles: Record<string, unknown>; gateway: Record<string, string> };
  close(): Promise<void>;
}

interface ClientCall {
  service: string;
  op: string;
  request: Record<string, unknown>;
  region: string;
  accessKey: string;
}

export const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'acme' };
export const OLD = `sha256:${'1'.repeat(64)}`;
export const NEW = `sha256:${'2'.repeat(64)}`;
/** The services of the environment; a row may add more to the wave of ui (`Wish.more`). */
export const SERVICES = ['proc', 'ingress', 'ui'] as const;

export function servicesOf({ more = [] }: Wish = {}): string[] {
  return [...SERVICES, ...more];
}

export async function startDouble(scenario: object = {}, names: readonly string[] = SERVICES): Promise<EcsDouble> {
  const tool = pathToFileURL(path.join(__dirname, '../../../ecs-double/double.mjs')).href;
  const { start } = (await import(tool)) as { start(options: object): Promise<EcsDouble> };
  return start({ port: 0, scenario: { ...world(names), ...scenario } });
}

/** Changes the double's scenario from now on. */
export async function change(double: EcsDouble, scenario: object): Promise<void> {
  await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify(scenario) });
}

/** An environment with its services on their old images, and the registry of the old one. */
function world(names: readonly string[] = SERVICES) {
  return {
    clusters: [PLACE.cluster],
    taskDefinitions: names.map((name) => definition(name, OLD)),
    services: names.map((name) => service(name)),
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
  /** Names of more services, in the last wave. */
  more?: readonly string[];
  /** What a task may report as its image. Default: the pinned digest. */
  digests?: string[];
}

/** The plan that takes the environment from its old images to its new ones. */
export function planOf({
  more = [],
  changes = servicesOf({ more }),
  force = changes.includes('proc'),
  gateway = false,
  setup = false,
  exec = false,
  digests,
}: Wish = {}): DeployPlan {
  const execVariable = exec ? [{ name: 'FARGATE_TASK_DEFINITION', value: 'acme-exec:next' }] : [];
  const names = servicesOf({ more });
  const services: ServiceStep[] = names.map((name) => {
    const changed = changes.includes(name);
    const made = definition(name, NEW, name === 'proc' ? execVariable : []);
    const how = changed ? { register: made as unknown as Record<string, unknown> } : { reuse: arn(`acme-${name}:1`) };
    return { ...step(name, 'service', changed, how), ...(changed && digests && { digests }) };
  });
  if (setup)
    services.unshift(step('setup', 'task', true, { register: definition('setup', NEW) as unknown as Record<string, unknown> }));
  const waves = [['setup'], ['proc'], ['ingress'], ['ui', ...more]]
    .map((wave) => ({
      name: wave[0]!,
      services: wave.filter((name) => services.some((one) => one.service === name && one.change === 'update')),
    }))
    .filter(({ services: names }) => names.length > 0);
  return {
    plan: 2,
    environment: 'prod',
    release: '2026-03-02',
    ...PLACE,
    baseline: Object.fromEntries(
      names.map((name) => [`acme-${name}`, { status: 'ACTIVE', taskDefinition: arn(`acme-${name}:1`), desiredCount: 1 }]),
    ),
    waves,
    services,
    ...(exec && {
      exec: {
        change: 'update' as const,
        image: `registry.example/acme-exec@${NEW}`,
        digests: [NEW],
        taskDefinition: { family: 'acme-exec', register: { ...definition('exec', NEW) }, changes: [] },
      },
    }),
    bundles: [],
    descriptor: { changed: force, after: '{}', force },
    gateway: { changed: gateway, force: gateway },
    notes: [],
  };
}

const COMPONENTS: Record<string, string> = {
  setup: 'postgres-setup',
  proc: 'proc',
  ingress: 'ingress',
  ui: 'frontend',
  metrics: 'metrics',
};

function step(
  name: string,
  kind: ServiceStep['kind'],
  changed: boolean,
  how: { reuse?: string; register?: Record<string, unknown> },
): ServiceStep {
  return {
    service: name,
    component: COMPONENTS[name] ?? 'other',
    kind,
    serviceName: `acme-${name}`,
    container: name,
    logGroup: `/ecs/${name}`,
    change: changed ? 'update' : 'none',
    reasons: changed ? ['the image'] : [],
    image: { before: `registry.example/acme-${name}@${OLD}`, after: `registry.example/acme-${name}@${changed ? NEW : OLD}` },
    digests: [changed ? NEW : OLD],
    taskDefinition: { family: `acme-${name}`, changes: [], ...how },
    env: { added: [], changed: [], removed: [] },
    desiredCount: { before: kind === 'task' ? undefined : 1, after: kind === 'task' ? 0 : 1 },
    stopTimeout: 30,
  };
}
