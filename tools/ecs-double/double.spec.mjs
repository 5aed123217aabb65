// Over the wire, with Amazon's own SDK as the client: errors, faults, lines that break, time, and the program.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  paginateListTasks,
  waitUntilServicesStable,
} from '@aws-sdk/client-ecs';
import { connectClock } from './clock-client.mjs';
import { makeClock, makeTurns } from './clock.mjs';
import { CLUSTER, begin, definition, deploy, describe as describeService, over, revision, service, until } from './testing.mjs';

const closing = [];
async function open(scenario, more = {}) {
  const double = await begin(scenario);
  const client = new ECSClient({
    endpoint: double.url,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'none' },
    ...more,
  });
  closing.push(() => (client.destroy(), double.close()));
  return { double, client };
}
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const ask = (client) => client.send(new DescribeServicesCommand({ cluster: CLUSTER, services: ['app'] }));
const put = (client, taskDefinition = 'app:2') =>
  client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'app', taskDefinition }));

test('the SDK’s own client registers, updates, lists and sees dates as dates', async () => {
  const { double, client } = await open();
  const { taskDefinition } = await client.send(new RegisterTaskDefinitionCommand(definition('app', 'registry.example/app:3')));
  expect(taskDefinition.revision).toBe(3);
  await put(client, taskDefinition.taskDefinitionArn);
  await until(double, over);
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

test('the SDK’s waiter calls a service stable whose breaker rolled back: the known wrong verdict', async () => {
  const { double, client } = await open({
    rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 2 } } }],
    auto: 15_000,
  });
  await put(client);
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

