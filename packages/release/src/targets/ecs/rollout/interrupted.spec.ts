import { expectGolden } from '../../../../../../tools/testing/golden';
import * as path from 'node:path';
import type { DeployPlan } from '@kdcube/release/internal';
import { arn, definition, NEW, OLD, PLACE, planOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { CRASH, INGRESS, rule } from '../../../../testing/rollouts/row';
import { deploy, killAfter } from '../../../../testing/rollouts/run';
import { truth } from '../../../../testing/rollouts/truth';

let double: EcsDouble;
afterEach(() => double.close());

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource', 'UntagResource'];
const writes = () => WRITES.reduce((sum, op) => sum + (double.journal.calls(op) as unknown as number), 0);

/** Ctrl-C after so many seconds. */
function ctrlC(after: number) {
  let resolveRequested: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => (resolveRequested = resolve));
  let isRequested = false;
  const begun = double.clock.now();
  const afterSleep = async () => {
    if (isRequested || double.clock.now() < begun + after * 1000) return;
    isRequested = true;
    resolveRequested();
  };
  return { stop: { isRequested: () => isRequested, requested }, afterSleep };
}

it('Ctrl-C: reports what is in progress, changes nothing else, and the same deploy continues', async () => {
  double = await startDouble();
  const { stop, afterSleep } = ctrlC(130);
  const ended = await deploy(double, planOf(), { stop }, {}, { afterSleep });
  expect([ended.exit, ended.codes, ended.outcome?.verdict]).toEqual([130, ['interrupted'], 'stopped']);
  expect(ended.message).toMatch(/ECS continues on its own: proc is being updated to acme-proc:2 \(ecs-svc\/\d+\)/);
  expectGolden(
    path.join(__dirname, '../../../../fixtures/rollouts/interrupted.txt'),
    `${ended.message.replace(/ecs-svc\/\d+/g, 'ecs-svc/1')}\n`,
  );
  expect((await truth(double, planOf())).runs).toMatchObject({ proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' });
  const again = await deploy(double, planOf());
  expect([again.exit, (await truth(double, planOf())).pinned, double.registry()]).toMatchObject([
    0,
    true,
    { subset: true, force: false },
  ]);
  expect(again.events.filter(({ event }) => event === 'registered')).toEqual([]);
});

/** A new plan during the rollout of ingress: nothing is left to change. */
function planDuringRollout(): DeployPlan {
  const plan = planOf({ changes: [] });
  const services = plan.services.map((step) =>
    step.service === 'ingress'
      ? { ...step, digests: [NEW], taskDefinition: { ...step.taskDefinition, reuse: arn('acme-ingress:2') } }
      : step,
  );
  const baseline = {
    ...plan.baseline,
    'acme-ingress': { status: 'ACTIVE', taskDefinition: arn('acme-ingress:2'), desiredCount: 1 },
  };
  return { ...plan, services, baseline };
}

it.each([
  ['it succeeds', [], 0, /^$/, 'ingress:2'],
  ['it crashes, and ECS rolls it back', [rule('ingress', CRASH)], 12, /boom.*No service was updated/s, 'ingress:1'],
] as const)('a rollout in progress is watched although nothing is left to change: %s', async (_, rules, exit, message, runs) => {
  double = await startDouble({ rules });
  const { stop, afterSleep } = ctrlC(20);
  await deploy(double, planOf(INGRESS), { stop }, {}, { afterSleep });
  const before = writes();
  await double.as('TagResource', {
    resourceArn: `arn:aws:ecs:${PLACE.region}:${PLACE.account}:service/acme/acme-ingress`,
    tags: [{ key: 'kdcube:deploy', value: 'this 2036-03-02T09:00:00.000Z 2026-03-02' }],
  });
  const ended = await deploy(double, planDuringRollout(), { planId: 'plan-b', deployId: 'this' });
  expect([ended.exit, ended.message, (await truth(double, planOf())).runs.ingress]).toEqual([
    exit,
    expect.stringMatching(message),
    runs,
  ]);
  expect(ended.events).toContainEqual(expect.objectContaining({ event: 'update', service: 'ingress', resumed: true }));
  // Its own lock, which a kill would have left, is all that it takes away.
  expect(writes() - before).toBe(exit === 0 ? 1 : 0);
});

/** A new plan while proc runs this revision. */
function plannedFor(revision: string): DeployPlan {
  const plan = planOf();
  const proc = { status: 'ACTIVE', taskDefinition: arn(revision), desiredCount: 1 };
  return { ...plan, baseline: { ...plan.baseline, 'acme-proc': proc } };
}

const FORCED = [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }];

function updatesTo(revision: string): number {
  const calls = double.journal.entries.filter(({ op }) => op === 'UpdateService');
  return calls.filter(({ request }) => String(request.taskDefinition).endsWith(revision)).length;
}

it.each([5, 45, 90])('a new plan after a stop in the forced step (%i s) registers nothing and forces once', async (after) => {
  double = await startDouble();
  const { stop, afterSleep } = ctrlC(after);
  await deploy(double, planOf(), { stop }, {}, { afterSleep });
  expect((await truth(double, planOf())).runs.proc).toBe('proc:3');
  const again = await deploy(double, plannedFor('acme-proc:3'), { planId: 'plan-b' });
  expect([again.exit, again.events.filter(({ event }) => event === 'registered')]).toEqual([0, []]);
  expect([updatesTo('acme-proc:3'), updatesTo('acme-proc:2'), double.registry()]).toMatchObject([
    1,
    1,
    { subset: true, force: false },
  ]);
});

it('the same if the forced revision was registered first', async () => {
  double = await startDouble();
  await double.as('RegisterTaskDefinition', definition('proc', NEW, FORCED));
  await double.as('RegisterTaskDefinition', definition('proc', NEW));
  await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-proc', taskDefinition: 'acme-proc:2' });
  await double.clock.advance(30_000);
  const again = await deploy(double, plannedFor('acme-proc:2'), { planId: 'plan-b' });
  const registered = again.events.flatMap((event) => (event.event === 'registered' ? [event.family] : []));
  expect([again.exit, registered, (await truth(double, planOf())).runs.proc]).toEqual([0, ['acme-ingress', 'acme-ui'], 'proc:3']);
  expect([updatesTo('acme-proc:2'), updatesTo('acme-proc:3')]).toEqual([1, 1]);
});

it('a new plan after a stop in the step that restores the registry finds the revisions of the first run', async () => {
  double = await startDouble({ rules: [rule('ingress', CRASH, { times: 3 })] });
  let isRestoring = false;
  const stop = { isRequested: () => isRestoring, requested: new Promise<void>(() => undefined) };
  const onEvent = (event: { event: string }) => {
    isRestoring ||= event.event === 'update' && 'taskDefinition' in event && String(event.taskDefinition).endsWith('proc:4');
  };
  await deploy(double, planOf(), { stop }, {}, { onEvent });
  expect((await truth(double, planOf())).runs.proc).toBe('proc:4');
  const again = await deploy(double, plannedFor('acme-proc:4'), { planId: 'plan-b' });
  expect([again.exit, again.events.filter(({ event }) => event === 'registered')]).toEqual([0, []]);
  expect((await truth(double, planOf())).runs).toMatchObject({ proc: 'proc:2', ingress: 'ingress:2' });
});

it('Ctrl-C in the forced step: the command that removes the FORCE flag is in the hint', async () => {
  double = await startDouble();
  const { stop, afterSleep } = ctrlC(20);
  const ended = await deploy(double, planOf(), { stop }, {}, { afterSleep });
  expect(ended.message).toMatch(
    /--service acme-proc --task-definition acme-proc:2 {4}removes the FORCE flag that proc still starts with/,
  );
  expect(ended.message).toMatch(/Updated: proc to acme-proc:3 \(with the FORCE flag\)/);
});

it('a rollback whose last step is throttled: the command that removes the FORCE flag is in the hint', async () => {
  double = await startDouble({ rules: [rule('ingress', CRASH)] });
  const onEvent = (event: { event: string }) => {
    if (event.event === 'update' && 'taskDefinition' in event && String(event.taskDefinition).endsWith('proc:4'))
      double.faults.push({ op: 'UpdateService', error: 'ThrottlingException' });
  };
  const ended = await deploy(double, planOf(), {}, {}, { onEvent });
  expect([ended.exit, ended.message]).toEqual([
    31,
    expect.stringMatching(
      /--service acme-proc --task-definition acme-proc:1 {4}removes the FORCE flag.*proc to acme-proc:4 \(with the FORCE flag\)/s,
    ),
  ]);
});

it('ECS rolled the forced revision back, and then every update is throttled: no command brings the new revision back', async () => {
  double = await startDouble({ rules: [rule('proc', CRASH)] });
  const onEvent = (event: { event: string }) => {
    if (event.event === 'failed') double.faults.push({ op: 'UpdateService', error: 'ThrottlingException' });
  };
  const ended = await deploy(double, planOf(), {}, {}, { onEvent });
  expect([ended.exit, (await truth(double, planOf())).runs.proc]).toEqual([31, 'proc:1']);
  expect(ended.message).not.toMatch(/FORCE flag/);
});

it('a rollback does not wait for the circuit breaker of the rollout that fails', async () => {
  double = await startDouble({ rules: [rule('ingress', CRASH)] });
  const { stop, afterSleep } = ctrlC(100);
  await deploy(double, planOf(INGRESS), { stop }, {}, { afterSleep });
  const { baseline } = planDuringRollout();
  const plan = planOf(INGRESS);
  const services = plan.services.map((step) =>
    step.service === 'ingress'
      ? { ...step, digests: [OLD], taskDefinition: { ...step.taskDefinition, register: undefined, reuse: arn('acme-ingress:1') } }
      : step,
  );
  const ended = await deploy(double, { ...plan, baseline, services }, { planId: 'rollback' });
  expect([
    ended.exit,
    ended.events.filter((event) => JSON.stringify(event).includes('waiting for the deployment in progress')),
  ]).toEqual([0, []]);
  expect((await truth(double, planOf())).runs.ingress).toBe('ingress:1');
});

it('a new plan for the same deploy passes the lock of its killed run, and another release is refused by name', async () => {
  double = await startDouble();
  const kill = killAfter(5);
  await deploy(double, planOf(INGRESS), { planId: 'first', deployId: 'this' }, {}, { kill });
  expect(kill.calls.at(-1)).toBe('tagResource');
  const other = await deploy(double, { ...planOf({ changes: ['ui'] }), release: 'theirs' }, { planId: 'other' });
  expect([other.exit, other.message]).toEqual([45, expect.stringContaining('The release 2026-03-02 is being deployed to prod')]);
  expect((await deploy(double, planOf(INGRESS), { planId: 'new', deployId: 'this' })).exit).toBe(0);
});

it('without --wait a second deploy is refused at once, also while rollouts are in progress', async () => {
  double = await startDouble();
  const theirs = { ...planOf(INGRESS), baseline: planDuringRollout().baseline, release: 'theirs' };
  const ends: number[] = [];
  let asked = false;
  const afterSleep = async () => {
    if (asked || (double.journal.calls('UpdateService') as unknown as number) < 1) return;
    asked = true;
    const begun = double.clock.now();
    const ended = await deploy(double, theirs, { planId: 'theirs' });
    ends.push(ended.exit, double.clock.now() - begun);
  };
  expect((await deploy(double, planOf(INGRESS), {}, {}, { afterSleep })).exit).toBe(0);
  expect(ends).toEqual([45, 0]);
});

it('a setup task that still runs is waited for by the next plan', async () => {
  double = await startDouble({ rules: [{ match: { oneOff: true }, do: { exit: { code: 0, after: 60 } } }] });
  const { stop, afterSleep } = ctrlC(10);
  const plan = planOf({ ...INGRESS, setup: true });
  const first = await deploy(double, plan, { stop }, {}, { afterSleep });
  expect([first.exit, first.message]).toEqual([130, expect.stringMatching(/setup runs as the task [0-9a-f]{32}/)]);
  expect((await deploy(double, plan, { planId: 'plan-b' })).exit).toBe(0);
  expect(double.journal.calls('RunTask')).toBe(1);
});

it('one DescribeServices per poll for a whole wave, whose services are updated at the same time', async () => {
  const plan = planOf({ changes: ['ingress', 'ui'] });
  const together = { ...plan, waves: [{ name: 'rest', services: ['ingress', 'ui'] }] };
  double = await startDouble();
  const begun = double.clock.now();
  const ended = await deploy(double, together);
  const took = double.clock.now() - begun;
  expect(ended.exit).toBe(0);
  const polls = ended.events.filter(({ event }) => event === 'polled').length;
  // Besides the polls: one before the first write, one to see whose the lock is, one after the wave.
  expect(double.journal.calls('DescribeServices')).toBe(polls + 3);
  await double.close();
  double = await startDouble();
  const alone = double.clock.now();
  await deploy(double, planOf({ changes: ['ui'] }));
  expect(took).toBe(double.clock.now() - alone);
});

it('a rollback of ECS is noticed within one poll', async () => {
  double = await startDouble({ rules: [{ match: { service: 'acme-ui', taskDefinition: 'acme-ui:2' }, do: { pull: 'denied' } }] });
  const ended = await deploy(double, planOf({ changes: ['ui'] }), { onFailure: 'stop' });
  const decided = ended.events.find((event) => event.event === 'service-event' && /rolling back/.test(event.message)) as {
    at: number;
  };
  expect([ended.exit, ended.outcome!.endedAt - decided.at <= 15_000]).toEqual([10, true]);
});

it('two deploys at the same moment: one succeeds, the other is refused by name and changes nothing', async () => {
  double = await startDouble();
  const [one, other] = [planOf({ changes: ['ui'] }), { ...planOf({ changes: ['ingress'] }), release: 'theirs' }];
  const ends = await Promise.all([deploy(double, one, { planId: 'one' }), deploy(double, other, { planId: 'other' })]);
  expect(ends.map(({ exit }) => exit).sort()).toEqual([0, 45]);
  const refused = ends.find(({ exit }) => exit === 45)!;
  expect(refused.message).toMatch(/The release (2026-03-02|theirs) is being deployed to prod/);
  const runs = Object.values((await truth(double, one)).runs).sort();
  expect([
    ['ingress:1', 'proc:1', 'ui:2'],
    ['ingress:2', 'proc:1', 'ui:1'],
  ]).toContainEqual(runs);
  // The lock is free: the other release can be deployed now, from a new plan.
  const answer = await double.as('DescribeServices', { cluster: 'acme', services: ['acme-ingress'], include: ['TAGS'] });
  expect((answer as unknown as { services: { tags: unknown[] }[] }).services[0]!.tags).toEqual([]);
});
