import { readBaseConfig } from '../../src/targets/compose/render/base-config';
import { planCompose, type PlannedCompose } from '../../src/targets/compose/plan/plan-compose';
import type { ComposePlan } from '../../src/targets/compose/plan/compose-plan';
import { rollOutCompose } from '../../src/targets/compose/rollout/engine';
import type { ComposeOutcome } from '../../src/targets/compose/rollout/outcome';
import type { ComposeEvent, ComposeOptions } from '../../src/targets/compose/rollout/port';
import { KdcubeError } from '../../src/problem/problem';
import { bundlesOf, deployInput } from '../deploys';
import { environmentOf } from '../environments';
import { FakeHost } from './host';

/** The compose file of the host, as compose prints it. */
export const BASE = {
  services: {
    redis: { image: 'redis:7' },
    'postgres-setup': { image: 'kdcube-postgres-setup:latest', depends_on: { redis: { condition: 'service_started' } } },
    'chat-ingress': {
      image: 'chat-ingress:latest',
      build: { context: '.' },
      depends_on: { redis: { condition: 'service_healthy' } },
    },
    'chat-proc': {
      image: 'chat-proc:latest',
      container_name: 'chat-proc',
      environment: { GATEWAY_COMPONENT: 'proc' },
      volumes: [
        { type: 'bind', source: '/opt/bundles', target: '/bundles' },
        { type: 'bind', source: '/opt/kdcube/data', target: '/kdcube-storage' },
        { type: 'bind', source: '/opt/kdcube/config', target: '/config' },
      ],
    },
    metrics: { image: 'metrics:latest' },
    'web-proxy': { image: 'web-proxy:latest', ports: [{ target: 80, published: '80' }] },
  },
};

const PROJECT = 'compose: { project: lifts, directory: /opt/kdcube }\n';
const SERVICES = `services:
  postgres-setup: { component: postgres-setup, image: kdcube-postgres-setup }
  chat-proc: { component: proc, image: kdcube-chat-proc-bundled }
  chat-ingress: { component: ingress, image: kdcube-chat-ingress }
  metrics: { component: metrics, image: kdcube-metrics }
  web-proxy: { component: web-proxy, image: kdcube-web-proxy }
`;

/** A release of this environment. `images`: names whose image is another one; their digest repeats these two digits. */
export interface PlayedRelease {
  name: string;
  bundles?: string[];
  images?: Record<string, string>;
  more?: string;
  base?: object;
  secretStamps?: Record<string, string>;
  platform?: string;
  assembly?: unknown;
  /** The text of the proxy's configuration. */
  nginx?: string;
}

export class Play {
  /** `services`: those of the environment, in YAML. */
  constructor(readonly services = SERVICES) {}

  time = Date.UTC(2026, 1, 2);
  readonly clock = {
    now: () => this.time,
    sleep: async (milliseconds: number) => void (this.time += milliseconds),
  };
  readonly host = new FakeHost(this.clock);
  events: ComposeEvent[] = [];

  plan({
    name,
    bundles = ['lifts@1-4 v1 a'],
    images = {},
    more = '',
    base = BASE,
    secretStamps = {},
    platform,
    assembly,
    nginx,
  }: PlayedRelease): PlannedCompose {
    const written = environmentOf(`${PROJECT}${this.services}${more}`, 'compose');
    const rendered = nginx === undefined ? undefined : { path: '/usr/local/openresty/nginx/conf/nginx.conf', text: nginx };
    const environment = written.proxy && rendered ? { ...written, proxy: { ...written.proxy, rendered } } : written;
    const before = deployInput({ environment, bundles, name, ...(platform && { platform }) });
    const { host } = this;
    // Reading is not a call of the rollout.
    const { calls, faults } = host;
    host.faults = [];
    const state = { containers: host.containers.map((each) => host['seen'](each)), releases: host.releases };
    Object.assign(host, { calls, faults });
    return planCompose({
      environment,
      release: before.release,
      name,
      uncommitted: [],
      descriptor: before.descriptor,
      images: new Map(
        [...before.images].map(([image, reference]) => [
          image,
          images[image] ? reference.replace(/sha256:.*/, `sha256:${images[image].repeat(32)}`) : reference,
        ]),
      ),
      imageDigests: new Map(),
      imageReasons: new Map(),
      bundles: bundlesOf({ bundles }),
      base: readBaseConfig(JSON.stringify(base), 'docker-compose.yaml'),
      secretStamps: new Map(Object.entries(secretStamps)),
      state,
      configFiles: host.files,
      assembly,
      host: 'this machine',
    });
  }

  /** Rolls out, and returns the exit code and what a Problem says. */
  async rollOut(
    plan: ComposePlan,
    options: Partial<ComposeOptions> = {},
  ): Promise<{ exit: number; outcome?: ComposeOutcome; text: string }> {
    const { host, clock } = this;
    host.calls = [];
    try {
      const outcome = await rollOutCompose(
        plan,
        { host, clock, report: (event) => void this.events.push(event) },
        { onFailure: 'rollback', timeout: 120_000, resumeCommand: 'nx run release:deploy:one', ...options },
      );
      return { exit: outcome.exitCode, outcome, text: outcome.problem?.message ?? '' };
    } catch (error) {
      if (!(error instanceof KdcubeError)) throw error;
      return { exit: -1, text: `[${error.problems[0]!.code}] ${error.message}` };
    }
  }

  async deploy(release: PlayedRelease, options: Partial<ComposeOptions> = {}) {
    return this.rollOut(this.plan(release).plan, options);
  }

  /** Which services were started by the last rollout, in order. */
  started(): string[] {
    return this.host.calls.filter((call) => call.startsWith('up ')).map((call) => call.slice(3));
  }

  /** The two digits of the image of each service that runs. */
  runs(): Record<string, string> {
    return Object.fromEntries(
      this.host.containers
        .filter(({ behavior }) => behavior.exits === undefined)
        .map(({ serviceName, image, hash }) => [
          serviceName,
          `${/@sha256:(..)/.exec(image)?.[1] ?? 'own'}${hash?.endsWith('+forced') ? ' forced' : ''}`,
        ]),
    );
  }
}
