// Concurrent deployments, an operator's calls during one, and the ids that a client follows.
import {
  CLUSTER,
  startDouble,
  definition,
  deploy,
  describe as describeService,
  isFinished,
  revision,
  service,
  stopped,
  until,
} from '../testing/kit.mjs';

const started = [];
const open = async (scenario) => started[started.push(await startDouble(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});
const bad = [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 2 } } }];
const history = async (double) =>
  (await double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' })).serviceDeployments;

test('a rollback promotes the old deployment under its old id, from COMPLETED back to IN_PROGRESS', async () => {
  const double = await open({ rules: bad });
  const before = (await describeService(double)).deployments[0];
  const deploymentId = await deploy(double);
  const back = await until(double, ({ deployments }) => deployments[0].id === before.id);
  expect(
    back.deployments.map(({ id, status, rolloutState, rolloutStateReason }) => [id, status, rolloutState, rolloutStateReason]),
  ).toEqual([
    [before.id, 'PRIMARY', 'IN_PROGRESS', `ECS deployment circuit breaker: rolling back to deploymentId ${before.id}.`],
    [deploymentId, 'ACTIVE', 'FAILED', 'ECS deployment circuit breaker: tasks failed to start.'],
  ]);
  expect((await history(double))[0].status).toBe('ROLLBACK_IN_PROGRESS');
  const done = await until(double, isFinished);
  expect([done.deployments[0].id, done.deployments[0].rolloutState, done.deployments[0].createdAt]).toEqual([
    before.id,
    'COMPLETED',
    before.createdAt,
  ]);
  const [first] = await history(double);
  const { serviceDeployments } = await double.as('DescribeServiceDeployments', {
    serviceDeploymentArns: [first.serviceDeploymentArn],
  });
  expect(serviceDeployments[0]).toMatchObject({
    status: 'ROLLBACK_SUCCESSFUL',
    rollback: { serviceRevisionArn: serviceDeployments[0].sourceServiceRevisions[0].arn },
    deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 3, threshold: 3 },
  });
});

test('in some accounts the rollback has a new id', async () => {
  const double = await open({ rules: bad, quirks: { rollbackId: 'new', failedStatus: 'DRAINING' } });
  const before = (await describeService(double)).deployments[0].id;
  const deploymentId = await deploy(double);
  const back = await until(double, ({ deployments }) => deployments.some(({ rolloutState }) => rolloutState === 'FAILED'));
  expect(back.deployments.find(({ id }) => id === deploymentId).status).toBe('DRAINING');
  const done = await until(double, isFinished);
  expect([before, deploymentId]).not.toContain(done.deployments[0].id);
  expect(revision(done.taskDefinition)).toBe('app:1');
});

test('the breaker is slow: a missing image takes more than ten minutes, a crash more than two', async () => {
  const took = async (rules) => {
    const double = await open({ rules });
    const from = double.clock.now();
    await deploy(double);
    await until(double, ({ deployments }) => deployments.some(({ rolloutState }) => rolloutState === 'FAILED'));
    return (double.clock.now() - from) / 60_000;
  };
  const missing = await took([{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }]);
  expect([missing > 10, missing < 18]).toEqual([true, true]);
  expect(await took(bad)).toBeGreaterThan(2);
});

test.each([
  [{ taskDefinition: 'app:2' }, 'another client deploys another task definition'],
  [{ forceNewDeployment: true }, 'another client forces a deployment'],
])('superseded: %#', async (request) => {
  const double = await open({
    script: [{ at: 20, op: 'UpdateService', request: { cluster: CLUSTER, service: 'app', ...request } }],
  });
  await double.as('RegisterTaskDefinition', definition('app', 'registry.example/app:3'));
  const deploymentId = await deploy(double, 'app:3');
  await double.clock.advance(21_000);
  const middle = await describeService(double);
  expect(middle.deployments.map(({ status, rolloutState }) => [status, rolloutState])).toEqual([
    ['PRIMARY', 'IN_PROGRESS'],
    ['ACTIVE', 'IN_PROGRESS'],
    ['ACTIVE', 'COMPLETED'],
  ]);
  expect(middle.deployments[1].id).toBe(deploymentId);
  const done = await until(double, isFinished);
  expect(done.deployments[0].id).not.toBe(deploymentId);
  expect((await history(double)).map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL']);
  expect(double.journal.entries.filter(({ op }) => op === 'UpdateService')).toHaveLength(2);
});

test('the same task definition without force starts no deployment, with force it does', async () => {
  const double = await open();
  const before = (await describeService(double)).deployments[0].id;
  expect(await deploy(double, 'app:1')).toBe(before);
  expect(await deploy(double, 'app:1', { forceNewDeployment: true })).not.toBe(before);
});

test('StopServiceDeployment rolls back, breaker or not; a second call succeeds, one after the end is a conflict', async () => {
  const double = await open({
    services: [service('app', { taskDefinition: 'app:1', breaker: { enable: false, rollback: false } })],
    rules: [{ match: { taskDefinition: 'app:2' }, do: { start: 600 } }],
  });
  const before = (await describeService(double)).deployments[0].id;
  await deploy(double);
  await double.clock.advance(30_000);
  const [{ serviceDeploymentArn }] = await history(double);
  await double.as('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
  expect((await history(double))[0].status).toBe('ROLLBACK_REQUESTED');
  await double.as('StopServiceDeployment', { serviceDeploymentArn });
  const done = await until(double, isFinished);
  expect([done.deployments[0].id, (await history(double))[0].status]).toEqual([before, 'ROLLBACK_SUCCESSFUL']);
  await expect(double.as('StopServiceDeployment', { serviceDeploymentArn })).rejects.toMatchObject({ name: 'ConflictException' });
  await expect(double.as('StopServiceDeployment', { serviceDeploymentArn: `${serviceDeploymentArn}x` })).rejects.toMatchObject({
    name: 'ServiceDeploymentNotFoundException',
  });
});

test('ABORT keeps the tasks as they are', async () => {
  const double = await open({ rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }] });
  await deploy(double);
  await double.clock.advance(20_000);
  const [{ serviceDeploymentArn }] = await history(double);
  await double.as('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ABORT' });
  await double.clock.advance(3_600_000);
  const now = await describeService(double);
  expect([(await history(double))[0].status, now.deployments.length, now.runningCount, now.pendingCount]).toEqual([
    'STOPPED',
    2,
    1,
    0,
  ]);
});

