import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from './environment/environment';
import { mustReadEnvironment, readEnvironment } from './environment/read-environment';
import type { Generation } from './platform/generation';
import { renderGateway } from './env/gateway';
import {
  environmentOf,
  environmentText,
  ENVIRONMENT_FIXTURES,
  fixtureFiles,
  sampleGateway,
  textFiles,
} from '../testing/environments';

/**
 * The platform's own gateway parser and validator as judge: of every gateway that we render, and of what we refuse. KD_PLATFORM_CHECKOUTS is a folder of
 * checkouts of its repository, named by their commit; beside KD_ORACLE stands oracle_gateway.py (python3 with pydantic, pydantic-settings and PyYAML).
 */
const { KD_PLATFORM_CHECKOUTS: CHECKOUTS, KD_ORACLE } = process.env;
const ORACLE = KD_ORACLE ? join(dirname(KD_ORACLE), 'oracle_gateway.py') : '';
const exists = Boolean(CHECKOUTS) && existsSync(ORACLE);
const describeWithOracle = exists ? describe : describe.skip;

const ERAS: [commit: string, generation: Generation][] = [
  ['798742970', '2026.3.1'],
  ['95de507d3', '2026.3.3'],
  ['eefe18532', '2026.4.19'],
  ['9a7ed05a3', '2026.8.12'],
  ['0a2b187f1', '2026.8.18'],
];

interface Verdict {
  accepted: boolean;
  error?: unknown;
  components: Record<string, Record<string, unknown> & { issues?: { error: string[] } }>;
}

const ROLES =
  '{ anonymous: { hourly: 60 }, registered: { hourly: 100, burst: 9 }, paid: { burst: 20 }, privileged: { hourly: -1 } }';

/** Gateways as people write them: every section flat, sliced, and both. */
const GATEWAYS: [name: string, gateway: string][] = [
  ['nothing', '{}'],
  ['a profile', '{ profile: load_test }'],
  ['flat capacity', '{ service_capacity: { processes_per_instance: 4, concurrent_requests_per_process: 8 } }'],
  ['one slice of capacity', '{ service_capacity: { proc: { processes_per_instance: 4 } } }'],
  [
    'both',
    '{ service_capacity: { avg_processing_time_seconds: 7.5, ingress: { processes_per_instance: 2 }, proc: { processes_per_instance: 3 } } }',
  ],
  ['a source beside slices', '{ backpressure: { capacity_source_component: ingress, ingress: { capacity_buffer: 0.1 } } }'],
  ['flat roles', `{ rate_limits: ${ROLES} }`],
  ['roles and slices', `{ rate_limits: { paid: { hourly: 7 }, proc: ${ROLES} } }`],
  [
    'connections beside slices',
    '{ pools: { pg_max_connections: 100, ingress: { pg_pool_max_size: 4 }, proc: { pg_pool_max_size: 8 } } }',
  ],
  ['limits', '{ limits: { max_queue_size: 0, ingress: { max_sse_connections_per_instance: 0 } } }'],
  [
    'patterns',
    '{ guarded_rest_patterns: { ingress: ["^.*/resources/by-rn$"], proc: ["^.*/integrations/.*$"] }, bypass_throttling_patterns: { ingress: ["^/hook$"] } }',
  ],
  [
    'times',
    '{ redis: { session_ttl: 60, heartbeat_ttl: 5 }, monitoring: { queue_analytics_enabled: false }, circuit_breakers: { auth_window_size: 9 } }',
  ],
  ['a data bus', '{ data_bus: { ingress: { publish_limits: { paid: { packages_per_minute: -1, window_seconds: 60 } } } } }'],
];

/** What the platform refuses, and so do we. */
const REFUSED: [name: string, gateway: string][] = [
  ['no processes', '{ service_capacity: { proc: { processes_per_instance: 0 } } }'],
  ['no time', '{ service_capacity: { avg_processing_time_seconds: 0 } }'],
  ['a buffer of one', '{ backpressure: { capacity_buffer: 1 } }'],
  ['no queue', '{ backpressure: { queue_depth_multiplier: 0 } }'],
  ['a threshold above one', '{ backpressure: { hard_limit_threshold: 1.1 } }'],
  ['equal thresholds', '{ backpressure: { ingress: { anonymous_pressure_threshold: 0.8 } } }'],
  ['registered above paid', '{ backpressure: { registered_pressure_threshold: 0.9 } }'],
  ['paid at the limit', '{ backpressure: { paid_pressure_threshold: 0.95 } }'],
  ['no requests', '{ rate_limits: { paid: { hourly: 0 } } }'],
  ['no burst', '{ rate_limits: { proc: { registered: { burst: 0 } } } }'],
  ['a pool below nothing', '{ pools: { pg_pool_min_size: -1 } }'],
  ['a pool upside down', '{ pools: { proc: { pg_pool_min_size: 9, pg_pool_max_size: 3 } } }'],
  ['no connections', '{ pools: { redis_max_connections: 0 } }'],
  ['streams below nothing', '{ limits: { max_sse_connections_per_instance: -1 } }'],
  ['a breaker without failures', '{ circuit_breakers: { auth_failure_threshold: 0 } }'],
];

describe('without the platform', () => {
  test.each(REFUSED)('%s is refused', (_, gateway) => {
    expect(new Set(problemsOf(gateway))).toEqual(new Set(['gateway-value']));
  });

  test.each(GATEWAYS)('%s is not', (_, gateway) => {
    expect(problemsOf(gateway)).toEqual([]);
  });
});

