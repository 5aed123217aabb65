import { planOf, startDouble, type EcsDouble } from '../../../../../testing/rollouts/kit';
import { CRASH, INGRESS, rule } from '../../../../../testing/rollouts/row';
import { deploy } from '../../../../../testing/rollouts/run';
import { truth } from '../../../../../testing/rollouts/truth';

let double: EcsDouble;
afterEach(() => double.close());

const ERRORS = ['ThrottlingException', 'ServerException'];
const ECS_READS = ['DescribeServices', 'ListTasks', 'DescribeTasks', 'DescribeTaskDefinition', 'ListTaskDefinitions'];
const READS = [...ECS_READS, 'GetCallerIdentity', 'GetLogEvents', 'DescribeTargetHealth'];
/** Longer than a client repeats a call on its own. Seconds. */
const OUTAGE = 20;
/** A rollout of one service takes about 110 seconds, one that crashes 250. */
const every = (seconds: number, end: number) => Array.from({ length: Math.ceil(end / seconds) }, (_, index) => index * seconds);

describe('every read that fails for 20 seconds is repeated', () => {
  const moments = ERRORS.flatMap((error) => READS.flatMap((op) => every(18, 126).map((from) => [op, error, from] as const)));
  it.each(moments)('%s, %s after %i s: the rollout succeeds', async (op, error, from) => {
    const begun = 30;
    double = await startDouble({ faults: [{ op, error, from: begun + from, until: begun + from + OUTAGE }] });
    await double.clock.advance(begun * 1000);
    const ended = await deploy(double, planOf(INGRESS));
    expect([ended.message, ended.exit, (await truth(double, planOf(INGRESS))).pinned]).toEqual(['', 0, true]);
  });

  const failing = READS.flatMap((op) => every(40, 280).map((from) => [op, from] as const));
  it.each(failing)('%s after %i s: a crash is explained all the same', async (op, from) => {
    const faults = [{ op, error: 'ThrottlingException', from, until: from + OUTAGE }];
    double = await startDouble({ faults, rules: [rule('ingress', CRASH)] });
    const ended = await deploy(double, planOf(INGRESS));
    expect([ended.exit, ended.message]).toEqual([12, expect.stringMatching(/exit code 3.*KeyError: boom/s)]);
  });

  it.each(ERRORS)('all of them at the moment of COMPLETED: %s', async (error) => {
    double = await startDouble();
    let isBroken = false;
    const somebody = async () => {
      const asked = { cluster: 'acme', services: ['acme-ingress'] };
      const { services } = (await double.as('DescribeServices', asked)) as unknown as {
        services: { taskDefinition: string; deployments: { rolloutState: string }[] }[];
      };
      const [service] = services;
      const isCompleted = service!.deployments[0]!.rolloutState === 'COMPLETED' && service!.taskDefinition.endsWith(':2');
      if (isBroken || !isCompleted) return;
      isBroken = true;
      const from = (double.clock.now() - startedAt) / 1000;
      double.faults.push({ op: READS, error, from, until: from + OUTAGE });
    };
    const startedAt = double.clock.now();
    const ended = await deploy(double, planOf(INGRESS), {}, {}, { somebody });
    expect([ended.message, ended.exit, isBroken]).toEqual(['', 0, true]);
  });
});
