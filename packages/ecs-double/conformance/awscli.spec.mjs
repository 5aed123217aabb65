// A client that we did not write, and models that we did not write: awscli and botocore from PyPI.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runAws } from './awscli.mjs';
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
import { checkJournal, testWithAwsCli } from './python.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-double-'));
const started = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

async function open(scenario) {
  const journal = path.join(folder, `${started.length}-${process.hrtime.bigint()}.ndjson`);
  const double = await startDouble({ journal, ...scenario });
  started.push(double);
  return double;
}

function aws(tools, double, args) {
  return runAws(tools, { folder, url: double.url }, args);
}

const crash = [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 2, lines: ['boom'] } } }];

testWithAwsCli(
  '`aws ecs wait services-stable` ends with 0 after the breaker rolled back: the deployed revision does not run',
  async (tools) => {
    const double = await open({ rules: crash, auto: 15_000 });
    const update = await aws(tools, double, [
      'ecs',
      'update-service',
      '--cluster',
      CLUSTER,
      '--service',
      'app',
      '--task-definition',
      'app:2',
    ]);
    expect(revision(update.output.service.taskDefinition)).toBe('app:2');
    const wait = await aws(tools, double, ['ecs', 'wait', 'services-stable', '--cluster', CLUSTER, '--services', 'app']);
    expect(wait).toEqual({ code: 0, output: undefined });
    expect(double.journal.calls('DescribeServices')).toBeGreaterThan(5);
    expect(revision((await describeService(double)).taskDefinition)).toBe('app:1');
    expect(checkJournal(tools, double.journal.file)).toMatchObject({ passed: true });
  },
);

testWithAwsCli(
  '`aws ecs wait` times out after ten minutes when an image cannot be pulled: the breaker is slower',
  async (tools) => {
    const double = await open({ rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }], auto: 15_000 });
    await deploy(double);
    const wait = await aws(tools, double, ['ecs', 'wait', 'services-stable', '--cluster', CLUSTER, '--services', 'app']);
    expect(wait).toEqual({ code: 255, output: expect.stringContaining('Max attempts exceeded') });
    expect((await describeService(double)).deployments[0].rolloutState).toBe('IN_PROGRESS');
  },
);

testWithAwsCli('sts, elbv2 and logs work with the command line too', async (tools) => {
  const targetGroupArn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/1';
  const double = await open({
    rules: crash,
    services: [
      service('app', { taskDefinition: 'app:1', loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 80 }] }),
    ],
  });
  expect((await aws(tools, double, ['sts', 'get-caller-identity'])).output.Account).toBe('123456789012');
  const health = await aws(tools, double, ['elbv2', 'describe-target-health', '--target-group-arn', targetGroupArn]);
  expect(health.output.TargetHealthDescriptions[0].TargetHealth.State).toBe('healthy');
  await deploy(double);
  await double.clock.advance(60_000);
  const tail = await aws(tools, double, [
    'logs',
    'filter-log-events',
    '--log-group-name',
    '/ecs/app',
    '--filter-pattern',
    'boom',
  ]);
  expect(tail.output.events[0].message).toBe('boom');
  const refused = await aws(tools, double, ['ecs', 'describe-services', '--cluster', 'none', '--services', 'app']);
  expect(refused).toEqual({ code: 255, output: expect.stringContaining('(ClusterNotFoundException)') });
  expect(checkJournal(tools, double.journal.file)).toMatchObject({ passed: true });
});

