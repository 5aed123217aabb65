// Operations outside of rollouts: results, errors, paging.
import { CLUSTER, startDouble, definition, deploy, isFinished, stopped, until } from '../testing/kit.mjs';

const started = [];
const open = async (scenario) => started[started.push(await startDouble(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('tasks', () => {
  const once = {
    cluster: CLUSTER,
    taskDefinition: 'setup',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  };
  const withSetup = (rule) => ({
    taskDefinitions: [definition('app'), definition('setup', 'registry.example/setup:1', { checked: false })],
    services: [],
    rules: [{ match: { oneOff: true }, do: rule }],
  });

  test('a one-off task: its exit code, its reason, its last log lines', async () => {
    const double = await open(
      withSetup({ lines: ['migrating'], exit: { after: 20, code: 3, lines: ['ERROR relation exists', 'bye'] } }),
    );
    const { tasks } = await double.as('RunTask', {
      ...once,
      startedBy: 'release',
      overrides: { containerOverrides: [{ name: 'setup', environment: [{ name: 'A', value: 'b' }] }] },
    });
    expect(tasks[0]).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      group: 'family:setup',
      startedBy: 'release',
    });
    expect((await double.as('ListTasks', { cluster: CLUSTER, startedBy: 'release' })).taskArns).toEqual([tasks[0].taskArn]);
    await expect(double.as('ListTasks', { cluster: CLUSTER, startedBy: 'release', desiredStatus: 'STOPPED' })).rejects.toThrow(
      'another filter',
    );
    await double.clock.advance(120_000);
    const [task] = await stopped(double, { family: 'setup' });
    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 3 }],
    });
    const id = task.taskArn.split('/').at(-1);
    const from = { logGroupName: '/ecs/setup', logStreamName: `ecs/setup/${id}` };
    const { events, nextForwardToken } = await double.as('GetLogEvents', { ...from, limit: 2 }, 'logs');
    expect(events.map(({ message }) => message)).toEqual(['ERROR relation exists', 'bye']);
    expect((await double.as('GetLogEvents', { ...from, nextToken: nextForwardToken }, 'logs')).nextForwardToken).toBe(
      nextForwardToken,
    );
    expect(
      (await double.as('FilterLogEvents', { logGroupName: '/ecs/setup', filterPattern: 'ERROR' }, 'logs')).events,
    ).toHaveLength(1);
    expect(
      (await double.as('DescribeLogStreams', { logGroupName: '/ecs/setup', logStreamNamePrefix: 'ecs/setup' }, 'logs'))
        .logStreams[0].logStreamName,
    ).toBe(`ecs/setup/${id}`);
    await expect(double.as('GetLogEvents', { ...from, logGroupName: '/ecs/none' }, 'logs')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('a client token runs it once; with other parameters it is a conflict', async () => {
    const double = await open(withSetup({ exit: { code: 0 } }));
    const first = await double.as('RunTask', { ...once, clientToken: 't' });
    expect((await double.as('RunTask', { ...once, clientToken: 't' })).tasks[0].taskArn).toBe(first.tasks[0].taskArn);
    await expect(double.as('RunTask', { ...once, clientToken: 't', count: 2 })).rejects.toMatchObject({
      name: 'ConflictException',
    });
  });

  test('without capacity it is a failure, not an error', async () => {
    const double = await open({ ...withSetup({}), capacity: { [CLUSTER]: 1 } });
    const { tasks, failures } = await double.as('RunTask', { ...once, count: 2 });
    expect([tasks.length, failures[0].reason]).toEqual([1, expect.stringContaining('Capacity is unavailable')]);
    await expect(double.as('RunTask', { ...once, networkConfiguration: undefined })).rejects.toThrow('Network Configuration');
  });

  test('stopped tasks are listed for an hour, SIGKILL follows the stop timeout', async () => {
    const double = await open(withSetup({ ignoresSigterm: true }));
    const { tasks } = await double.as('RunTask', once);
    await double.clock.advance(60_000);
    await double.as('StopTask', { cluster: CLUSTER, task: tasks[0].taskArn });
    await double.clock.advance(25_000);
    expect((await stopped(double))[0].lastStatus).toBe('STOPPING');
    await double.clock.advance(10_000);
    expect((await stopped(double))[0].containers[0].exitCode).toBe(137);
    await double.clock.advance(3_700_000);
    expect((await double.as('DescribeTasks', { cluster: CLUSTER, tasks: [tasks[0].taskArn] })).failures[0].reason).toBe(
      'MISSING',
    );
  });

  test('a container that another one depends on (SUCCESS) ends first; when it fails, the other never starts', async () => {
    for (const [code, ends, exitCodes] of [
      [undefined, 'RUNNING', [undefined, 0]],
      [7, 'STOPPED', [143, 7]],
    ]) {
      const [app] = definition('setup', 'registry.example/setup:1', { checked: false }).containerDefinitions;
      const waits = [{ containerName: 'files', condition: 'SUCCESS' }];
      const containerDefinitions = [
        { ...app, dependsOn: waits },
        { ...app, name: 'files', essential: false },
      ];
      const setup = { ...definition('setup', 'registry.example/setup:1', { checked: false }), containerDefinitions };
      const rule = code === undefined ? {} : { container: 'files', exit: { code, lines: ['no room'] } };
      const double = await open({ ...withSetup(rule), taskDefinitions: [definition('app'), setup] });
      const { tasks } = await double.as('RunTask', once);
      await double.clock.advance(120_000);
      const [task] = (await double.as('DescribeTasks', { cluster: CLUSTER, tasks: [tasks[0].taskArn] })).tasks;
      expect([task.lastStatus, task.containers.map(({ exitCode }) => exitCode)]).toEqual([ends, exitCodes]);
      if (code === undefined) continue;
      expect(task).toMatchObject({
        stopCode: 'EssentialContainerExited',
        containers: [{ reason: expect.stringContaining('container ordering dependency [files') }, {}],
      });
      const stream = { logGroupName: '/ecs/setup', logStreamName: `ecs/files/${task.taskArn.split('/').at(-1)}` };
      expect((await double.as('GetLogEvents', stream, 'logs')).events[0].message).toBe('no room');
    }
  });

  test('the states come in ECS’s order', async () => {
    const double = await open(withSetup({ exit: { code: 0, after: 5 } }));
    const { tasks } = await double.as('RunTask', once);
    const seen = [];
    for (let second = 0; second < 90; second += 1) {
      const [{ lastStatus }] = (await double.as('DescribeTasks', { cluster: CLUSTER, tasks: [tasks[0].taskArn] })).tasks;
      if (seen.at(-1) !== lastStatus) seen.push(lastStatus);
      await double.clock.advance(1000);
    }
    expect(seen).toEqual(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEPROVISIONING', 'STOPPED']);
  });
});

describe('digests', () => {
  const index = `sha256:${'1'.repeat(64)}`;
  const child = `sha256:${'2'.repeat(64)}`;
  const images = { 'registry.example/app:2': { index, platforms: { 'linux/amd64': child } } };
  test.each([
    ['child', child, index],
    ['index', index, index],
    ['none', undefined, undefined],
  ])('of an index, reported as %s', async (digest, reported, revised) => {
    const double = await open({ images, quirks: { digest } });
    await deploy(double);
    const now = await until(double, isFinished);
    const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
    const { tasks } = await double.as('DescribeTasks', { cluster: CLUSTER, tasks: taskArns });
    expect(tasks[0].containers[0].imageDigest).toBe(reported);
    const { serviceRevisions } = await double.as('DescribeServiceRevisions', {
      serviceRevisionArns: [now.currentServiceRevisions[0].arn],
    });
    expect(serviceRevisions[0].containerImages[0].imageDigest).toBe(revised);
  });

  test('a tag that moves: the tasks of a revision stay on what its first task found, a new deployment takes the new one', async () => {
    const [one, two] = ['3', '4'].map((digit) => `sha256:${digit.repeat(64)}`);
    const double = await open({ images: { 'registry.example/app:1': one } });
    const runs = async () => {
      await double.clock.advance(300_000);
      const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
      return (await double.as('DescribeTasks', { cluster: CLUSTER, tasks: taskArns })).tasks.map(
        ({ containers }) => containers[0].imageDigest,
      );
    };
    double.world.images['registry.example/app:1'] = two;
    await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 2 });
    expect(await runs()).toEqual([one, one]);
    await deploy(double, 'app:1', { forceNewDeployment: true });
    expect(await runs()).toEqual([two, two]);
  });
});
