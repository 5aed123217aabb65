import { planOf, startDouble, type EcsDouble } from '../../../../../testing/rollouts/kit';
import { CRASH, INGRESS, rule } from '../../../../../testing/rollouts/row';
import { KdcubeError, type ProblemCode } from '../../../../internal';
import { deploy } from '../../../../../testing/rollouts/run';
import { truth } from '../../../../../testing/rollouts/truth';
import type { Ecs } from './port';
import { retryCalls } from './retries';

const ECS_READS = ['DescribeServices', 'ListTasks', 'DescribeTasks', 'DescribeTaskDefinition', 'ListTaskDefinitions'];
const READS = [...ECS_READS, 'GetCallerIdentity', 'GetLogEvents', 'DescribeTargetHealth'];
/** An error of the server has another name in ECS than in the other services: a double that returned ECS's name for all would not be AWS. */
const errorsOf = (op: string) => ['ThrottlingException', ECS_READS.includes(op) ? 'ServerException' : 'InternalFailure'];
/** Longer than a client repeats a call on its own. Seconds. */
const OUTAGE = 20;
/** A rollout of one service takes about 110 seconds, one that crashes 250. */
const every = (seconds: number, end: number) => Array.from({ length: Math.ceil(end / seconds) }, (_, index) => index * seconds);

describe('every read that fails for 20 seconds is repeated', () => {
  let double: EcsDouble;
  afterEach(() => double.close());

  const moments = READS.flatMap((op) =>
    errorsOf(op).flatMap((error) => every(18, 126).map((from) => [op, error, from] as const)),
  );
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

  // Stopped tasks are read first: an outage that is longer than two calls is certain to hit the read of the running ones.
  const completed = [...READS.map((op) => [op]), READS.filter((op) => op !== 'DescribeServices')];
  it.each(completed.flatMap((ops) => [0, 1].map((error) => [ops, errorsOf(ops[0]!)[error]!, error] as const)))(
    '%s at the moment of COMPLETED: %s',
    async (ops, _, error) => {
      double = await startDouble();
      const startedAt = double.clock.now();
      let isBroken = false;
      const afterSleep = async () => {
        const asked = { cluster: 'acme', services: ['acme-ingress'] };
        const { services } = (await double.as('DescribeServices', asked)) as unknown as {
          services: { taskDefinition: string; deployments: { rolloutState: string }[] }[];
        };
        const [service] = services;
        const isCompleted = service!.deployments[0]!.rolloutState === 'COMPLETED' && service!.taskDefinition.endsWith(':2');
        if (isBroken || !isCompleted) return;
        isBroken = true;
        const from = (double.clock.now() - startedAt) / 1000;
        double.faults.push(...ops.map((op) => ({ op, error: errorsOf(op)[error]!, from, until: from + 2 * OUTAGE })));
      };
      const ended = await deploy(double, planOf(INGRESS), {}, {}, { afterSleep });
      expect([ended.message, ended.exit, isBroken]).toEqual(['', 0, true]);
    },
  );
});

describe('retryCalls', () => {
  const problem = (code: ProblemCode, message = 'x') => new KdcubeError({ code, message });
  const invalid = problem(
    'aws-error',
    'The response to ecs:ListTasks is not a valid AWS response: a proxy may have answered instead.',
  );

  /** Calls that fail with this error until so many seconds are over, after a first write or before. */
  function retried(error: KdcubeError, until: number, hasWritten = true) {
    const state = { now: 0, calls: 0, reports: [] as string[] };
    const fail = async () => {
      state.calls += 1;
      if (state.now < until * 1000) throw error;
      return [];
    };
    const ecs = {
      describeServices: fail,
      registerTaskDefinition: fail,
      updateService: fail,
      tagResource: fail,
      readLastLines: fail,
    };
    const calls = retryCalls(ecs as unknown as Ecs, {
      now: () => state.now,
      pause: async (milliseconds) => void (state.now += milliseconds),
      hasWritten: () => hasWritten,
      reportRetry: (message) => state.reports.push(message),
    });
    return { calls, state };
  }

  it.each([problem('aws-throttled'), problem('aws-unreachable'), invalid])(
    'repeats a call that fails for a minute: %s',
    async (error) => {
      const { calls, state } = retried(error, 60);
      expect(await calls.describeServices([])).toEqual([]);
      expect([state.calls, state.reports.length]).toEqual([13, 12]);
    },
  );

  it('does not repeat a call that AWS rejects', async () => {
    for (const code of ['aws-denied', 'aws-credentials', 'aws-error', 'service-missing'] as const) {
      const { calls, state } = retried(problem(code), 60);
      await expect(calls.describeServices([])).rejects.toThrow(KdcubeError);
      expect(state.calls).toBe(1);
    }
  });

  it('gives up after a minute before the first write, and after five minutes afterwards', async () => {
    const [before, after] = [retried(problem('aws-throttled'), 9_999, false), retried(problem('aws-throttled'), 9_999)];
    await expect(before.calls.describeServices([])).rejects.toThrow(KdcubeError);
    await expect(after.calls.describeServices([])).rejects.toThrow(KdcubeError);
    expect([before.state.now, after.state.now]).toEqual([60_000, 300_000]);
  });

  it('a log is worth a minute, and the renewal of a lock no wait at all', async () => {
    const { calls, state } = retried(problem('aws-throttled'), 9_999);
    await expect(calls.tagResource('arn', {})).rejects.toThrow(KdcubeError);
    expect(state.now).toBe(0);
    await expect(calls.readLastLines({ group: 'g', stream: 's', limit: 1 })).rejects.toThrow(KdcubeError);
    expect(state.now).toBe(60_000);
  });

  it('a registration without a response is not repeated, because it may have had an effect', async () => {
    for (const [error, count] of [
      [problem('aws-unreachable'), 1],
      [invalid, 1],
      [problem('aws-throttled'), 13],
    ] as const) {
      const { calls, state } = retried(error, 60);
      await calls.registerTaskDefinition({ family: 'x', containerDefinitions: [] }).catch(() => undefined);
      expect(state.calls).toBe(count);
    }
  });
});
