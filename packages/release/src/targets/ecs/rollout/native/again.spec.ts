import type { DeployPlan } from '@kdcube/release/internal';
import { arn, NEW, planOf, startDouble, type EcsDouble } from '../../../../../testing/rollouts/kit';
import { native } from '../../../../../testing/rollouts/native.table';
import { INGRESS } from '../../../../../testing/rollouts/row';
import { deploy, killAfter } from '../../../../../testing/rollouts/run';
import { truth } from '../../../../../testing/rollouts/truth';

let double: EcsDouble;
afterEach(() => double.close());

const plan = planOf(INGRESS);
const updates = () => double.journal.entries.filter(({ op, status }) => op === 'UpdateService' && status === 200).length;

it.each([20, 40, 80, 160])(
  'killed after call %d, in one of the stages, and run again: followed to the end, without a second update',
  async (after) => {
    double = await startDouble(native('CANARY'));
    const kill = killAfter(after);
    expect((await deploy(double, plan, {}, {}, { kill })).exit).toBe(137);
    const again = await deploy(double, plan);
    expect([again.exit, again.message, again.outcome?.verdict]).toEqual([0, '', 'succeeded']);
    expect(updates()).toBe(1);
    expect(await truth(double, plan)).toMatchObject({ pinned: true });
  },
);

it('ended early by waitUntil: no success yet; the same deploy without it follows the bake to its verdict', async () => {
  double = await startDouble(native('BLUE_GREEN', { bakeTimeInMinutes: 20 }));
  const early = await deploy(double, plan, { waitUntil: 'BAKE_TIME' });
  expect([early.exit, early.outcome?.verdict]).toEqual([0, 'unknown']);
  expect(early.outcome?.reached).toEqual(new Map([['ingress', 'BAKE_TIME']]));
  expect(early.events.some(({ event }) => event === 'completed')).toBe(false);
  const later = await deploy(double, plan);
  expect([later.exit, later.outcome?.verdict, later.outcome?.reached.size]).toEqual([0, 'succeeded', 0]);
  expect(updates()).toBe(1);
});

/** A new plan in the bake of ingress: nothing is left to change. */
function planInBake(): DeployPlan {
  const empty = planOf({ changes: [] });
  const taskDefinition = arn('acme-ingress:2');
  const services = empty.services.map((step) =>
    step.service === 'ingress'
      ? { ...step, digests: [NEW], taskDefinition: { ...step.taskDefinition, reuse: taskDefinition } }
      : step,
  );
  const running = { status: 'ACTIVE', taskDefinition, desiredCount: 1 };
  return { ...empty, services, baseline: { ...empty.baseline, 'acme-ingress': running } };
}

it('an empty plan refuses at once to follow a bake that is longer than the timeout, and follows it with the timeout that it names', async () => {
  double = await startDouble(native('BLUE_GREEN', { bakeTimeInMinutes: 60 }));
  expect((await deploy(double, plan, { waitUntil: 'BAKE_TIME' })).outcome?.reached).toEqual(new Map([['ingress', 'BAKE_TIME']]));
  const startedAt = double.clock.now();
  const refused = await deploy(double, planInBake());
  expect([refused.codes, refused.message]).toEqual([
    ['wrong-option'],
    expect.stringMatching(/acme-ingress takes about 70 minutes .*--timeout=70/s),
  ]);
  expect(refused.events.filter(({ event }) => event === 'update')).toEqual([]);
  expect(double.clock.now() - startedAt).toBeLessThan(60_000);
  const followed = await deploy(double, planInBake(), { timeout: 70 * 60_000 });
  expect([followed.exit, followed.message, followed.outcome?.verdict]).toEqual([0, '', 'succeeded']);
  expect(updates()).toBe(1);
});
