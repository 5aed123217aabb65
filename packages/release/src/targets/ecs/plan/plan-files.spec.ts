import { bundlesOf, carriedOut, deployed, deployInput, prod } from '../../../../testing/deploys';
import type { DeployFixture } from '../../../../testing/deploys';
import { IMAGES } from '../../../../testing/environments';
import { gzip, packing } from '../../../../testing/packing';
import { filesInDefinition } from '../task-definition/files';
import type { TaskDefinition } from '../task-definition/task-definition';
import { recordDeploy } from '../records/record-deploy';
import type { Outcome } from '../rollout/outcome';
import { isEmptyPlan } from '../../../deploy/deploy-plan';
import { renderPlanText } from '../../../deploy/render/text';
import { renderPlanMarkdown } from '../../../deploy/render/markdown';
import type { DeployInput } from './deploy-input';
import { planDeploy } from './plan-deploy';
import { readPlan } from '../../../deploy/plan-file';
import { printPlan } from '../../../deploy/render/json';
import type { Running } from './running';

/** Today's platform, which reads its bundles from a file, and the first one, told by a file. */
const PLATFORMS = [
  ['today', '2026.7.20.444', prod, '/kdcube/bundles.yaml'],
  ['seed', 'v0.3.2', { ...prod, bundles: { ...prod.bundles, descriptor: 'file' } }, '/kdcube/release.yaml'],
] as const;
const BUNDLES = ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h'];
const otherProc = new Map(IMAGES).set('kdcube-chat-proc-bundled', `r.example.com/proc@sha256:${'b2'.repeat(32)}`);

describe.each(PLATFORMS)('a descriptor in a file: %s', (_, platform, environment, path) => {
  const first: DeployFixture = { platform, environment, bundles: BUNDLES };
  const running = deployed(first);
  const planned = (options: DeployFixture, more: Partial<DeployInput> = {}) =>
    planDeploy({ ...deployInput({ ...first, running, before: bundlesOf(first), ...options }), ...more }).plan;
  const proc = (plan: ReturnType<typeof planned>) => plan.services.find(({ component }) => component === 'proc')!;
  const textOf = (definition: unknown) => filesInDefinition(definition as TaskDefinition, packing).get(path);

  test('the first deploy carries it in proc’s definition, and in no other', () => {
    const { plan } = planDeploy(deployInput(first));
    const carrying = plan.services.filter(({ taskDefinition }) =>
      JSON.stringify(taskDefinition.register).includes('kdcube-files'),
    );
    expect(carrying.map(({ component }) => component)).toEqual(['proc']);
    expect(textOf(carrying[0]!.taskDefinition.register)).toMatch(/lifts@1-4[^]*huts@1-0/);
  });

  test.each<[string, DeployFixture]>([
    ['the same release', {}],
    ['another name', { name: 'prod-2026-11-24' }],
    ['a tag moved to the same tree', { bundles: ['lifts@1-4 v1.4.1 a', BUNDLES[1]!] }],
    ['based on the running task definition', { environment: fromRunning(environment) }],
  ])('nothing changes: %s', (__, options) => {
    const plan = planned(options);
    expect(plan.services.filter(({ change }) => change !== 'none')).toEqual([]);
    expect([isEmptyPlan(plan), plan.descriptor.changed]).toEqual([true, false]);
  });

  test('a bundle is added: the file is one reason, and the registry in Redis is overwritten', () => {
    const plan = planned({ bundles: [...BUNDLES, 'tours@1-0 v0.1.0 t'], images: otherProc });
    expect(proc(plan).reasons).toEqual(['another image', `file: ~${path}`]);
    expect(plan.descriptor).toMatchObject({ changed: true, force: true });
    expect(plan.bundles.map(({ id, change }) => `${change} ${id}`)).toEqual([
      'unchanged huts@1-0',
      'unchanged lifts@1-4',
      'added tours@1-0',
    ]);
    const after = carriedOut({ plan, values: new Map() }, running);
    expect(textOf(definitionOf(after))).toContain('tours@1-0');
    const again = planned({ bundles: [...BUNDLES, 'tours@1-0 v0.1.0 t'], images: otherProc, running: after });
    expect([isEmptyPlan(again), again.notes]).toEqual([true, []]);
  });

  test('an image without a label: the file in the running definition tells the bundles', () => {
    const plan = planned({ bundles: ['lifts@1-4 v1.5.0 b', BUNDLES[1]!], before: undefined, images: otherProc });
    const changed = plan.bundles.filter(({ change }) => change === 'changed');
    expect(changed.map(({ id }) => id)).toEqual(['lifts@1-4']);
  });

  test('a running definition without the file gets it', () => {
    const without = JSON.parse(JSON.stringify(running)) as Running;
    const old = definitionOf(without);
    old.containerDefinitions = old.containerDefinitions.filter(({ name }) => name !== 'kdcube-files');
    old.containerDefinitions[0]!.dependsOn = [];
    expect(proc(planned({ running: without })).reasons).toEqual([`file: +${path}`, 'definition: dependsOn']);
    // Its old descriptor is unknown. What Redis has would win over the file.
    const { descriptor, notes } = planned({ running: without }, { record: undefined });
    expect([descriptor.changed, descriptor.force, notes.join()]).toEqual([
      true,
      true,
      expect.stringContaining('The deploy sets it.'),
    ]);
  });
});

