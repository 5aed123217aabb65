import { join } from 'node:path';
import { expectGolden } from '../../../../tools/testing/golden';
import { mustReadEnvironment } from '../environment/read-environment';
import type { Generation } from '../platform/generation';
import { generations } from '../platform/generation';
import { mustReadRelease } from '../release/read';
import { formatProblems, KdcubeError } from '../problem/problem';
import { environmentOf, ENVIRONMENT_FIXTURES, fixtureFiles, IMAGES } from '../../testing/environments';
import { planDescriptor } from '../descriptor/descriptor';
import { descriptorOptions } from './bundles';
import type { EnvPlan, ServiceEnv } from './env';
import type { EnvInput } from './env-input';
import { renderEnv } from './env';

const REF: Record<Generation, string> = {
  '2026.3.1': 'v0.3.2',
  '2026.3.3': '2026.3.13',
  '2026.4.19': '2026.07.20.444',
  '2026.8.12': '2026.08.15.310',
  '2026.8.18': '2026.08.19.120',
};
const EXEC = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/kdcube-exec:7';

function render(
  more: string,
  generation: Generation = '2026.3.1',
  rest: Partial<EnvInput> = {},
  bundles = 'id: "lifts@1-4"',
): EnvPlan {
  const environment = rest.environment ?? environmentOf(more);
  const items = bundles.includes('\n') ? bundles : `    - {${bundles}}`;
  const { release } = mustReadRelease(`platform: {ref: "${REF[generation]}"}\nbundles:\n  items:\n${items}\n`, 'release.yaml', {
    mode: environment.bundles.mode,
    alwaysPull: environment.bundles.alwaysPull,
  });
  const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
  return renderEnv({ environment, release, descriptor, images: IMAGES, execTaskDefinition: EXEC, ...rest });
}

function of(plan: EnvPlan, component: string): ServiceEnv {
  return plan.services.find((service) => service.component === component)!;
}

function codesOf(act: () => unknown): string[] {
  try {
    act();
    return [];
  } catch (error) {
    return (error as KdcubeError).problems.map(({ code }) => code);
  }
}

test.each(generations)('every variable of every component, for the platform of %s', (generation) => {
  const { environment } = mustReadEnvironment('prod', fixtureFiles('valid'));
  const plan = render('', generation, { environment });
  expectGolden(join(ENVIRONMENT_FIXTURES, 'rendered', `prod-${generation}.json`), `${JSON.stringify(plan, null, 2)}\n`);
});

test('one host with compose and bundles from git', () => {
  const { environment } = mustReadEnvironment('host', fixtureFiles('valid'));
  const plan = render('', '2026.3.3', { environment }, 'id: "lifts@1-4", repo: "git@git.example.com:alps/lifts.git", ref: main');
  expectGolden(join(ENVIRONMENT_FIXTURES, 'rendered', 'host-2026.3.3.json'), `${JSON.stringify(plan, null, 2)}\n`);
});

