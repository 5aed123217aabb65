import { bundlesOf, carriedOut, deployInput, prod, type DeployFixture } from '../../../../testing/deploys';
import { thrownProblem } from '../../../../testing/thrown-problem';
import { isEmptyPlan } from '../../../deploy/deploy-plan';
import { readPlan } from '../../../deploy/plan-file';
import { printPlan } from '../../../deploy/render/json';
import { renderPlanMarkdown } from '../../../deploy/render/markdown';
import type { ReleaseRecord } from '../../../deploy/record';
import { renderPlanText } from '../../../deploy/render/text';
import { planDeploy } from '../plan/plan-deploy';
import { planRollback } from '../plan/plan-rollback';
import type { Running } from '../plan/running';
import { descriptorPrefix } from './secrets-place';
import type { StoredDescriptor, StoredSecret } from './stored-descriptor';

const services = prod.services.filter(({ component }) => component !== 'postgres-setup');
const environment = { ...prod, services, bundles: { ...prod.bundles, descriptor: 'aws-sm' as const } };
const BUNDLES = ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h'];
const first: DeployFixture = { platform: '2026.8.19.120', environment, bundles: BUNDLES };
const NOTHING: StoredDescriptor = { prefix: 'kdcube/alps/prod', bundles: new Map() };

function planned(options: DeployFixture = {}, stored: StoredDescriptor = NOTHING, recorded = '') {
  const input = deployInput({ ...first, ...options });
  return planDeploy({ ...input, record: recordOf(recorded), storedDescriptor: stored });
}

/** What Secrets Manager has once a plan was carried out. */
function written(plan: ReturnType<typeof planned>['plan']): StoredDescriptor {
  const bundles = new Map<string, StoredSecret>();
  let meta: StoredSecret | undefined;
  for (const { bundle, content } of plan.descriptor.secrets!.writes) {
    const stored = { version: `v-${bundle ?? 'meta'}`, value: content };
    if (bundle === undefined) meta = stored;
    else bundles.set(bundle, stored);
  }
  return { ...NOTHING, ...(meta && { meta }), bundles };
}

const one = planned();
const running: Running = carriedOut(one);
const stored = written(one.plan);

test('the first deploy writes every bundle, and the list last; nothing is forced in Redis', () => {
  const { descriptor, notes, services: steps } = one.plan;
  expect(descriptor.secrets!.writes.map(({ secret }) => secret)).toEqual([
    'kdcube/alps/prod/bundles/lifts@1-4/descriptor',
    'kdcube/alps/prod/bundles/huts@1-0/descriptor',
    'kdcube/alps/prod/bundles-meta',
  ]);
  expect([descriptor.changed, descriptor.force]).toEqual([true, false]);
  expect(notes.join('\n')).toContain('2 added (lifts@1-4, huts@1-0)');
  expect(JSON.stringify(steps)).toContain('"BUNDLES_DESCRIPTOR_PROVIDER","value":"aws-sm"');
  expect(readPlan(printPlan(one.plan), 'plan.json')).toEqual(one.plan);
});

test.each<[string, DeployFixture]>([
  ['the same release', {}],
  ['another name', { name: 'prod-2026-11-24' }],
  ['a tag moved to the same tree', { bundles: ['lifts@1-4 v1.4.1 a', BUNDLES[1]!] }],
])('nothing changes: %s', (_, options) => {
  const { plan } = planned({ running, before: bundlesOf(first), ...options }, stored, one.plan.descriptor.after);
  expect([isEmptyPlan(plan), plan.descriptor.secrets!.writes]).toEqual([true, []]);
});

test('the secrets are written, and no deploy of them has succeeded: running tasks reload, and the plan says why', () => {
  const two = planned({ bundles: [BUNDLES[0]!] }, stored, one.plan.descriptor.after).plan;
  for (const recorded of ['', two.descriptor.after]) {
    const { plan } = planned({ running, before: bundlesOf(first) }, stored, recorded);
    expect([isEmptyPlan(plan), plan.waves, plan.descriptor.secrets]).toMatchObject([false, [], { writes: [], reload: true }]);
    expect(renderPlanText(plan).join('\n')).toMatch(
      /an earlier run may have ended\s+before the running tasks[^]*reloads the list/,
    );
  }
});

test('a rollback that was killed after its writes reloads when it is run again', () => {
  const record = recordOf(one.plan.descriptor.after);
  const input = { record, last: record, running, definitions: new Map(), registryImages: new Map() };
  const plan = planRollback({ ...input, environment, secrets: { stored, mode: 'baked', reload: true } });
  expect([isEmptyPlan(plan), plan.descriptor.secrets]).toMatchObject([false, { writes: [], reload: true }]);
});

