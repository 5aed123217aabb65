// One release on ECS and on a host: image, variables, health check, stop time and bundle descriptor of each component are equal, but for what is listed here.
import { parse } from 'yaml';
import { BASE, Play } from '../../testing/compose-rollouts/play';
import { deployInput, nothingRuns } from '../../testing/deploys';
import { environmentOf } from '../../testing/environments';
import { planDeploy } from './ecs/plan/plan-deploy';

const NAME = 'prod-2026-11-23';
const BUNDLES = ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1 h'];
const SERVICES = `services:
  postgres-setup: { component: postgres-setup, image: kdcube-postgres-setup }
  chat-proc: { component: proc, image: kdcube-chat-proc-bundled }
  chat-ingress: { component: ingress, image: kdcube-chat-ingress }
  metrics: { component: metrics, image: kdcube-metrics }
  web-proxy: { component: web-proxy, image: kdcube-web-proxy }
  proxylogin: { component: proxylogin, image: "ghcr.io/kdcube/proxylogin@sha256:${'b'.repeat(64)}" }
`;
const MORE = `env:
  proc: { REDIS_URL: "redis://redis:6379/0", LOG_LEVEL: DEBUG, ODD: "a b $c #d 'e' \\"f\\" ü" }
metrics: { interval: 60 }
gateway: { profile: production, backpressure: { capacity_source_component: proc } }
`;

/** What a component gets, by name: `image`, `env LOG_LEVEL`, `health command`. */
type Facts = Record<string, unknown>;

interface Row {
  name: string;
  platform: string;
  ecs?: string;
  host?: string;
  /** `<service> <name>`: why it differs. */
  differs: Record<string, string>;
}

const EDITED = 'the platform edits the file: on a host it is in the folder that is mounted, on ECS a task writes its own';
const FARGATE = [
  'EXEC_RUNTIME_MODE',
  'FARGATE_ASSIGN_PUBLIC_IP',
  'FARGATE_CLUSTER',
  'FARGATE_CONTAINER_NAME',
  'FARGATE_EXEC_ENABLED',
  'FARGATE_LAUNCH_TYPE',
  'FARGATE_SECURITY_GROUPS',
  'FARGATE_SUBNETS',
  'FARGATE_TASK_DEFINITION',
];
const ROWS: Row[] = [
  { name: 'the generation with AGENTIC_BUNDLES_JSON', platform: 'v0.3.2', differs: {} },
  {
    name: 'bundles.yaml',
    platform: '2026.8.19.120',
    differs: { 'chat-proc env BUNDLES_YAML_DESCRIPTOR_PATH': EDITED },
  },
  {
    name: 'bundles.yaml, and a place for generated code of each target',
    platform: '2026.8.19.120',
    ecs: 'exec: { runtime: fargate, image: kdcube-exec-bundled, fargate: { execution_role: e, subnets: ["subnet-0a1b2c3d"], security_groups: ["sg-0a1b2c3d"] } }\n',
    host: 'exec: { runtime: docker, image: kdcube-exec-bundled, workspace: /opt/kdcube/exec-workspace }\n',
    differs: {
      'chat-proc env BUNDLES_YAML_DESCRIPTOR_PATH': EDITED,
      ...Object.fromEntries(
        FARGATE.map((name) => [`chat-proc env ${name}`, 'code runs in a task of Fargate, which a host has not']),
      ),
      'chat-proc env HOST_EXEC_WORKSPACE_PATH': 'the engine of the host mounts the folder into the container that runs code',
      'chat-proc env PY_CODE_EXEC_NETWORK_MODE': 'the network of that container; a task has one of its own',
      'chat-proc env HOST_BUNDLES_PATH': 'the engine mounts the bundles over those of the image',
    },
  },
];

function onEcs({ platform, ecs = '' }: Row): Map<string, Facts> {
  const environment = environmentOf(`${SERVICES}${MORE}${ecs}`, 'ecs');
  const { plan } = planDeploy(
    deployInput({ environment, platform, name: NAME, bundles: BUNDLES, running: nothingRuns(environment) }),
  );
  return new Map(
    plan.services.map(({ service, taskDefinition }) => {
      const { containerDefinitions } = taskDefinition.register as { containerDefinitions: Container[] };
      const [container, writer] = containerDefinitions;
      const { image, stopTimeout, healthCheck: health } = container!;
      const files = writer?.environment.find(({ name }) => name === 'KDCUBE_FILES')?.value;
      return [
        service,
        facts({
          image,
          stopTimeout,
          env: Object.fromEntries(container!.environment.map(({ name, value }) => [name, value])),
          health: health && [health.command, health.interval, health.timeout, health.retries, health.startPeriod],
          descriptor: files && (JSON.parse(Buffer.from(files, 'base64').toString()) as { content: string }[])[0]!.content,
        }),
      ];
    }),
  );
}

interface Container {
  image: string;
  stopTimeout: number;
  environment: { name: string; value: string }[];
  healthCheck?: { command: string[]; interval: number; timeout: number; retries: number; startPeriod: number };
}

function onHost({ platform, host = '' }: Row): Map<string, Facts> {
  const base = { services: { ...BASE.services, proxylogin: { image: 'proxylogin:latest' } } };
  const { plan } = new Play(SERVICES).plan({ name: NAME, bundles: BUNDLES, platform, base, more: `${MORE}${host}` });
  const { services } = parse(plan.content.compose, { logLevel: 'silent' }) as { services: Record<string, ComposeService> };
  return new Map(
    Object.entries(plan.content.services).map(([name, { image, env, stopTimeout, serviceName, component }]) => {
      const { healthcheck: health, image: written, stop_grace_period: grace } = services[serviceName]!;
      expect([written, grace]).toEqual([image, `${stopTimeout}s`]);
      const seconds = (text: string) => Number(/^(\d+)s$/.exec(text)![1]);
      return [
        name,
        facts({
          image,
          stopTimeout,
          env,
          health: health && [
            health.test.map((part) => part.replaceAll('$$', '$')),
            ...[health.interval, health.timeout].map(seconds),
            health.retries,
            seconds(health.start_period),
          ],
          descriptor: component === 'proc' ? plan.content.configFiles[0]?.content : undefined,
        }),
      ];
    }),
  );
}

interface ComposeService {
  image: string;
  stop_grace_period: string;
  healthcheck?: { test: string[]; interval: string; timeout: string; retries: number; start_period: string };
}

function facts({ env, ...rest }: { env: Record<string, string> } & Facts): Facts {
  const variables = Object.entries(env).map(([name, value]) => [`env ${name}`, value]);
  const defined = Object.entries(rest).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...variables, ...defined]);
}

test.each(ROWS.map((row) => [row.name, row] as const))('%s', (_, row) => {
  const [ecs, host] = [onEcs(row), onHost(row)];
  expect([...host.keys()]).toEqual([...ecs.keys()]);
  const different = [...ecs].flatMap(([service, left]) => {
    const right = host.get(service)!;
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return names.filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name])).map((name) => `${service} ${name}`);
  });
  expect(different).toEqual(Object.keys(row.differs));
});