test('services-stable comes before COMPLETED, which waits for the old tasks to be gone', async () => {
  const double = await open();
  await deploy(double);
  const stable = await until(
    double,
    ({ deployments, runningCount, desiredCount }) => deployments.length === 1 && runningCount === desiredCount,
  );
  expect([stable.deployments[0].rolloutState, revision(stable.taskDefinition)]).toEqual(['IN_PROGRESS', 'app:2']);
  expect((await until(double, isFinished)).deployments[0].rolloutState).toBe('COMPLETED');
});

test('never fewer healthy tasks than the minimum, never more tasks than the maximum', async () => {
  for (const [percent, desiredCount, least, most] of [
    [[100, 200], 4, 4, 8],
    [[50, 100], 4, 2, 4],
    [[75, 125], 5, 4, 6],
    [[0, 200], 3, 0, 6],
  ]) {
    const double = await open({ services: [service('app', { taskDefinition: 'app:1', desiredCount, percent })] });
    await deploy(double);
    let lowest = Infinity;
    let highest = 0;
    let now;
    do {
      await double.clock.advance(1_000);
      now = await describeService(double);
      const tasks = [...double.world.tasks.values()].filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
      lowest = Math.min(lowest, tasks.filter(({ healthy }) => healthy).length);
      highest = Math.max(highest, tasks.length);
    } while (!isFinished(now));
    expect([lowest >= least, highest <= most, revision(now.taskDefinition), now.runningCount]).toEqual([
      true,
      true,
      'app:2',
      desiredCount,
    ]);
  }
});

test('a configuration that blocks a deployment is reported once', async () => {
  const double = await open({ services: [service('app', { taskDefinition: 'app:1', percent: [75, 125], desiredCount: 2 })] });
  await deploy(double);
  await double.clock.advance(1_800_000);
  const refusals = (await describeService(double)).events.filter(({ message }) =>
    message.includes('because of the service deployment configuration'),
  );
  expect(refusals).toHaveLength(1);
  await expect(
    deploy(double, 'app:2', { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } }),
  ).rejects.toThrow('cannot be 100');
});

test('a task stopped by a user is replaced, does not count for the breaker, and has the stop code UserInitiated', async () => {
  const double = await open();
  const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
  await double.as('StopTask', { cluster: CLUSTER, task: taskArns[0], reason: 'by hand' });
  await double.clock.advance(120_000);
  const now = await describeService(double);
  expect([now.runningCount, now.deployments[0].failedTasks]).toEqual([1, 0]);
  expect((await stopped(double))[0]).toMatchObject({
    stopCode: 'UserInitiated',
    stoppedReason: 'by hand',
    lastStatus: 'STOPPED',
  });
});

test('one that turns unhealthy later is replaced: the deployment stays COMPLETED', async () => {
  const double = await open({ rules: [{ match: { taskDefinition: 'app:2' }, do: { unhealthy: { after: 400 } }, times: 1 }] });
  await deploy(double);
  await until(double, isFinished);
  await double.clock.advance(600_000);
  const now = await describeService(double);
  expect([now.runningCount, now.deployments[0].rolloutState, now.deployments[0].failedTasks]).toEqual([1, 'COMPLETED', 0]);
  expect(now.events.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('Amazon ECS replaced 1 tasks due to an unhealthy status.'),
  );
  expect((await stopped(double)).map(({ stoppedReason }) => stoppedReason)).toContain('Task failed container health checks');
});

test('events: newest first, at most 100, and none is repeated while its cause lasts', async () => {
  const double = await open({
    services: [service('app', { taskDefinition: 'app:1', breaker: { enable: false, rollback: false } })],
    rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }],
  });
  await deploy(double);
  await double.clock.advance(2 * 3600_000);
  const { events } = await describeService(double);
  const cannot = events.filter(({ message }) => message.includes('CannotPullContainerError'));
  expect(cannot).toHaveLength(1);
  expect(events.every((event, index) => index === 0 || event.createdAt <= events[index - 1].createdAt)).toBe(true);
  for (let count = 0; count < 60; count += 1) {
    await deploy(double, 'app:1', { forceNewDeployment: true });
    await double.clock.advance(240_000);
  }
  expect((await describeService(double)).events).toHaveLength(100);
  // Six hours later the cause is still there, and is refusals again.
  await deploy(double);
  await double.clock.advance(7 * 3600_000);
  expect(
    (await describeService(double)).events.filter(({ message }) => message.includes('CannotPullContainerError')),
  ).toHaveLength(2);
});
