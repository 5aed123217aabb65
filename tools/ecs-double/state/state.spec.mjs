// Calls and their answers, apart from rollouts: what is found, what is refused, how it is paged.
import { CLUSTER, begin, definition, deploy, describe as describeService, over, service, stopped, until } from '../testing.mjs';

const started = [];
const open = async (scenario) => started[started.push(await begin(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('services', () => {
  test('40 of them come in pages, and at most 10 are described at once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `app-${index}`);
    const double = await open({ services: names.map((name) => service(name, { taskDefinition: 'app:1', desiredCount: 0 })) });
    const seen = [];
    let nextToken;
    do {
      const page = await double.as('ListServices', { cluster: CLUSTER, nextToken });
      expect(page.serviceArns.length).toBe(10);
      seen.push(...page.serviceArns);
      nextToken = page.nextToken;
    } while (nextToken);
    expect(new Set(seen).size).toBe(40);
    await expect(double.as('DescribeServices', { cluster: CLUSTER, services: seen.slice(0, 11) })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    expect((await double.as('DescribeServices', { cluster: CLUSTER, services: seen.slice(0, 10) })).services).toHaveLength(10);
    await expect(double.as('ListServices', { cluster: CLUSTER, nextToken: 'made up' })).rejects.toThrow('Invalid token');
  });

  test('what is not there is a failure, a cluster that is not there an error', async () => {
    const double = await open();
    const { services, failures } = await double.as('DescribeServices', { cluster: CLUSTER, services: ['app', 'nothing'] });
    expect([services.length, failures]).toEqual([
      1,
      [{ arn: `arn:aws:ecs:eu-central-1:123456789012:service/${CLUSTER}/nothing`, reason: 'MISSING' }],
    ]);
    await expect(
      describeService(double, 'app').then(() => double.as('DescribeServices', { cluster: 'other', services: ['app'] })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
    await expect(double.as('UpdateService', { cluster: CLUSTER, service: 'nothing' })).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    const clusters = await double.as('DescribeClusters', { clusters: [CLUSTER, 'other'] });
    expect([clusters.clusters[0].activeServicesCount, clusters.failures[0].reason]).toEqual([1, 'MISSING']);
  });

  test('tags are shown when they are asked for', async () => {
    const double = await open({ services: [service('app', { taskDefinition: 'app:1', tags: [{ key: 'team', value: 'a' }] })] });
    const { serviceArn, tags } = await describeService(double);
    expect(tags).toBeUndefined();
    await double.as('TagResource', {
      resourceArn: serviceArn,
      tags: [
        { key: 'team', value: 'b' },
        { key: 'x', value: 'y' },
      ],
    });
    const { services } = await double.as('DescribeServices', { cluster: CLUSTER, services: ['app'], include: ['TAGS'] });
    expect(services[0].tags).toEqual([
      { key: 'team', value: 'b' },
      { key: 'x', value: 'y' },
    ]);
    expect(await double.as('ListTagsForResource', { resourceArn: serviceArn })).toEqual({ tags: services[0].tags });
    await expect(double.as('ListTagsForResource', { resourceArn: `${serviceArn}x` })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('ACTIVE, DRAINING, INACTIVE: still described, not listed, not updated; the name is free again in the end', async () => {
    const double = await open();
    await expect(double.as('DeleteService', { cluster: CLUSTER, service: 'app' })).rejects.toThrow('scaled above 0');
    await double.as('DeleteService', { cluster: CLUSTER, service: 'app', force: true });
    expect((await describeService(double)).status).toBe('DRAINING');
    await expect(deploy(double)).rejects.toMatchObject({ name: 'ServiceNotActiveException' });
    await double.clock.advance(60_000);
    expect([(await describeService(double)).status, (await double.as('ListServices', { cluster: CLUSTER })).serviceArns]).toEqual(
      ['INACTIVE', []],
    );
    await double.as('CreateService', service('app', { taskDefinition: 'app:1' }));
    await expect(double.as('CreateService', service('app', { taskDefinition: 'app:1' }))).rejects.toThrow('not idempotent');
  });

  test.each(['CODE_DEPLOY', 'EXTERNAL'])('%s: no deployments, no service deployments, no new task definition', async (type) => {
    const double = await open({ services: [service('app', { taskDefinition: 'app:1', deploymentController: { type } })] });
    const now = await describeService(double);
    expect([now.deployments, now.deploymentController]).toEqual([[], { type }]);
    await expect(deploy(double)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`with a ${type} deployment controller`),
    });
    await expect(double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' })).rejects.toMatchObject({
      name: 'UnsupportedFeatureException',
    });
    expect((await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 3 })).service.desiredCount).toBe(
      3,
    );
  });

  test('scaled up and down without a new deployment', async () => {
    const double = await open();
    const { id } = (await describeService(double)).deployments[0];
    for (const desiredCount of [3, 1, 0]) {
      await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount });
      await double.clock.advance(200_000);
      const now = await describeService(double);
      expect([now.runningCount, now.deployments.map((one) => one.id)]).toEqual([desiredCount, [id]]);
    }
    expect((await stopped(double)).map(({ stoppedReason }) => stoppedReason)).toEqual(
      Array(3).fill(`Scaling activity initiated by (deployment ${id})`),
    );
  });
});

describe('task definitions', () => {
  test('get ECS’s defaults, and a number that is never given again', async () => {
    const double = await open();
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
    const { taskDefinition } = await double.as('RegisterTaskDefinition', {
      ...definition('app', 'registry.example/app:9', { portMappings: [{ containerPort: 80 }] }),
    });
    expect(taskDefinition).toMatchObject({ revision: 3, status: 'ACTIVE', volumes: [], compatibilities: ['EC2', 'FARGATE'] });
    expect(taskDefinition.containerDefinitions[0]).toMatchObject({
      cpu: 0,
      essential: true,
      mountPoints: [],
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
      healthCheck: { timeout: 5, retries: 3 },
    });
  });

  test('an INACTIVE one can be described and scaled, not deployed or run; a family means its latest ACTIVE revision', async () => {
    const double = await open();
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
    expect((await double.as('DescribeTaskDefinition', { taskDefinition: 'app:2' })).taskDefinition.status).toBe('INACTIVE');
    expect((await double.as('DescribeTaskDefinition', { taskDefinition: 'app' })).taskDefinition.revision).toBe(1);
    await expect(deploy(double)).rejects.toMatchObject({ name: 'ClientException', message: 'TaskDefinition is inactive' });
    await expect(double.as('RunTask', { cluster: CLUSTER, taskDefinition: 'app:2' })).rejects.toThrow('inactive');
    await expect(deploy(double, 'app:99')).rejects.toThrow('TaskDefinition not found.');
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:1' });
    await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 2 });
    await double.clock.advance(120_000);
    expect((await describeService(double)).runningCount).toBe(2);
  });

  test('are listed by family and number, either way round, in pages', async () => {
    const double = await open();
    for (let count = 0; count < 9; count += 1) await double.as('RegisterTaskDefinition', definition('app'));
    const list = async (request) =>
      (await double.as('ListTaskDefinitions', request)).taskDefinitionArns.map((arn) => arn.split('/')[1]);
    expect((await list({ familyPrefix: 'app' })).at(-1)).toBe('app:11');
    expect(await list({ familyPrefix: 'app', sort: 'DESC', maxResults: 2 })).toEqual(['app:11', 'app:10']);
    expect(await list({ status: 'INACTIVE' })).toEqual([]);
  });

  test.each([
    [{ family: 'no spaces' }, 'Family'],
    [{ containerDefinitions: [] }, 'Container list'],
    [
      {
        containerDefinitions: [
          { name: 'a', image: 'i' },
          { name: 'a', image: 'i' },
        ],
      },
      'unique',
    ],
    [{ containerDefinitions: [{ name: 'a', image: 'i', essential: false }] }, 'essential'],
    [{ cpu: undefined }, "'cpu'"],
    [{ networkMode: 'bridge' }, 'awsvpc'],
    [{ executionRoleArn: undefined }, 'execution role'],
    [{ containerDefinitions: [{ name: 'a', image: 'i', environment: [{ name: 'LONG', value: 'x'.repeat(70_000) }] }] }, '65536'],
  ])('refused: %j', async (change, said) => {
    const double = await open();
    await expect(double.as('RegisterTaskDefinition', { ...definition('app'), ...change })).rejects.toMatchObject({
      name: 'ClientException',
      message: expect.stringContaining(said),
    });
  });
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

  test('one that runs once: its exit code, its reason, its last lines', async () => {
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
    await double.clock.advance(120_000);
    const [task] = await stopped(double, { startedBy: 'release' });
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

  test('without room it is a failure, not an error', async () => {
    const double = await open({ ...withSetup({}), capacity: { [CLUSTER]: 1 } });
    const { tasks, failures } = await double.as('RunTask', { ...once, count: 2 });
    expect([tasks.length, failures[0].reason]).toEqual([1, expect.stringContaining('Capacity is unavailable')]);
    await expect(double.as('RunTask', { ...once, networkConfiguration: undefined })).rejects.toThrow('Network Configuration');
  });

  test('stopped ones are known for an hour, SIGKILL comes after the stop timeout', async () => {
    const double = await open(withSetup({ ignoresSigterm: true }));
    const { tasks } = await double.as('RunTask', once);
    await double.clock.advance(60_000);
    await double.as('StopTask', { cluster: CLUSTER, task: tasks[0].taskArn });
    await double.clock.advance(35_000);
    expect((await stopped(double))[0].containers[0].exitCode).toBe(137);
    await double.clock.advance(3_700_000);
    expect((await double.as('DescribeTasks', { cluster: CLUSTER, tasks: [tasks[0].taskArn] })).failures[0].reason).toBe(
      'MISSING',
    );
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
    const now = await until(double, over);
    const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
    const { tasks } = await double.as('DescribeTasks', { cluster: CLUSTER, tasks: taskArns });
    expect(tasks[0].containers[0].imageDigest).toBe(reported);
    const { serviceRevisions } = await double.as('DescribeServiceRevisions', {
      serviceRevisionArns: [now.currentServiceRevisions[0].arn],
    });
    expect(serviceRevisions[0].containerImages[0].imageDigest).toBe(revised);
  });
});
