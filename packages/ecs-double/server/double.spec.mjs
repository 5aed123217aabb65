// Over the wire, with Amazon's own SDK as the client, and as a program.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  paginateListTasks,
  waitUntilServicesStable,
} from '@aws-sdk/client-ecs';

import { CLUSTER, definition, describe as describeService, isFinished, revision, service, until } from '../testing/kit.mjs';
import { ask, closeAll, open, put } from '../testing/sdk.mjs';

afterEach(closeAll);

test('the SDK’s own client registers, updates, lists and sees dates as dates', async () => {
  const { double, client } = await open();
  const { taskDefinition } = await client.send(new RegisterTaskDefinitionCommand(definition('app', 'registry.example/app:3')));
  expect(taskDefinition.revision).toBe(3);
  await put(client, taskDefinition.taskDefinitionArn);
  await until(double, isFinished);
  const { services } = await ask(client);
  expect([
    services[0].deployments[0].rolloutState,
    services[0].createdAt instanceof Date,
    services[0].events[0].createdAt.getTime() <= double.clock.now(),
  ]).toEqual(['COMPLETED', true, true]);
  const { taskArns } = await client.send(new ListTasksCommand({ cluster: CLUSTER, serviceName: 'app' }));
  const { tasks } = await client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
  expect(tasks[0].containers[0].imageDigest).toMatch(/^sha256:/);
});

test('the SDK’s waiter calls a service stable whose breaker rolled back: a known false success', async () => {
  const { double, client } = await open({
    rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 2 } } }],
    auto: 15_000,
  });
  const from = double.clock.now();
  await put(client);
  expect(double.clock.now()).toBe(from);
  const { state } = await waitUntilServicesStable(
    { client, maxWaitTime: 60, minDelay: 0.001, maxDelay: 0.002 },
    { cluster: CLUSTER, services: ['app'] },
  );
  expect([state, revision((await describeService(double)).taskDefinition)]).toEqual(['SUCCESS', 'app:1']);
});

test('its paginator walks through the pages', async () => {
  const { client } = await open({ services: [service('app', { taskDefinition: 'app:1', desiredCount: 25 })] });
  const sizes = [];
  for await (const page of paginateListTasks({ client, pageSize: 10 }, { cluster: CLUSTER })) sizes.push(page.taskArns.length);
  expect(sizes).toEqual([10, 10, 5]);
});

test('another region is another world', async () => {
  const { client } = await open({}, { region: 'us-east-1' });
  await expect(ask(client)).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
});

describe('neighbours', () => {
  const form = (double, values) => fetch(double.url, { method: 'POST', body: new URLSearchParams(values) });

  test('STS returns the account of the credentials', async () => {
    const { double } = await open({ account: '210987654321' });
    const text = await (await form(double, { Action: 'GetCallerIdentity', Version: '2011-06-15' })).text();
    expect(text).toContain('<Account>210987654321</Account>');
    const other = await open({ accounts: { AKIDOTHER: '999999999999' } });
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDOTHER/20260302/eu-central-1/sts/aws4_request' };
    const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' });
    expect(await (await fetch(other.double.url, { method: 'POST', headers, body })).text()).toContain(
      '<Account>999999999999</Account>',
    );
  });

  test('each target group reports its own health at once, also during the service’s grace period', async () => {
    const [good, bad] = [1, 2].map((id) => `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/${id}`);
    const loadBalancers = [good, bad].map((targetGroupArn) => ({ targetGroupArn, containerName: 'app', containerPort: 80 }));
    const { double } = await open({
      services: [service('app', { taskDefinition: 'app:1', loadBalancers, healthCheckGracePeriodSeconds: 3600 })],
      rules: [{ match: { taskDefinition: 'app:2' }, do: { healthy: 'never', fails: bad } }],
    });
    await double.as('UpdateService', { cluster: CLUSTER, service: 'app', taskDefinition: 'app:2' });
    await double.clock.advance(300_000);
    const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
    const { tasks } = await double.as('DescribeTasks', { cluster: CLUSTER, tasks: taskArns });
    const newTask = tasks.find(({ taskDefinitionArn }) => taskDefinitionArn.endsWith('app:2'));
    const address = newTask.attachments[0]?.details[0].value;
    const stateIn = async (TargetGroupArn) => {
      const { TargetHealthDescriptions } = await double.as('DescribeTargetHealth', { TargetGroupArn }, 'elbv2');
      return TargetHealthDescriptions.find(({ Target }) => Target.Id === address)?.TargetHealth.State;
    };
    expect([tasks.length, await stateIn(good), await stateIn(bad)]).toEqual([2, 'healthy', 'unhealthy']);
  });

  test('a target group knows its targets', async () => {
    const group = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/1';
    const { double } = await open({
      services: [
        service('app', {
          taskDefinition: 'app:1',
          loadBalancers: [{ targetGroupArn: group, containerName: 'app', containerPort: 80 }],
        }),
      ],
    });
    const call = { Action: 'DescribeTargetHealth', Version: '2015-12-01', TargetGroupArn: group };
    expect(await (await form(double, call)).text()).toMatch(/<Port>80<\/Port>.*<State>healthy<\/State>/);
    const missing = await form(double, { ...call, TargetGroupArn: `${group}x` });
    expect([missing.status, await missing.text()]).toEqual([400, expect.stringContaining('<Code>TargetGroupNotFound')]);
  });
});

test('the control API: changes the scenario, makes a call, returns the true state', async () => {
  const { double } = await open();
  const post = async (where, body) =>
    (await fetch(`${double.url}${where}`, { method: 'POST', body: JSON.stringify(body) })).json();
  await post('/__scenario', {
    rules: [{ match: { taskDefinition: 'app:2' }, do: { secret: 'x' } }],
    capacity: {},
    timing: { secretFails: 1 },
  });
  const { status, body } = await post('/__as', {
    op: 'UpdateService',
    request: { cluster: CLUSTER, service: 'app', taskDefinition: 'app:2' },
  });
  expect([status, body.service.deployments.length]).toEqual([200, 2]);
  await post('/__clock/advance', { ms: 20_000 });
  const state = await (await fetch(`${double.url}/__state`)).json();
  expect([
    state.services[0].deployments[0].failed,
    revision(state.services[0].running[0].taskDefinition),
    state.revisions,
  ]).toEqual([1, 'app:1', { app: 2 }]);
  expect((await fetch(`${double.url}/__nothing`)).status).toBe(404);
});

test('as a program, with a journal and a scenario from files', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-double-'));
  const files = { scenario: path.join(folder, 'scenario.json'), journal: path.join(folder, 'journal.ndjson') };
  fs.writeFileSync(files.scenario, JSON.stringify({ clusters: [CLUSTER] }));
  const program = spawn(process.execPath, [
    path.join(import.meta.dirname, '../main.mjs'),
    '--port',
    '0',
    '--journal',
    files.journal,
    '--scenario',
    files.scenario,
  ]);
  try {
    const output = await new Promise((resolve) => program.stdout.once('data', (bytes) => resolve(String(bytes))));
    const url = /http:\S+?(?=,)/.exec(output)[0];
    const client = new ECSClient({
      endpoint: url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    await client.send(new ListTasksCommand({ cluster: CLUSTER }));
    client.destroy();
    expect(JSON.parse(fs.readFileSync(files.journal, 'utf8'))).toMatchObject({
      n: 1,
      service: 'ecs',
      op: 'ListTasks',
      status: 200,
      response: { taskArns: [] },
    });
  } finally {
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill('SIGTERM');
    expect(await ended).toBe(0);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
