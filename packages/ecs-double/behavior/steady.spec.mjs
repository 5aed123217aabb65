import { startDouble, deploy, describe as describeService, isFinished, service, stopped, until } from '../testing/kit.mjs';

const started = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

test.each([
  [
    'with alarms, the bake time',
    { alarms: { enable: true, rollback: false, alarmNames: ['errors'] }, bakeTimeInMinutes: 5 },
    {},
    300,
  ],
  ['without alarms there is none', { bakeTimeInMinutes: 5 }, {}, 20],
  ['a slower account', {}, { steady: 120 }, 120],
])('COMPLETED comes some time after the last old task is gone: %s', async (_, configuration, timing, wait) => {
  const app = service('app', { taskDefinition: 'app:1' });
  const double = await startDouble({
    timing,
    services: [{ ...app, deploymentConfiguration: { ...app.deploymentConfiguration, ...configuration } }],
  });
  started.push(double);
  await deploy(double);
  const done = await until(double, isFinished);
  const [old] = await stopped(double);
  const passed = done.deployments[0].updatedAt - old.stoppedAt;
  expect([passed >= wait, passed < wait + 30]).toEqual([true, true]);
});

test('a steady state is reported once, until the service changes', async () => {
  const double = await startDouble();
  started.push(double);
  const countSteadyEvents = async () =>
    (await describeService(double)).events.filter(({ message }) => message.endsWith('has reached a steady state.')).length;
  await double.clock.advance(3_600_000);
  expect(await countSteadyEvents()).toBe(1);
  await deploy(double);
  await until(double, isFinished);
  expect(await countSteadyEvents()).toBe(2);
});

test('an unresponsive agent: the task is desired STOPPED and still listed as running', async () => {
  const double = await startDouble({ timing: { agent: 3600 } });
  started.push(double);
  await deploy(double);
  await double.clock.advance(600_000);
  const { deployments } = await describeService(double);
  expect(deployments.map(({ rolloutState, runningCount }) => [rolloutState, runningCount])).toEqual([
    ['IN_PROGRESS', 1],
    ['COMPLETED', 1],
  ]);
  expect((await stopped(double)).map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING']);
});
