import { ecsOf } from '../../../../testing/rollouts/ecs';
import { PLACE, planOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { CRASH, rule } from '../../../../testing/rollouts/row';
import { deploy, killAfter } from '../../../../testing/rollouts/run';
import { AFTER, entry, planned, PREFIX, secretsScenario } from '../../../../testing/rollouts/secrets';
import { truth } from '../../../../testing/rollouts/truth';
import { readStoredDescriptor } from './stored-descriptor';

const plan = planned()(planOf({ changes: ['proc', 'ingress'], force: false }));
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

async function open(rules: object[]): Promise<EcsDouble> {
  const double = await startDouble(secretsScenario(undefined, { rules }));
  started.push(double);
  return double;
}

async function state(double: EcsDouble) {
  await double.clock.advance(120_000);
  const { runs, pinned } = await truth(double, plan);
  return { runs, pinned, secrets: double.secrets(), reloaded: Object.keys(double.registry().bundles) };
}

const WRITES = ['registerTaskDefinition', 'updateService', 'runTask', 'createSecret', 'putSecret'];

describe('kill -9 while the bundle descriptor is in Secrets Manager', () => {
  it.each([
    ['a deploy that succeeds', [], 0],
    ['a deploy that fails after the reload', [rule('ingress', CRASH)], 12],
  ])('%s: killed after any call that writes and run again, it ends in the same state', async (_, rules, exit) => {
    const complete = killAfter(Infinity);
    const double = await open(rules);
    expect((await deploy(double, plan, {}, {}, { kill: complete })).exit).toBe(exit);
    const expected = await state(double);
    const cuts = complete.calls.flatMap((call, index) => (WRITES.includes(call) ? [index + 1] : []));
    expect(cuts.length).toBeGreaterThan(5);
    for (const after of cuts) {
      const again = await open(rules);
      await deploy(again, plan, {}, {}, { kill: killAfter(after) });
      const ended = await deploy(again, plan);
      expect({
        after,
        call: complete.calls[after - 1],
        exit: ended.exit,
        message: ended.message,
        ...(await state(again)),
      }).toMatchObject({
        exit,
        ...expected,
      });
    }
  });

  it('a plan that is made after the kill reloads what was written', async () => {
    const recorded = { old_bundle: entry('old_bundle') };
    const onlyList = planOf({ changes: [] });
    const complete = killAfter(Infinity);
    await deploy(await open([]), planned({ recorded })(onlyList), {}, {}, { kill: complete });
    const cuts = complete.calls.flatMap((call, index) => (WRITES.includes(call) ? [index + 1] : []));
    expect(cuts.length).toBeGreaterThan(3);
    for (const after of cuts) {
      const double = await open([]);
      await deploy(double, planned({ recorded })(onlyList), { deployId: 'one' }, {}, { kill: killAfter(after) });
      const stored = await readStoredDescriptor(ecsOf(double, PLACE), PREFIX, Object.keys(AFTER));
      const again = planned({ stored, recorded })(onlyList);
      const ended = await deploy(double, again, { planId: 'plan-b', deployId: 'one' });
      const reloaded = Object.keys(double.registry().bundles);
      expect({ after, exit: ended.exit, reloaded }).toEqual({ after, exit: 0, reloaded: ['old_bundle', 'new_bundle'] });
    }
  });
});