testWithAwsCli('every response of the double is valid by botocore’s models', async (tools) => {
  const group = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/1';
  const full = definition('app', 'registry.example/app:3', {
    portMappings: [{ containerPort: 80 }],
    secrets: [{ name: 'S', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/s' }],
  });
  const double = await open({
    rules: [...crash, { match: { taskDefinition: 'app:3' }, do: { healthy: 'never' } }],
    faults: ['ThrottlingException', 'ServerException', 'AccessDeniedException', 'ExpiredTokenException'].map((error) => ({
      op: 'ListServices',
      error,
      times: 1,
    })),
    services: [
      service('app', {
        taskDefinition: 'app:1',
        tags: [{ key: 'a', value: 'b' }],
        healthCheckGracePeriodSeconds: 10,
        loadBalancers: [{ targetGroupArn: group, containerName: 'app', containerPort: 80 }],
      }),
      ...['CODE_DEPLOY', 'EXTERNAL'].map((type) => service(type, { taskDefinition: 'app:1', deploymentController: { type } })),
    ],
  });
  const errorName = (op, request, of) => double.as(op, request, of).catch((error) => error.name);
  const describeAll = async () => {
    const { services } = await double.as('DescribeServices', {
      cluster: CLUSTER,
      services: ['app', 'CODE_DEPLOY', 'EXTERNAL', 'none'],
      include: ['TAGS'],
    });
    const { serviceDeployments } = await double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' });
    await double.as('DescribeServiceDeployments', {
      serviceDeploymentArns: serviceDeployments.slice(0, 20).map((one) => one.serviceDeploymentArn),
    });
    await double.as('DescribeServiceRevisions', {
      serviceRevisionArns: services[0].currentServiceRevisions?.map(({ arn }) => arn) ?? [],
    });
    const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
    if (taskArns.length > 0)
      await double.as('DescribeTasks', { cluster: CLUSTER, tasks: [...taskArns, 'none'], include: ['TAGS'] });
    await stopped(double);
    return services[0];
  };
  await double.as('RegisterTaskDefinition', { ...full, tags: [{ key: 'release', value: '1' }] });
  for (const taskDefinition of ['app:2', 'app:3', 'app:1']) {
    await deploy(double, taskDefinition, { forceNewDeployment: true });
    await until(double, async () => isFinished(await describeAll()), { limit: 600 });
  }
  const current = (await describeAll()).currentServiceDeployment;
  if (current) await double.as('StopServiceDeployment', { serviceDeploymentArn: current, stopType: 'ROLLBACK' });
  await errorName('StopServiceDeployment', {
    serviceDeploymentArn: 'arn:aws:ecs:eu-central-1:123456789012:service-deployment/none',
  });
  const headers = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListServices' };
  for (let count = 0; count < 5; count += 1)
    await fetch(double.url, { method: 'POST', headers, body: JSON.stringify({ cluster: CLUSTER }) });
  expect(double.journal.entries.filter(({ errorType, op }) => op === 'ListServices' && errorType)).toHaveLength(4);
  await double.as('DescribeScalableTargets', { ServiceNamespace: 'ecs' }, 'application-autoscaling');
  await double.as('DescribeClusters', { clusters: [CLUSTER, 'none'], include: ['TAGS', 'SETTINGS', 'STATISTICS'] });
  await double.as('DescribeTaskDefinition', { taskDefinition: 'app', include: ['TAGS'] });
  await double.as('ListTaskDefinitions', { familyPrefix: 'app', maxResults: 1 });
  const ran = await double.as('RunTask', {
    cluster: CLUSTER,
    taskDefinition: 'app',
    clientToken: 't',
    startedBy: 's',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  });
  await double.as('TagResource', { resourceArn: ran.tasks[0].taskArn, tags: [{ key: 'k', value: 'v' }] });
  await double.as('ListTagsForResource', { resourceArn: ran.tasks[0].taskArn });
  await double.as('UntagResource', { resourceArn: ran.tasks[0].taskArn, tagKeys: ['k'] });
  await double.as('StopTask', { cluster: CLUSTER, task: ran.tasks[0].taskArn, reason: 'enough' });
  await double.as('DescribeLogStreams', { logGroupName: '/ecs/app', descending: true, orderBy: 'LastEventTime' }, 'logs');
  await double.as('FilterLogEvents', { logGroupName: '/ecs/app' }, 'logs');
  await errorName('GetLogEvents', { logGroupName: '/ecs/app', logStreamName: 'none' }, 'logs');
  await errorName('UpdateService', { cluster: CLUSTER, service: 'EXTERNAL', taskDefinition: 'app:2' });
  await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:3' });
  await double.as('DeleteService', { cluster: CLUSTER, service: 'app', force: true });
  await describeAll();
  const { passed, lines } = checkJournal(tools, double.journal.file);
  expect(passed ? 'fits' : lines).toBe('fits');
  const seen = new Set(double.journal.entries.filter(({ service: of }) => of === 'ecs').map(({ op }) => op));
  const { OPERATIONS } = await import('../api/operations.mjs');
  // botocore as the AWS CLI brings it does not know ContinueServiceDeployment; behavior/native/native.spec.mjs plays it.
  expect(Object.keys(OPERATIONS.ecs).filter((op) => !seen.has(op))).toEqual(['ContinueServiceDeployment', 'CreateService']);
});

testWithAwsCli('the check finds invalid calls', (tools) => {
  const good = { service: 'ecs', op: 'ListTasks', request: { cluster: 'a' }, status: 200, response: { taskArns: ['a'] } };
  const bad = [
    { ...good, request: { cluster: 1 } },
    { ...good, request: { clusters: 'a' } },
    { ...good, request: { desiredStatus: 'GOING' } },
    { ...good, response: { taskArns: 'a' } },
    { ...good, response: { taskArns: [], total: 0 } },
    { ...good, op: 'ListEverything' },
    { ...good, op: 'StopTask', request: {} },
    { ...good, status: 400, response: {}, errorType: 'OutOfLuckException' },
  ];
  const file = path.join(folder, 'bad.ndjson');
  for (const entry of bad) {
    fs.writeFileSync(file, `${JSON.stringify(entry)}\n`);
    expect([entry, checkJournal(tools, file).passed]).toEqual([entry, false]);
  }
  fs.writeFileSync(file, `${JSON.stringify(good)}\n`);
  expect(checkJournal(tools, file)).toEqual({ passed: true, lines: ['1 passed, 0 failed'] });
});
