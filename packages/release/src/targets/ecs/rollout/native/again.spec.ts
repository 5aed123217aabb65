import { planOf, startDouble, type EcsDouble } from '../../../../../testing/rollouts/kit';
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