describeWithOracle(
  `the platform's own gateway parser${exists ? '' : ' (skipped: KD_PLATFORM_CHECKOUTS and KD_ORACLE are not set)'}`,
  () => {
    let work: string;
    beforeAll(() => {
      work = mkdtempSync(join(tmpdir(), 'kdcube-gateway-'));
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    const judge = (commit: string, gateway: unknown): Verdict => {
      const file = join(mkdtempSync(join(work, 'run-')), 'gateway.json');
      writeFileSync(file, typeof gateway === 'string' ? gateway : JSON.stringify(gateway));
      const { stdout, stderr } = spawnSync('python3', [ORACLE, '--repo', checkoutOf(commit), '--config', file], {
        encoding: 'utf8',
      });
      if (!stdout) throw new Error(stderr);
      return JSON.parse(stdout) as Verdict;
    };

    const environments: [string, Environment][] = [
      ['the fixture', mustReadEnvironment('prod', fixtureFiles('valid')).environment],
      ...(['gateway-config.example.seed.json', 'gateway.head.yaml'] as const).map(
        (file) => [file, environmentOf(`gateway: ${JSON.stringify(sampleGateway(file))}`)] as [string, Environment],
      ),
      ...GATEWAYS.map(([name, gateway]) => [name, environmentOf(`gateway: ${gateway}`)] as [string, Environment]),
    ];
    const cases = ERAS.flatMap(([commit, generation]) =>
      environments.map(([name, environment]) => ({ commit, generation, name, environment })),
    );

    test.each(cases)(
      '$commit accepts $name',
      ({ commit, generation, environment }) => {
        const verdict = judge(commit, renderGateway(environment, generation).text);
        expect([
          verdict.accepted,
          verdict.error,
          Object.values(verdict.components).flatMap(({ issues }) => issues?.error),
        ]).toEqual([true, undefined, []]);
        for (const component of ['ingress', 'proc'])
          expect(verdict.components[component]).toMatchObject({ tenant: environment.tenant, project: environment.project });
      },
      60_000,
    );

    test.each(goldens())(
      '$commit accepts the gateway of the golden $file',
      ({ commit, file, gateways }) => {
        expect(gateways).toHaveLength(1);
        const { accepted, error, components } = judge(commit, gateways[0]);
        expect([file, accepted, error, Object.values(components).flatMap(({ issues }) => issues?.error)]).toEqual([
          file,
          true,
          undefined,
          [],
        ]);
      },
      60_000,
    );

    test.each(ERAS)(
      '%s takes of each slice what is written for it, and what is written beside',
      (commit, generation) => {
        const { components } = judge(
          commit,
          renderGateway(mustReadEnvironment('prod', fixtureFiles('valid')).environment, generation).text,
        );
        expect(components.ingress).toMatchObject({
          profile: 'production',
          service_capacity: { processes_per_instance: 2, concurrent_requests_per_process: 30 },
          pools: { pg_pool_max_size: 4, redis_max_connections: 20, pg_max_connections: 100 },
          limits: { max_sse_connections_per_instance: 200 },
        });
        expect(components.proc).toMatchObject({
          service_capacity: { processes_per_instance: 4, concurrent_requests_per_process: 8 },
          pools: { pg_pool_max_size: 8, redis_max_connections: 40, pg_max_connections: 100 },
          limits: { max_queue_size: 100 },
        });
      },
      60_000,
    );

    test.each(REFUSED)(
      '%s is refused there too, in each era',
      (_, gateway) => {
        const { environment } = readEnvironment('one', textFiles({ one: environmentText(`gateway: ${gateway}`) }));
        for (const [commit, generation] of ERAS)
          expect([commit, judge(commit, renderGateway(environment!, generation).text).accepted]).toEqual([commit, false]);
      },
      60_000,
    );
  },
);

function problemsOf(gateway: string): string[] {
  return readEnvironment('one', textFiles({ one: environmentText(`gateway: ${gateway}`) })).problems.map(({ code }) => code);
}

/** The gateways that stand in what was rendered and planned, each with the platform that it is for. Every component of one has the same. */
function goldens(): { file: string; commit: string; gateways: string[] }[] {
  const rendered = join(ENVIRONMENT_FIXTURES, 'rendered');
  const plans = join(ENVIRONMENT_FIXTURES, '../plans');
  const found = (folder: string, commitOf: (file: string) => string) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => ({
        file,
        commit: commitOf(file),
        gateways: [...new Set(gatewaysIn(JSON.parse(readFileSync(join(folder, file), 'utf8'))))],
      }));
  return [
    ...found(rendered, (file) => ERAS.find(([, generation]) => file.includes(`-${generation}.json`))![0]),
    // Plans are made for the platform of the seed.
    ...found(plans, () => ERAS[0]![0]),
  ].filter(({ gateways }) => gateways.length > 0);
}

function gatewaysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { name, value: text, GATEWAY_CONFIG_JSON: settings } = value as Record<string, unknown>;
  const own = name === 'GATEWAY_CONFIG_JSON' ? [text] : [settings];
  return [...own.filter((each) => typeof each === 'string'), ...Object.values(value).flatMap(gatewaysIn)];
}

function checkoutOf(commit: string): string {
  const name = readdirSync(CHECKOUTS!).find((entry) => entry.startsWith(commit) || commit.startsWith(entry));
  if (!name) throw new Error(`KD_PLATFORM_CHECKOUTS has no checkout of ${commit}`);
  return join(CHECKOUTS!, name);
}