describe('which component gets which variables', () => {
  const plan = render('exec: { runtime: fargate, image: kdcube-exec-bundled }');

  test('the web interface gets config.json, and no other component does', () => {
    const withUi = render(
      'frontend: { config: { auth: { authType: none }, routesPrefix: /chatbot } }\nservices: { web-ui: { component: frontend, image: kdcube-exec-bundled } }',
    );
    expect(withUi.services.filter(({ env }) => 'FRONTEND_CONFIG_JSON' in env).map(({ component }) => component)).toEqual([
      'frontend',
    ]);
    expect(JSON.parse(of(withUi, 'frontend').env.FRONTEND_CONFIG_JSON!)).toEqual({
      auth: { authType: 'none' },
      routesPrefix: '/chatbot',
      tenant: 'alps',
      project: 'lifts',
    });
  });

  test('ingress, proc and metrics get the same gateway text, and their own component', () => {
    const texts = ['ingress', 'proc', 'metrics'].map((component) => of(plan, component).env.GATEWAY_CONFIG_JSON);
    expect(new Set(texts)).toEqual(new Set(['{"tenant":"alps","project":"lifts"}']));
    // With a component of its own, metrics would use the slice of ingress.
    expect(['ingress', 'proc', 'metrics'].map((component) => of(plan, component).env.GATEWAY_COMPONENT)).toEqual([
      'ingress',
      'proc',
      'proc',
    ]);
  });

  test('only proc gets the bundles; the examples are off in ingress and proc', () => {
    const variables = plan.services.filter(({ env }) => 'AGENTIC_BUNDLES_JSON' in env).map(({ component }) => component);
    expect(variables).toEqual(['proc']);
    expect(plan.services.map(({ component, env }) => [component, env.BUNDLES_INCLUDE_EXAMPLES])).toEqual([
      ['proc', '0'],
      ['ingress', '0'],
      ['metrics', undefined],
    ]);
    expect(of(plan, 'proc').env.BUNDLE_GIT_RESOLUTION_ENABLED).toBe('0');
  });

  test('code runs in the exec image of this release, by digest, and in this revision of the exec task', () => {
    expect(of(plan, 'proc').env).toMatchObject({
      PY_CODE_EXEC_IMAGE: IMAGES.get('kdcube-exec-bundled'),
      FARGATE_EXEC_ENABLED: '1',
      FARGATE_CLUSTER: 'alps',
      FARGATE_TASK_DEFINITION: EXEC,
      FARGATE_SUBNETS: 'subnet-0a1b2c3d',
    });
    expect(of(plan, 'proc').pending).toEqual([]);
    const before = render('exec: { runtime: fargate, image: kdcube-exec-bundled }', '2026.3.1', {
      execTaskDefinition: undefined,
    });
    expect([of(before, 'proc').env.FARGATE_TASK_DEFINITION, of(before, 'proc').pending]).toEqual([
      'kdcube-exec:next',
      ['FARGATE_TASK_DEFINITION'],
    ]);
  });

  test('no service gets an INSTANCE_ID: all replicas would share it', () => {
    for (const { env } of plan.services) expect(Object.keys(env)).not.toContain('INSTANCE_ID');
  });

  test('git settings in git mode only', () => {
    const names = (bundles: string, entry: string) =>
      Object.keys(of(render(`bundles: ${bundles}`, '2026.4.19', {}, entry), 'proc').env)
        .filter((name) => /GIT/.test(name))
        .sort();
    expect(names('{ mode: baked }', 'id: "a@1-0"')).toEqual(['BUNDLE_GIT_RESOLUTION_ENABLED']);
    expect(
      names(
        '{ mode: git, git: { ssh_key: /run/key, known_hosts: /run/hosts, keep: 2 } }',
        'id: "a@1-0", repo: "git@h:o/r", ref: v1.0',
      ),
    ).toEqual([
      'BUNDLE_GIT_ALWAYS_PULL',
      'BUNDLE_GIT_KEEP',
      'BUNDLE_GIT_REDIS_LOCK',
      'BUNDLE_GIT_RESOLUTION_ENABLED',
      'GIT_SSH_KEY_PATH',
      'GIT_SSH_KNOWN_HOSTS',
    ]);
  });

  test('only ingress and proc get the force flags, and only with force', () => {
    const forced = (force: boolean) =>
      render('', '2026.3.3', { force }).services.flatMap(({ component, env }) =>
        Object.keys(env)
          .filter((name) => /FORCE/.test(name))
          .map((name) => `${component} ${name}`),
      );
    expect(forced(false)).toEqual([]);
    expect(forced(true).sort()).toEqual([
      'ingress GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP',
      'proc BUNDLES_FORCE_ENV_ON_STARTUP',
      'proc GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP',
    ]);
  });
});

describe('values', () => {
  const HARD = `a'b"c$d#e\\f\n${'${g}'} {"json": ["é", "漢", "😀"]}`;

  test('are passed unchanged, whatever they contain', () => {
    const plan = render(`env: { proc: { HARD: ${JSON.stringify(HARD).replaceAll('${', () => '$${')} } }`);
    expect(of(plan, 'proc').env.HARD).toBe(HARD);
  });

  test('shared ones go to the components that read them; more specific ones win', () => {
    const plan = render(
      'env: { shared: { POSTGRES_HOST: db, REDIS_URL: "redis://r:6379/0", LOG_LEVEL: INFO, MINE: all }, proc: { LOG_LEVEL: DEBUG } }\n' +
        'services:\n' +
        '  one: { component: proc, image: kdcube-chat-proc-bundled, env: { LOG_LEVEL: ERROR } }\n' +
        '  two: { component: metrics, image: kdcube-metrics }\n' +
        '  three: { component: postgres-setup, image: kdcube-postgres-setup }\n' +
        '  four: { component: web-proxy, image: kdcube-web-proxy }\n',
    );
    const seen = Object.fromEntries(
      plan.services.map(({ service, env }) => [
        service,
        ['POSTGRES_HOST', 'REDIS_URL', 'LOG_LEVEL', 'MINE'].map((name) => env[name]),
      ]),
    );
    expect(seen).toEqual({
      one: ['db', 'redis://r:6379/0', 'ERROR', 'all'],
      two: [undefined, 'redis://r:6379/0', 'INFO', 'all'],
      three: ['db', undefined, undefined, undefined],
      four: [undefined, undefined, undefined, undefined],
    });
    expect(of(plan, 'postgres-setup').env).toMatchObject({ TENANT_ID: 'alps', PROJECT_ID: 'lifts', POSTGRES_PORT: '5432' });
  });

  test('secrets are references in the account and region of the environment, or files on the host', () => {
    const plan = render(
      'secrets: { proc: { A: "ssm:/k/a", B: "secretsmanager:k/b#key", C: "arn:aws:ssm:us-east-1:999999999999:parameter/c" } }',
    );
    expect(of(plan, 'proc').secrets).toEqual({
      A: 'arn:aws:ssm:eu-central-1:123456789012:parameter/k/a',
      B: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:k/b:key::',
      C: 'arn:aws:ssm:us-east-1:999999999999:parameter/c',
    });
    const onHost = render('', '2026.3.1', {
      environment: environmentOf('secrets: { proc: { A: "file:/etc/kdcube/a" } }', 'compose'),
    });
    expect(of(onHost, 'proc').secrets).toEqual({ A: '/etc/kdcube/a' });
    const fetched = render('', '2026.3.1', {
      environment: environmentOf('secrets: { proc: { A: "arn:aws:ssm:us-east-1:999999999999:parameter/c" } }', 'compose'),
    });
    expect(of(fetched, 'proc').secrets).toEqual({ A: '.kdcube/secrets/chat-proc.env' });
  });

  test('reordering the file does not change the text', () => {
    const a = render(
      'gateway: { profile: testing, limits: { max_queue_size: 1, ingress: { max_sse_connections_per_instance: 2 } } }\nenv: { proc: { X: "1", A: "2" } }',
    );
    const b = render(
      'env: { proc: { A: "2", X: "1" } }\ngateway: { limits: { ingress: { max_sse_connections_per_instance: 2 }, max_queue_size: 1 }, profile: testing }',
    );
    expect(JSON.stringify(a)).toBe(JSON.stringify(b));
  });
});

