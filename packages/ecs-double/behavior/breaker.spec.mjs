import { startDouble, deploy, describe as describeService, isFinished, revision, service, until } from '../testing/kit.mjs';
import { threshold } from './breaker.mjs';

const started = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

// The guide's own examples, and the types of API_ThresholdConfiguration.html.
test.each([
  [undefined, 1, 3],
  [undefined, 25, 13],
  [undefined, 400, 200],
  [undefined, 800, 200],
  [{ type: 'COUNT', value: 1 }, 400, 1],
  [{ type: 'BOUNDED_PERCENT', value: 10 }, 10, 3],
  [{ type: 'UNBOUNDED_PERCENT', value: 10 }, 10, 1],
  [{ type: 'UNBOUNDED_PERCENT', value: 100 }, 800, 800],
])('%j of %i tasks: %i failures', (thresholdConfiguration, desired, expected) => {
  expect(threshold({ deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration } }, desired)).toBe(
    expected,
  );
});

/** Four tasks are wanted: the first new one gets healthy, the others die. */
async function partly(breaker) {
  const double = await startDouble({
    services: [
      service('app', { taskDefinition: 'app:1', desiredCount: 4, breaker: { enable: true, rollback: true, ...breaker } }),
    ],
    rules: [
      { match: { taskDefinition: 'app:2' }, do: {}, times: 1 },
      { match: { taskDefinition: 'app:2' }, do: { healthyAfter: 100, exit: { code: 1, after: 15 } } },
    ],
  });
  started.push(double);
  await deploy(double);
  return double;
}

test('after one healthy task failures are not evaluated: the deployment never ends', async () => {
  const double = await partly({});
  await double.clock.advance(3_600_000);
  const now = await describeService(double);
  expect([now.deployments[0].rolloutState, now.deployments[0].failedTasks, revision(now.taskDefinition)]).toEqual([
    'IN_PROGRESS',
    0,
    'app:2',
  ]);
});

test('with resetOnHealthyTask: false they are', async () => {
  const double = await partly({ resetOnHealthyTask: false });
  const now = await until(double, isFinished);
  expect([now.deployments[0].rolloutState, revision(now.taskDefinition), now.runningCount]).toEqual(['COMPLETED', 'app:1', 4]);
});

test('a threshold of one failure', async () => {
  const double = await startDouble({
    services: [
      service('app', {
        taskDefinition: 'app:1',
        breaker: { enable: true, rollback: true, thresholdConfiguration: { type: 'COUNT', value: 1 } },
      }),
    ],
    rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }],
  });
  started.push(double);
  const from = double.clock.now();
  await deploy(double);
  await until(double, ({ deployments }) => deployments.some(({ rolloutState }) => rolloutState === 'FAILED'));
  expect(double.clock.now() - from).toBeLessThan(240_000);
});

test('without rollback a FAILED deployment starts nothing more, and the old tasks stay', async () => {
  const double = await startDouble({
    services: [service('app', { taskDefinition: 'app:1', desiredCount: 2, breaker: { enable: true, rollback: false } })],
    rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 2 } } }],
  });
  started.push(double);
  await deploy(double);
  const failed = await until(double, ({ deployments }) => deployments[0].rolloutState === 'FAILED');
  await double.clock.advance(3_600_000);
  const now = await describeService(double);
  expect(now.events).toEqual(failed.events);
  expect(
    now.deployments.map(({ status, rolloutState, desiredCount, runningCount }) => [
      status,
      rolloutState,
      desiredCount,
      runningCount,
    ]),
  ).toEqual([
    ['PRIMARY', 'FAILED', 0, 0],
    ['ACTIVE', 'COMPLETED', 2, 2],
  ]);
});
