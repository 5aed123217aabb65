import { expectGolden } from '../../../../../../tools/testing/golden';
import * as path from 'node:path';
import { planOf, startDouble, type EcsDouble } from '../../testing/rollouts/kit';
import { deploy } from '../../testing/rollouts/run';
import { truth } from '../../testing/rollouts/truth';

let double: EcsDouble;
afterEach(() => double.close());

/** A person who presses Ctrl-C once so many seconds are over. */
function person(after: number) {
  let wake: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (wake = resolve));
  let requested = false;
  const begun = double.clock.now();
  const somebody = async () => {
    if (requested || double.clock.now() < begun + after * 1000) return;
    requested = true;
    wake();
  };
  return { stop: { requested: () => requested, asked }, somebody };
}

it('Ctrl-C: says what is in flight, leaves the rest alone, and the same deploy goes on from there', async () => {
  double = await startDouble();
  const { stop, somebody } = person(130);
  const ended = await deploy(double, planOf(), { stop }, {}, { somebody });
  expect([ended.exit, ended.codes, ended.outcome?.verdict]).toEqual([130, ['interrupted'], 'stopped']);
  expect(ended.said).toMatch(/ECS goes on by itself with what is under way: proc goes to acme-proc:2 \(ecs-svc\/\d+\)/);
  expectGolden(
    path.join(__dirname, '../../../../fixtures/rollouts/interrupted.txt'),
    `${ended.said.replace(/ecs-svc\/\d+/g, 'ecs-svc/1')}\n`,
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

it('one DescribeServices a poll for all of a wave, and services of a wave at the same time', async () => {
  const plan = planOf({ changes: ['ingress', 'ui'] });
  const together = { ...plan, waves: [{ name: 'rest', services: ['ingress', 'ui'] }] };
  double = await startDouble();
  const begun = double.clock.now();
  const ended = await deploy(double, together);
  const took = double.clock.now() - begun;
  expect(ended.exit).toBe(0);
  const polls = ended.events.filter(({ event }) => event === 'seen').length;
  // Besides the polls: one before the first write, one to see whose the lock is, one after the wave.
  expect(double.journal.calls('DescribeServices')).toBe(polls + 3);
  await double.close();
  double = await startDouble();
  const alone = double.clock.now();
  await deploy(double, planOf({ changes: ['ui'] }));
  expect(took).toBe(double.clock.now() - alone);
});

it('from the event that decides to the exit is one poll at the most', async () => {
  double = await startDouble({ rules: [{ match: { service: 'acme-ui', taskDefinition: 'acme-ui:2' }, do: { pull: 'denied' } }] });
  const ended = await deploy(double, planOf({ changes: ['ui'] }), { onFailure: 'stop' });
  const decided = ended.events.find((event) => event.event === 'ecs' && /rolling back/.test(event.message)) as { at: number };
  expect([ended.exit, ended.outcome!.endedAt - decided.at <= 15_000]).toEqual([10, true]);
});

it('two other deploys at the same moment: one goes well, one is refused by name, and nothing is left half', async () => {
  double = await startDouble();
  const [one, other] = [planOf({ changes: ['ui'] }), { ...planOf({ changes: ['ingress'] }), release: 'theirs' }];
  const ends = await Promise.all([deploy(double, one, { id: 'one' }), deploy(double, other, { id: 'other' })]);
  expect(ends.map(({ exit }) => exit).sort()).toEqual([0, 45]);
  const refused = ends.find(({ exit }) => exit === 45)!;
  expect(refused.said).toMatch(/The release (2026-03-02|theirs) is being deployed to prod/);
  const runs = Object.values((await truth(double, one)).runs).sort();
  expect([
    ['ingress:1', 'proc:1', 'ui:2'],
    ['ingress:2', 'proc:1', 'ui:1'],
  ]).toContainEqual(runs);
  // Nobody has the environment any more: the other one can be deployed now, from a new plan.
  const answer = await double.as('DescribeServices', { cluster: 'acme', services: ['acme-ingress'], include: ['TAGS'] });
  expect((answer as unknown as { services: { tags: unknown[] }[] }).services[0]!.tags).toEqual([]);
});
