import { arn, definition, NEW, OLD, planOf } from '../../../../testing/rollouts/kit';
import type { TaskDefinition } from '../task-definition/task-definition';
import { findRegistered } from './register';
import type { Rollout } from './rollout';

const PLANNED = definition('ingress', NEW);

/** A rollout of a plan, at an ECS that has these revisions of a family, newest first. */
function rolloutOf(plan: ReturnType<typeof planOf>, revisions: Record<number, object>): Rollout {
  const numbers = Object.keys(revisions).map(Number).reverse();
  const ecs = {
    listRevisions: async (family: string) => numbers.map((number) => arn(`${family}:${number}`)),
    describeTaskDefinition: async (name: string) => revisions[Number(name.split(':').at(-1))] as TaskDefinition | undefined,
  };
  return { plan, ecs, taskDefinitions: new Map() } as unknown as Rollout;
}

describe('a revision that the plan reuses', () => {
  const taskDefinition = { family: 'acme-exec', reuse: arn('acme-exec:7'), changes: [] };
  const plan = { ...planOf({ changes: [], exec: true }), services: [] };
  plan.exec = { ...plan.exec!, taskDefinition };
  const find = (revisions: Record<number, object>) => findRegistered(rolloutOf(plan, revisions));

  it.each([
    ['ACTIVE', { ...PLANNED, status: 'ACTIVE' }],
    ['without a status', PLANNED],
  ])('%s: nothing is registered', async (_, found) => {
    expect((await find({ 7: found })).exec).toEqual({ definition: PLANNED, arn: taskDefinition.reuse });
  });

  it.each<[string, Record<number, object>]>([
    ['was deregistered', { 7: { ...PLANNED, status: 'INACTIVE' } }],
    ['does not exist', { 6: PLANNED }],
  ])('%s: the plan is out of date', async (what, revisions) => {
    await expect(find(revisions)).rejects.toMatchObject({
      problems: [{ code: 'plan-outdated', message: `The plan reuses acme-exec:7, which ${what}.`, hint: 'make a new plan' }],
    });
  });
});

describe('a revision that an interrupted run registered', () => {
  /** What is found among revisions 1 to `newest`. The service runs `baseline`, and `same` have the content of the plan. */
  async function find(newest: number, baseline: number, same: number[], old: object = definition('ingress', OLD)) {
    const plan = planOf({ changes: ['ingress'], force: false });
    plan.baseline['acme-ingress']!.taskDefinition = arn(`acme-ingress:${baseline}`);
    const all = Array.from({ length: newest }, (_, index) => index + 1);
    const revisions = Object.fromEntries(all.map((number) => [number, same.includes(number) ? PLANNED : old]));
    return (await findRegistered(rolloutOf(plan, revisions))).steps.get('ingress')!.arn;
  }

  it.each([
    ['newer than the baseline', 2, 1, [2], 2],
    ['the newest of several', 4, 1, [2, 3], 3],
    ['the baseline itself', 3, 2, [2], undefined],
    ['older than the baseline', 3, 2, [1], undefined],
    ['the tenth newest', 12, 1, [3], 3],
    ['the eleventh newest', 12, 1, [2], undefined],
  ])('%s', async (_, newest, baseline, same, found) => {
    expect(await find(newest, baseline, same)).toBe(found === undefined ? undefined : arn(`acme-ingress:${found}`));
  });

  it('may be older than a baseline with a FORCE flag: both are of that run', async () => {
    const forced = definition('ingress', OLD, [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }]);
    expect(await find(3, 3, [2], forced)).toBe(arn('acme-ingress:2'));
  });
});