test('ECS and compose get the same variables, except for the place of secrets and descriptors', () => {
  const more =
    'gateway: { profile: testing, pools: { pg_max_connections: 9, proc: { pg_pool_max_size: 3 } } }\n' +
    'metrics: { cloudwatch: { dimensions: { a: b } } }\nenv: { shared: { POSTGRES_HOST: db, REDIS_URL: "redis://r:6379/0" }, proc: { MINE: "$#" } }';
  for (const generation of generations) {
    const [ecs, compose] = ['ecs', 'compose'].map(
      (target) => render('', generation, { environment: environmentOf(more, target) }).services,
    );
    const elsewhere = ({ env }: ServiceEnv) => ({ ...env, BUNDLES_YAML_DESCRIPTOR_PATH: undefined });
    expect(compose!.map(elsewhere)).toEqual(ecs!.map(elsewhere));
  }
});

describe('what does not fit into variables', () => {
  const many = Array.from(
    { length: 300 },
    (_, n) => `    - {id: "bundle-${n}@1-0", description: "${'long words '.repeat(15)}"}`,
  ).join('\n');
  const services = 'services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled } }';

  test('300 bundles on ECS: the variable has the path of a file that the task definition carries', () => {
    const plan = render(services, '2026.3.1', {}, many);
    const { env, files } = of(plan, 'proc');
    expect(env.AGENTIC_BUNDLES_JSON).toBe('/kdcube/release.yaml');
    expect(files.map(({ path, how, writable, content }) => [path, how, writable, content.includes('bundle-299@1-0')])).toEqual([
      ['/kdcube/release.yaml', 'task', false, true],
    ]);
    expect(plan.notes.map(({ code }) => code)).toEqual(['env-in-file']);
  });

  test('with compose: in the variable up to the limit of a process, then in a file on the host', () => {
    const environment = environmentOf(services, 'compose');
    expect(of(render('', '2026.3.1', { environment }, many), 'proc').env.AGENTIC_BUNDLES_JSON).toMatch(/^\{/);
    const more = Array.from(
      { length: 700 },
      (_, n) => `    - {id: "b${n}@1-0", description: "${'long words '.repeat(15)}"}`,
    ).join('\n');
    expect(of(render('', '2026.3.1', { environment }, more), 'proc').files).toMatchObject([
      { path: '/config/release.yaml', how: 'host' },
    ]);
  });

  test('a mount at /config does not change', () => {
    const plan = render(
      'services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled, mounts: { /config: { efs: fs-0123abcd } } } }',
      '2026.3.1',
      {},
      many,
    );
    expect(of(plan, 'proc').files).toMatchObject([{ path: '/kdcube/release.yaml', how: 'task' }]);
  });

  test('other large variables are named with their size', () => {
    const large = (length: number) => `${services}\nenv: { proc: { SMALL: "x", LARGE: "${'y'.repeat(length)}" } }`;
    expect(codesOf(() => render(large(40_000)))).toEqual([]);
    expect(() => render(large(60_000))).toThrow(/LARGE 60000/);
    expect(() => render('', '2026.3.1', { environment: environmentOf(large(131_066), 'compose') })).toThrow(
      /LARGE of "chat-proc" is longer than the 131072 bytes/,
    );
    // NAME, =, the value and its end.
    expect(codesOf(() => render('', '2026.3.1', { environment: environmentOf(large(131_065), 'compose') }))).toEqual([]);
  });
});

describe('current platforms', () => {
  test('get a writable file, and no AGENTIC_BUNDLES_JSON', () => {
    const { env, files } = of(render('', '2026.4.19'), 'proc');
    expect([env.AGENTIC_BUNDLES_JSON, env.BUNDLES_YAML_DESCRIPTOR_PATH]).toEqual([undefined, '/kdcube/bundles.yaml']);
    expect(files).toMatchObject([{ path: '/kdcube/bundles.yaml', writable: true, how: 'task' }]);
  });

  test('get no file if the descriptor is in Secrets Manager', () => {
    const { env, files } = of(render('bundles: { descriptor: aws-sm }', '2026.4.19'), 'proc');
    expect([env.BUNDLES_DESCRIPTOR_PROVIDER, env.BUNDLES_YAML_DESCRIPTOR_PATH, files]).toEqual(['aws-sm', undefined, []]);
  });

  test('the keys of assembly.yaml that override the environment are named: all, or those that differ if the file is known', () => {
    const named = render('', '2026.4.19').notes.filter(({ code }) => code === 'assembly-overrides');
    expect(named.map(({ message }) => message).join()).toContain(
      'platform.services.proc.bundles.bundles_include_examples (BUNDLES_INCLUDE_EXAMPLES)',
    );
    const assembly = {
      platform: {
        services: { proc: { bundles: { bundles_include_examples: true, git: { bundle_git_resolution_enabled: false } } } },
      },
      ports: { proc: '8020' },
    };
    const differing = render('', '2026.4.19', { assembly }).notes;
    expect(differing.map(({ message }) => message)).toEqual([
      'assembly.yaml overrides the environment of "chat-proc" with other values: platform.services.proc.bundles.bundles_include_examples (BUNDLES_INCLUDE_EXAMPLES).',
    ]);
  });
});

describe('refused', () => {
  test.each<[string, string, Generation, Partial<EnvInput>, string, string[]]>([
    [
      'an image that was not pushed',
      '',
      '2026.3.1',
      { images: new Map() },
      'id: a',
      ['image-not-pushed', 'image-not-pushed', 'image-not-pushed'],
    ],
    [
      'an image by a tag',
      '',
      '2026.3.1',
      { images: new Map([...IMAGES, ['kdcube-metrics', 'r.example.com/m:1']]) },
      'id: a',
      ['image-not-pushed'],
    ],
    ['a bundles.yaml in a variable', 'bundles: { descriptor: env }', '2026.4.19', {}, 'id: a', ['wrong-value']],
    ['Secrets Manager on an early platform', 'bundles: { descriptor: aws-sm }', '2026.3.1', {}, 'id: a', ['wrong-value']],
    [
      'git mode with an image without git',
      'bundles: { mode: git, git: { ssh_key: /k, known_hosts: /h } }',
      '2026.3.1',
      {},
      'id: a, repo: "git@h:o/r", ref: v1',
      ['git-missing'],
    ],
    [
      'git mode with an image that has git',
      'bundles: { mode: git, git: { ssh_key: /k, known_hosts: /h } }',
      '2026.3.1',
      { imageHasGit: true },
      'id: a, repo: "git@h:o/r", ref: v1',
      [],
    ],
    [
      'git mode with a later image without git',
      'bundles: { mode: git, git: { ssh_key: /k, known_hosts: /h } }',
      '2026.4.19',
      { imageHasGit: false },
      'id: a, repo: "git@h:o/r", ref: v1',
      ['git-missing'],
    ],
  ])('%s', (_, more, generation, rest, bundles, codes) => {
    expect(codesOf(() => render(more, generation, rest, bundles))).toEqual(codes);
  });

  test('keys of the gateway that this platform does not read are left out with a note', () => {
    const gateway =
      'gateway: { data_bus: { ingress: { publish_limits: { paid: { packages_per_minute: 1 } } } }, guarded_rest_patterns: { ingress: ["^/a$"], proc: ["^/a$", "^/b$"] } }';
    const early = render(gateway, '2026.3.3');
    expect(formatProblems(early.notes)).toContain('gateway.data_bus');
    expect(JSON.parse(of(early, 'proc').env.GATEWAY_CONFIG_JSON!)).toEqual({
      tenant: 'alps',
      project: 'lifts',
      guarded_rest_patterns: ['^/a$', '^/b$'],
    });
    expect(JSON.parse(of(render(gateway, '2026.4.19'), 'proc').env.GATEWAY_CONFIG_JSON!)).toMatchObject({
      data_bus: {},
      guarded_rest_patterns: { ingress: ['^/a$'] },
    });
  });
});
