import { definition, planOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { CRASH, INGRESS, NO_BREAKER, rule } from '../../../../testing/rollouts/row';
import { deploy, type Ended } from '../../../../testing/rollouts/run';

let double: EcsDouble;
afterEach(() => double.close());

const ENDLESS = { ...NO_BREAKER, quirks: { crashes: 'ignored' } };

function stopsOf({ events }: Ended) {
  return events.flatMap((event) => (event.event === 'task-stopped' ? [event] : []));
}

async function rolledOut(scenario: object): Promise<Ended> {
  double = await startDouble(scenario);
  return deploy(double, planOf(INGRESS));
}

it('a crash that is repeated for 40 minutes: its log once, then a count; the number of calls is bounded', async () => {
  const ended = await rolledOut({ ...ENDLESS, rules: [rule('ingress', CRASH)] });
  const stops = stopsOf(ended);
  expect([ended.exit, ended.message]).toEqual([
    12,
    expect.stringMatching(/\d\d tasks stopped for this reason\..*KeyError: boom/s),
  ]);
  expect(stops.filter(({ lines }) => lines.length > 0)).toHaveLength(1);
  expect(stops.map(({ count }) => count)).toEqual([...stops.map(({ count }) => count)].sort((a, b) => a - b));
  expect(stops.at(-1)!.count).toBeGreaterThanOrEqual(16);
  expect(stops.length).toBeLessThan(8);
  expect(double.journal.entries.filter((entry) => 'n' in entry).length).toBeLessThan(400);
});

it('another log of the same exit code is shown', async () => {
  const other = { exit: { ...CRASH.exit, lines: ['ValueError: another'] } };
  const ended = await rolledOut({ ...ENDLESS, rules: [rule('ingress', CRASH, { times: 1 }), rule('ingress', other)] });
  const logs = stopsOf(ended).flatMap(({ lines }) => (lines.length > 0 ? [lines.at(-1)] : []));
  expect(logs).toEqual(['KeyError: boom', 'ValueError: another']);
});

it('two reasons are counted apart', async () => {
  const other = { exit: { code: 4, after: 2, lines: ['ValueError: another'] } };
  const rules = [rule('ingress', CRASH, { times: 3 }), rule('ingress', other, { times: 3 }), rule('ingress', CRASH)];
  const ended = await rolledOut({ ...ENDLESS, rules });
  const logs = stopsOf(ended).filter(({ lines }) => lines.length > 0);
  expect(logs.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('exit code 3'),
    expect.stringContaining('exit code 4'),
  ]);
});

it('twelve tasks that crash at once are one line', async () => {
  const services = ['proc', 'ingress', 'ui'].map((name) => ({
    cluster: 'acme',
    serviceName: `acme-${name}`,
    taskDefinition: `acme-${name}:1`,
    desiredCount: name === 'ingress' ? 12 : 1,
    launchType: 'FARGATE',
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true }, maximumPercent: 200 },
  }));
  const taskDefinitions = ['proc', 'ingress', 'ui'].map((name) => definition(name, `sha256:${'1'.repeat(64)}`));
  const ended = await rolledOut({ taskDefinitions, services, rules: [rule('ingress', CRASH)] });
  const stops = stopsOf(ended);
  expect([ended.exit, stops.filter(({ lines }) => lines.length > 0).length]).toEqual([12, 1]);
  expect(double.journal.calls('GetLogEvents') as unknown as number).toBeLessThan(6);
});