test('another list of bundles: running tasks reload it, and no service restarts', () => {
  const { plan } = planned({ running, before: bundlesOf(first), bundles: [...BUNDLES, 'tours@1-0 v0.1.0 t'] }, stored);
  expect([isEmptyPlan(plan), plan.waves, plan.descriptor.secrets!.reload]).toEqual([false, [], true]);
  for (const text of [renderPlanText(plan).join('\n'), renderPlanMarkdown(plan)])
    expect(text).toMatch(/reloads the list of bundles/);
});

test('with `reload: false` the plan says who has to reload', () => {
  const manual = { ...environment, bundles: { ...environment.bundles, reload: false } };
  const options = { environment: manual, running, before: bundlesOf(first), bundles: [BUNDLES[0]!] };
  const { plan } = planned(options, stored, one.plan.descriptor.after);
  expect([plan.descriptor.secrets!.reload, plan.notes.join('\n')]).toEqual([false, expect.stringMatching(/reload-authority/)]);
});

test('with `reload: false` a changed list is not asked for: proc does not list it before an admin reloads', () => {
  const readiness = { url: 'https://app.example.com/x', headers: {}, wait: 'all' as const };
  const manual = { ...environment, readiness, bundles: { ...environment.bundles, reload: false } };
  const options = { environment: manual, running, before: bundlesOf(first) };
  const added = planned({ ...options, bundles: [...BUNDLES, 'tours@1-0 v0.1.0 t'] }, stored, one.plan.descriptor.after).plan;
  expect([added.readiness, added.notes.join('\n')]).toEqual([undefined, expect.stringMatching(/does not ask about them/)]);
  const same = planned(options, stored, one.plan.descriptor.after).plan;
  expect([same.readiness?.url, same.notes.join('\n')]).toEqual([readiness.url, expect.not.stringMatching(/does not ask/)]);
});

test('a rollback restores the descriptor of its record', () => {
  const two = planned({ running, before: bundlesOf(first), bundles: [BUNDLES[0]!] }, stored, one.plan.descriptor.after).plan;
  const record = recordOf(one.plan.descriptor.after);
  const secrets = {
    stored: { ...stored, meta: { version: 'v2', value: two.descriptor.secrets!.writes.at(-1)!.content } },
    mode: 'baked',
    reload: true,
  } as const;
  const input = { record, last: recordOf(two.descriptor.after), running, definitions: new Map(), registryImages: new Map() };
  const plan = planRollback({ ...input, environment, secrets });
  expect(plan.descriptor.secrets!.writes.map(({ content }) => content)).toEqual([
    { default_bundle_id: 'lifts@1-4', bundle_ids: expect.arrayContaining(['lifts@1-4', 'huts@1-0']) },
  ]);
  expect([plan.descriptor.secrets!.reload, plan.descriptor.force]).toEqual([true, false]);
  expect(thrownProblem(() => planRollback({ ...input, environment, record: recordOf(''), secrets }))).toMatchObject({
    code: 'record-mismatch',
  });
});

function recordOf(descriptor: string): ReleaseRecord {
  return {
    record: 2,
    environment: 'prod',
    release: 'one',
    attempt: 1,
    verdict: 'succeeded',
    reason: '',
    startedAt: '2026-11-22T09:00:00Z',
    endedAt: '2026-11-22T09:09:00Z',
    services: {},
    bundles: [],
    descriptor,
  };
}

describe('the prefix of the secrets', () => {
  const proc = services.find(({ component }) => component === 'proc')!;
  const withEnv = (env: Record<string, string>) => ({
    ...environment,
    services: services.map((each) => (each === proc ? { ...proc, env: { ...proc.env, ...env } } : each)),
  });

  test.each([
    ['tenant and project', {}, `kdcube/${prod.tenant}/${prod.project}`],
    ['SECRETS_AWS_SM_PREFIX', { SECRETS_AWS_SM_PREFIX: '/acme/live/' }, 'acme/live'],
    ['SECRETS_SM_PREFIX', { SECRETS_SM_PREFIX: 'acme' }, 'acme'],
  ])('is that of %s', (_, env, prefix) => {
    expect(descriptorPrefix(withEnv(env), running)).toBe(prefix);
  });

  test('is none where the descriptor is elsewhere', () => {
    expect(descriptorPrefix(prod, running)).toBeUndefined();
  });

  test('in another region it is refused', () => {
    expect(thrownProblem(() => descriptorPrefix(withEnv({ SECRETS_AWS_REGION: 'us-east-1' }), running))).toMatchObject({
      code: 'wrong-value',
      message: expect.stringMatching(/us-east-1, but a deploy writes the bundle descriptor in eu-central-1/),
    });
  });
});