describe('faults', () => {
  test.each([
    ['ThrottlingException', 400],
    ['ServerException', 500],
    ['AccessDeniedException', 400],
    ['ExpiredTokenException', 400],
  ])('%s', async (error, status) => {
    const { client } = await open({ faults: [{ op: 'DescribeServices', error, times: 1 }] });
    await expect(ask(client)).rejects.toMatchObject({
      name: error,
      $metadata: { httpStatusCode: status },
    });
    expect((await ask(client)).services).toHaveLength(1);
  });

  test('a burst of three is got over by the SDK’s retries, one of every call is not', async () => {
    const few = await open({ faults: [{ op: '*', error: 'ThrottlingException', times: 2 }] }, { maxAttempts: 3 });
    expect((await ask(few.client)).services).toHaveLength(1);
    expect(few.double.calls).toBe(3);
    const all = await open({ faults: [{ op: '*', error: 'ThrottlingException' }] }, { maxAttempts: 2 });
    await expect(ask(all.client)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('credentials expire at a time', async () => {
    const { double, client } = await open({ faults: [{ error: 'ExpiredTokenException', from: 60 }] });
    await ask(client);
    await double.clock.advance(60_000);
    await expect(ask(client)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  test('the line breaks before a call is done, or after', async () => {
    const { double, client } = await open({
      cuts: [
        { call: 1, when: 'before' },
        { call: 2, when: 'after' },
      ],
    });
    await expect(put(client)).rejects.toThrow('socket hang up');
    expect((await describeServiceQuietly(double)).deployments).toHaveLength(1);
    await expect(put(client)).rejects.toThrow('socket hang up');
    expect((await describeServiceQuietly(double)).deployments).toHaveLength(2);
    expect(double.journal.entries.map(({ op, cut }) => [op, cut])).toEqual([['UpdateService', 'after']]);
  });

  test('a service that hangs at a call, until the client gives up or is killed', async () => {
    const { double, client } = await open({ cuts: [{ op: 'UpdateService', when: 'hang', times: 1 }] });
    const abort = new AbortController();
    const asked = client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'app', taskDefinition: 'app:2' }), {
      abortSignal: abort.signal,
    });
    while (double.calls === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await describeService(double)).deployments).toHaveLength(2);
  });

  test('reads are stale after a write, for all or for every second read', async () => {
    const { double, client } = await open({ stale: { seconds: 10 } });
    const mine = (await put(client)).service.deployments[0].id;
    const seen = async () => (await ask(client)).services[0].deployments.some(({ id }) => id === mine);
    expect(await seen()).toBe(false);
    await double.clock.advance(10_000);
    expect(await seen()).toBe(true);
    const other = await open({ stale: { seconds: 10, alternate: true } });
    const next = (await put(other.client)).service.deployments[0].id;
    const reads = [];
    for (let count = 0; count < 4; count += 1)
      reads.push((await ask(other.client)).services[0].deployments.some(({ id }) => id === next));
    expect(reads).toEqual([false, true, false, true]);
  });

  test('what the double does not know is refused, never made up', async () => {
    const { double } = await open();
    const post = (target, body) => fetch(double.url, { method: 'POST', headers: { 'x-amz-target': target }, body });
    const unknown = await post('AmazonEC2ContainerServiceV20141113.CreateCapacityProvider', '{}');
    expect([unknown.status, (await unknown.json()).__type]).toEqual([400, 'UnknownOperationException']);
    expect((await post('Other.Thing', '{}')).status).toBe(404);
    expect((await (await post('AmazonEC2ContainerServiceV20141113.ListTasks', '{')).json()).__type).toBe(
      'SerializationException',
    );
  });
});

async function describeServiceQuietly({ world }) {
  return [...world.services.values()][0];
}

describe('neighbours', () => {
  const form = (double, values) => fetch(double.url, { method: 'POST', body: new URLSearchParams(values) });

  test('STS says whose credentials they are', async () => {
    const { double } = await open({ account: '210987654321' });
    const text = await (await form(double, { Action: 'GetCallerIdentity', Version: '2011-06-15' })).text();
    expect(text).toContain('<Account>210987654321</Account>');
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

describe('time', () => {
  test('stands still until it is moved, and what is due on the way happens in order', async () => {
    const clock = makeClock({ start: 0, turn: makeTurns() });
    const seen = [];
    clock.after(2, () => seen.push(`two at ${clock.now()}`));
    clock.after(1, () => (seen.push(`one at ${clock.now()}`), clock.after(0.5, () => seen.push(`half at ${clock.now()}`))));
    const cancel = clock.after(1, () => seen.push('never'));
    cancel();
    await clock.advance(5000);
    expect([seen, clock.now()]).toEqual([['one at 1000', 'half at 1500', 'two at 2000'], 5000]);
  });

  test('sleeps that a client has under way together take as long as the longest', async () => {
    const { double } = await open();
    const clock = await connectClock(double.url);
    const from = clock.now();
    await Promise.all([clock.sleep(10_000), clock.sleep(30_000), clock.sleep(20_000)]);
    expect([clock.now() - from, double.clock.now() - from]).toEqual([30_000, 30_000]);
  });

  test('clients that joined sleep together: nobody is overtaken, and who was killed is not waited for', async () => {
    const { double } = await open();
    const [one, two] = [await connectClock(double.url, { who: 'one' }), await connectClock(double.url, { who: 'two' })];
    const from = double.clock.now();
    const seen = [];
    const nap = (clock, name, ms) => clock.sleep(ms).then(() => seen.push(`${name} ${clock.now() - from}`));
    const first = nap(one, 'one', 10_000);
    expect(double.clock.now()).toBe(from);
    await Promise.all([first.then(() => nap(one, 'one', 10_000)), nap(two, 'two', 15_000).then(() => nap(two, 'two', 5_000))]);
    expect(seen.slice(0, 2)).toEqual(['one 10000', 'two 15000']);
    expect(seen.slice(2).sort()).toEqual(['one 20000', 'two 20000']);
    const alone = nap(one, 'one', 60_000);
    await two.leave();
    await alone;
    expect(double.clock.now() - from).toBe(80_000);
    await one.leave();
  });

  test('a watcher is told, and moves nothing', async () => {
    const { double } = await open();
    const at = double.clock.now() + 5000;
    const told = fetch(`${double.url}/__clock/wait?until=${at}`).then((answer) => answer.json());
    await double.clock.advance(5000);
    expect(await told).toEqual({ now: at });
  });

  test('two runs are one and the same history', async () => {
    const history = async () => {
      const { double } = await open({ rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }] });
      await deploy(double);
      await until(double, over);
      return JSON.stringify(double.journal.entries);
    };
    expect(await history()).toBe(await history());
  });
});

test('the side door: a scenario while it runs, somebody else’s calls, what really runs', async () => {
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
    path.join(import.meta.dirname, 'main.mjs'),
    '--port',
    '0',
    '--journal',
    files.journal,
    '--scenario',
    files.scenario,
  ]);
  try {
    const said = await new Promise((resolve) => program.stdout.once('data', (bytes) => resolve(String(bytes))));
    const url = /http:\S+?(?=,)/.exec(said)[0];
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