test('1200 pinned bundles fit; the problem for too many says what to type', () => {
  const [, platform, environment] = PLATFORMS[0];
  const manyBundles = (count: number): DeployFixture => {
    const bundles = Array.from({ length: count }, (_, n) => `bundle-${n}@1-0 v1.${n}.0 ${n}`);
    return { platform, environment, bundles };
  };
  const planned = (count: number) => planDeploy({ ...deployInput(manyBundles(count)), packing: gzip });
  const { plan } = planned(1200);
  const text = JSON.stringify(plan.services.find(({ component }) => component === 'proc')!.taskDefinition.register);
  expect(text.length).toBeLessThan(64 * 1024);
  expect(() => planned(3000)).toThrow(/env-too-large[^]* are its compressed descriptor[^]*hint[^]*release\.yaml/);
});

test('from Secrets Manager, offline: no file, and a note that the plan does not have what is written there', () => {
  const environment = { ...prod, bundles: { ...prod.bundles, descriptor: 'aws-sm' as const } };
  const { plan } = planDeploy(deployInput({ platform: '2026.7.20.444', environment }));
  expect(JSON.stringify(plan.services)).not.toContain('kdcube-files');
  expect(plan.notes.join()).toContain('Secrets Manager');
});

describe('from Secrets Manager, without a record', () => {
  const services = prod.services.filter(({ component }) => component !== 'postgres-setup');
  const environment = { ...prod, services, bundles: { ...prod.bundles, descriptor: 'aws-sm' as const } };
  const first: DeployFixture = { platform: '2026.7.20.444', environment, bundles: BUNDLES };
  const running = deployed(first);
  const planned = (options: DeployFixture) =>
    planDeploy({ ...deployInput({ ...first, running, ...options }), record: undefined }).plan;

  test.each([
    ['the image’s label has the same bundles', bundlesOf(first), 'running image has the same bundles'],
    ['the image has no label', undefined, 'running image has no label'],
  ])('%s: no service restarts, but the plan does not claim that nothing changes', (_, before, message) => {
    const plan = planned({ before });
    expect([isEmptyPlan(plan), plan.descriptor]).toEqual([true, expect.objectContaining({ changed: false, unknown: true })]);
    for (const text of [renderPlanText(plan).join(' '), renderPlanMarkdown(plan)])
      expect([text, text.includes('Nothing changes')]).toEqual([
        expect.stringMatching(/No service restarts\. The running bundle descriptor is unknown/),
        false,
      ]);
    expect(plan.notes.join()).toContain(message);
    expect(readPlan(printPlan(plan), 'plan.json')).toEqual(plan);
  });

  test('a deploy of that records no descriptor: the next plan is the same', () => {
    const ended: Outcome = {
      verdict: 'succeeded',
      exitCode: 0,
      hasWritten: false,
      reached: new Map(),
      startedAt: 0,
      endedAt: 0,
      target: new Map(),
      current: new Map(),
    };
    const input = { ...deployInput({ ...first, running, before: bundlesOf(first) }), record: undefined };
    const recorded = (plan: ReturnType<typeof planned>) => ({ ...recordDeploy(plan, ended), attempt: 1 });
    const unknown = recorded(planDeploy(input).plan);
    const again = planDeploy({ ...input, record: unknown }).plan;
    expect([unknown.descriptor, again.descriptor]).toEqual(['', expect.objectContaining({ changed: false, unknown: true })]);
    // Once a deploy has set it, the record has it.
    const known = recorded(planned({ before: bundlesOf({ bundles: [BUNDLES[0]!] }) }));
    const next = planDeploy({ ...input, record: known }).plan;
    expect([known.descriptor, next.descriptor]).toEqual([
      again.descriptor.after,
      { changed: false, force: false, after: known.descriptor },
    ]);
  });

  test('the image’s label has other bundles: the descriptor changes', () => {
    const { descriptor } = planned({ before: bundlesOf({ bundles: [BUNDLES[0]!] }) });
    // The FORCE flag has no effect there.
    expect([descriptor.changed, descriptor.force, descriptor.unknown]).toEqual([true, false, undefined]);
  });
});

function fromRunning(environment: typeof prod): typeof prod {
  const services = environment.services.map((service) =>
    service.component === 'proc' ? { ...service, taskDefinition: 'running' } : service,
  );
  return { ...environment, services };
}

function definitionOf({ services, definitions }: Running): TaskDefinition {
  return definitions[services['chat-proc']!.taskDefinition]!;
}
