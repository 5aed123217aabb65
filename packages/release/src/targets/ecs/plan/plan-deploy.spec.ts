import { IMAGES } from '../../../../testing/environments';
import { bundlesOf, deployed, deployInput, hex, nothingRuns, prod } from '../../../../testing/deploys';
import type { DeployFixture } from '../../../../testing/deploys';
import { KdcubeError } from '../../../problem/problem';
import { DeployPlan, isEmptyPlan } from '../../../deploy/deploy-plan';
import { estimateSeconds } from '../../../deploy/waves';
import { planDeploy } from './plan-deploy';
import type { Running } from './running';

const first: DeployFixture = { bundles: ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h'] };
const running = deployed(first);
const before = bundlesOf(first);

function planned(options: DeployFixture, more: object = {}) {
  return planDeploy({ ...deployInput({ ...first, running, before, ...options }), ...more });
}

const other = (name: string, digit = 'b2') =>
  new Map(IMAGES).set(name, `${IMAGES.get(name)!.split('@')[0]}@sha256:${digit.repeat(32)}`);
const restarts = ({ plan }: ReturnType<typeof planned>) => plan.waves.flatMap(({ services }) => services);

test('proc gets the family and revision of exec, whether exec is registered already or with it', () => {
  const { definitions, latest, ...rest } = running;
  // A deploy that ended between the registration of exec and proc.
  const exec = latest['kdcube-exec']!;
  const { plan } = planned({
    running: {
      ...nothingRuns(),
      ...rest,
      services: nothingRuns().services,
      definitions: { [exec]: definitions[exec]! },
      latest: { 'kdcube-exec': exec },
    },
  });
  const proc = plan.services.find(({ service }) => service === 'chat-proc')!.taskDefinition.register;
  expect([plan.exec!.change, JSON.stringify(proc)]).toEqual(['none', expect.stringContaining('"value":"kdcube-exec:1"')]);
});

test('a plan is what its schema says, and survives its file', () => {
  const { plan } = planned({ images: other('kdcube-metrics') });
  expect(DeployPlan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(JSON.parse(JSON.stringify(plan)));
});

describe('nothing changes', () => {
  test.each<[string, DeployFixture]>([
    ['the same release again', {}],
    ['another release_name', { name: 'prod-2026-11-24' }],
    ['a reordered release.yaml', { bundles: ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h'].reverse() }],
    ['a tag moved to the same tree', { bundles: ['lifts@1-4 v1.4.1 a', 'huts@1-0 v1.0.0 h'] }],
  ])('%s', (_, options) => {
    // The default bundle is the first one: a reordering that moves it is a change, and written out it is none.
    const input = deployInput({ ...first, running, before, ...options });
    const release = { ...input.release, defaultBundleId: 'lifts@1-4' };
    const reordered = { ...input.descriptor.descriptor, default_bundle_id: 'lifts@1-4' };
    const descriptor = {
      ...input.descriptor,
      descriptor: reordered,
      env: { ...input.descriptor.env, AGENTIC_BUNDLES_JSON: JSON.stringify(reordered) },
    };
    const { plan } = planDeploy({ ...input, release, descriptor });
    expect(plan.services.filter(({ change }) => change !== 'none')).toEqual([]);
    expect(isEmptyPlan(plan)).toBe(true);
    expect([plan.waves, plan.descriptor.changed, plan.gateway.changed]).toEqual([[], false, false]);
    expect(plan.services.every(({ taskDefinition }) => taskDefinition.reuse !== undefined)).toBe(true);
  });

  test('the registered descriptor stays, with the ref that it had', () => {
    const { plan } = planned({ bundles: ['lifts@1-4 v1.4.1 a', 'huts@1-0 v1.0.0 h'] });
    expect(plan.bundles.find(({ id }) => id === 'lifts@1-4')).toMatchObject({
      change: 'unchanged',
      before: { ref: 'v1.4.0' },
      after: { ref: 'v1.4.1' },
    });
  });

  test('but postgres-setup runs if no record has a successful run: a failed deploy may have registered it', () => {
    const { plan } = planned({}, { record: undefined });
    expect(plan.waves).toEqual([{ name: 'database', services: ['postgres-setup'] }]);
    expect(plan.services.find(({ service }) => service === 'postgres-setup')).toMatchObject({
      reasons: ['no record of a successful run'],
      taskDefinition: { reuse: running.latest['kdcube-postgres-setup'] },
    });
  });

  test('ECS returns JSON and defaults in its own form', () => {
    const definitions = Object.fromEntries(
      Object.entries(running.definitions).map(([arn, definition]) => [
        arn,
        {
          ...definition,
          containerDefinitions: definition.containerDefinitions.map((container) => ({
            ...container,
            cpu: 0,
            volumesFrom: [],
            environment: [...(container.environment ?? [])].reverse(),
          })),
        },
      ]),
    );
    expect(isEmptyPlan(planned({ running: { ...running, definitions } }).plan)).toBe(true);
  });
});

test('the descriptor changes while proc runs an image of another origin: a note says that bundles may be missing', () => {
  const reference = `example.com/mine/proc@sha256:${'c3'.repeat(32)}`;
  const environment = {
    ...prod,
    services: prod.services.map((service) =>
      service.component === 'proc' ? { ...service, image: { kind: 'digest' as const, reference } } : service,
    ),
  };
  const bundles = [...first.bundles!, 'trails@1-0 v1.0.0 t'];
  const notes = (options: DeployFixture) => planned(options).plan.notes.filter((note) => note.includes(reference));
  expect(notes({ environment, bundles })).toEqual([expect.stringContaining('cannot be loaded')]);
  expect([notes({ environment }), notes({ bundles })]).toEqual([[], []]);
});

describe('one line', () => {
  test('a new bundle version: proc and the exec task', () => {
    const images = new Map([
      ...other('kdcube-chat-proc-bundled'),
      ['kdcube-exec-bundled', other('kdcube-exec-bundled').get('kdcube-exec-bundled')!],
    ]);
    const imageReasons = new Map([[images.get('kdcube-chat-proc-bundled')!, ['lifts@1-4 changed']]]);
    const subjects = new Map([[hex('v1.5.0b'), 'Correct the price of a day pass']]);
    const { plan } = planned({ bundles: ['lifts@1-4 v1.5.0 b', 'huts@1-0 v1.0.0 h'], images }, { imageReasons, subjects });
    expect(plan.waves).toEqual([{ name: 'proc', services: ['chat-proc'] }]);
    expect(plan.services.find(({ service }) => service === 'chat-proc')!.reasons).toEqual([
      'image: lifts@1-4 changed',
      'env: ~AGENTIC_BUNDLES_JSON ~FARGATE_TASK_DEFINITION ~PY_CODE_EXEC_IMAGE',
    ]);
    expect(plan.exec).toMatchObject({ change: 'update', taskDefinition: { changes: ['containerDefinitions.exec.image'] } });
    expect(plan.bundles.map(({ id, change, subject }) => [id, change, subject])).toEqual([
      ['huts@1-0', 'unchanged', undefined],
      ['lifts@1-4', 'changed', 'Correct the price of a day pass'],
    ]);
    // Ids, paths and settings are the same: Redis stays.
    expect(plan.descriptor).toMatchObject({ changed: false, force: false });
  });

  test('a bundle is added: the registry in Redis is overwritten, and a note says so', () => {
    const { plan } = planned({ bundles: [...first.bundles!, 'pass@2-0 v2.0.0 p'], images: other('kdcube-chat-proc-bundled') });
    expect(plan.descriptor).toMatchObject({ changed: true, force: true });
    expect(plan.bundles.filter(({ change }) => change === 'added').map(({ id }) => id)).toEqual(['pass@2-0']);
    expect(plan.notes.join()).toContain('running tasks see bundle ids');
  });

  test('a bundle is removed', () => {
    const { plan } = planned({ bundles: ['lifts@1-4 v1.4.0 a'], images: other('kdcube-chat-proc-bundled') });
    expect(plan.bundles.map(({ id, change }) => [id, change])).toEqual([
      ['huts@1-0', 'removed'],
      ['lifts@1-4', 'unchanged'],
    ]);
  });

  test('one variable', () => {
    const environment = {
      ...prod,
      services: prod.services.map((service) =>
        service.name === 'metrics' ? { ...service, env: { ...service.env, LOG_LEVEL: 'DEBUG' } } : service,
      ),
    };
    const result = planned({ environment });
    expect(restarts(result)).toEqual(['metrics']);
    expect(result.plan.services.find(({ service }) => service === 'metrics')).toMatchObject({
      env: { changed: ['LOG_LEVEL'] },
      reasons: ['env: ~LOG_LEVEL'],
    });
    expect(result.values.get('metrics')!.get('LOG_LEVEL')).toEqual({ before: 'INFO', after: 'DEBUG', hidden: false });
  });

  test('one image', () => {
    expect(restarts(planned({ images: other('kdcube-web-ui') }))).toEqual(['web-ui']);
  });

  test('one more task: no new revision', () => {
    const environment = {
      ...prod,
      services: prod.services.map((service) => (service.name === 'metrics' ? { ...service, count: 2 } : service)),
    };
    const { plan } = planned({ environment });
    expect(plan.services.find(({ service }) => service === 'metrics')).toMatchObject({
      reasons: ['1 → 2 tasks'],
      taskDefinition: { changes: [] },
    });
    expect(plan.services.find(({ service }) => service === 'metrics')!.taskDefinition.reuse).toBeDefined();
  });

  test('without a count the desired count stays: a service may scale by itself', () => {
    const services = prod.services.map((service) => (service.name === 'chat-proc' ? { ...service, count: undefined } : service));
    const { plan } = planned({ environment: { ...prod, services } });
    expect(plan.services.find(({ service }) => service === 'chat-proc')).toMatchObject({
      change: 'none',
      desiredCount: { before: 3, after: 3 },
    });
  });

  test('the gateway: all services that have it, and Redis', () => {
    const environment = { ...prod, gateway: { ...prod.gateway, profile: 'testing' as const } };
    expect(restarts(planned({ environment }))).toEqual(['chat-proc', 'chat-ingress', 'metrics']);
    expect(planned({ environment }).plan.gateway).toEqual({ changed: true, force: false });
    const later = { ...first, platform: '2026.03.13.1', environment };
    const { plan } = planDeploy({ ...deployInput({ ...later, running, before }) });
    expect(plan.gateway).toEqual({ changed: true, force: true });
    expect(plan.notes.filter((note) => note.includes('gateway'))).toEqual([
      expect.stringMatching(/The gateway configuration in Redis is overwritten: chat-proc takes one extra step/),
    ]);
    // proc takes two steps, the others one.
    const seconds = (name: string) => 90 + plan.services.find(({ service }) => service === name)!.stopTimeout;
    expect(estimateSeconds(plan)).toBe(2 * seconds('chat-proc') + seconds('chat-ingress') + seconds('metrics'));
  });
});

test('waves: the database, proc with exec, ingress, the rest', () => {
  const { plan } = planDeploy(deployInput(first));
  expect(plan.waves).toEqual([
    { name: 'database', services: ['postgres-setup'] },
    { name: 'proc', services: ['chat-proc'] },
    { name: 'ingress', services: ['chat-ingress'] },
    { name: 'rest', services: ['metrics', 'web-ui', 'proxylogin', 'web-proxy', 'clamav'] },
  ]);
  expect(plan.services.find(({ service }) => service === 'postgres-setup')).toMatchObject({
    kind: 'task',
    desiredCount: { after: 1 },
  });
});

test('revisions that a failed deploy registered are reused', () => {
  const halfway: Running = { ...running, services: nothingRuns().services };
  const services = planned({ running: halfway }).plan.services;
  expect(
    services.every(({ taskDefinition }) => taskDefinition.reuse !== undefined && taskDefinition.register === undefined),
  ).toBe(true);
});

/** A deploy stopped when proc ran with this FORCE flag. */
function stoppedWith(flag: string): Running {
  const [arn, definition] = Object.entries(running.definitions).find(([name]) => name.includes('kdcube-chat-proc'))!;
  const left = {
    ...definition,
    containerDefinitions: definition.containerDefinitions.map((container) => ({
      ...container,
      environment: [...container.environment!, { name: flag, value: '1' }],
    })),
  };
  return { ...running, definitions: { ...running.definitions, [arn]: left } };
}

test('a force flag that an earlier deploy left on is drift, and its step is finished: Redis may not hold the list of bundles yet', () => {
  const { plan } = planned({ running: stoppedWith('BUNDLES_FORCE_ENV_ON_STARTUP') });
  expect(plan.services.find(({ service }) => service === 'chat-proc')!.reasons).toEqual([
    'an earlier deploy left BUNDLES_FORCE_ENV_ON_STARTUP on',
  ]);
  expect([plan.descriptor, plan.gateway.force]).toMatchObject([{ changed: false, force: true }, false]);
  const gateway = planned({ running: stoppedWith('GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP') }).plan;
  expect([gateway.descriptor.force, gateway.gateway]).toEqual([false, { changed: false, force: true }]);
});

test('proc that is scaled up from 0 overwrites Redis: a deploy while it had no tasks could not', () => {
  const [name, proc] = Object.entries(running.services).find(([, { taskDefinition }]) => taskDefinition.includes('chat-proc'))!;
  const scaledTo = (count: number | undefined) => {
    const none = { ...running, services: { ...running.services, [name]: { ...proc, desiredCount: 0 } } };
    const services = prod.services.map((service) => {
      if (service.component !== 'proc') return service;
      const { count: _, ...rest } = service;
      return count === undefined ? rest : { ...rest, count };
    });
    return planned({ running: none, environment: { ...prod, services } }).plan;
  };
  expect(scaledTo(1)).toMatchObject({ descriptor: { changed: false, force: true } });
  expect(scaledTo(1).notes.join()).toMatch(/chat-proc has no tasks: Redis may hold an older list of bundles/);
  expect([scaledTo(0), scaledTo(undefined)].map(({ descriptor }) => descriptor.force)).toEqual([false, false]);
});

test('services that cannot be updated, all at once', () => {
  const { metrics: _, ...rest } = running.services;
  const services = {
    ...rest,
    'web-ui': { ...rest['web-ui']!, controller: 'CODE_DEPLOY' },
    'chat-ingress': { ...rest['chat-ingress']!, status: 'DRAINING' },
  };
  expect(
    problemsOf(() => planned({ running: { ...running, services } })).map(({ code, message }) => [
      code,
      /^The service ([\w-]+) /.exec(message)![1],
    ]),
  ).toEqual([
    ['service-not-deployable', 'chat-ingress'],
    ['service-missing', 'metrics'],
    ['service-not-deployable', 'web-ui'],
  ]);
});

function problemsOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    return (error as KdcubeError).problems;
  }
  throw new Error('no problem');
}
