import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Acme, acme, dockerDouble } from '../../testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble, restoreVariables } from '../../testing/aws-kit';
import { captureOutput, releaseContext } from '../../testing/capture-output';
import { pushImage } from '../images/push/push';
import { resolveRegistries } from '../workspace/registries';
import { silentLog } from '../system/log';
import importEcs from './import-ecs/executor';
import plan from './plan/executor';

jest.setTimeout(120_000);

/** How long was waited, in milliseconds. */
const waits: number[] = [];
jest.mock('../aws/clock', () => ({
  awsClock: () => ({ now: Date.now, sleep: async (milliseconds: number) => void waits.push(milliseconds) }),
}));

const variables = { ...process.env };
let ours: Acme;
let ecs: EcsDouble;
let output: string;

beforeAll(async () => {
  ours = await acme();
  dockerDouble(ours);
  ours.commit({
    'environments/prod.yaml': `target: ecs
registry: "${ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  chat-proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
`,
  });
  await ours.job((job) => {
    const registries = resolveRegistries({ registry: ours.registry.host }, {}, {});
    return pushImage(job, { root: ours.root, registries, engine: 'oci', dryRun: false, branch: 'main' }, silentLog);
  });
});
beforeEach(async () => {
  ecs = await ecsDouble({
    // The double simulates a quarter of an hour before the first call. With this machine's time, no call is needed for the time alone.
    start: new Date(Date.now() - 900_000).toISOString(),
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-chat-proc')],
    services: [emptyService('chat-proc', 'old-chat-proc')],
  });
  useDouble(ecs);
  output = '';
  waits.length = 0;
  captureOutput((text) => (output += text));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ecs.close();
  restoreVariables(variables);
});
afterAll(() => ours.end());

const VERBS = {
  'import-ecs': () =>
    importEcs(
      { environment: 'found', cluster: 'acme', region: 'eu-central-1', services: [], dryRun: false, json: false },
      releaseContext(ours.root),
    ),
  plan: () =>
    plan({ environment: 'prod', offline: false, unpushed: false, values: false, json: false }, releaseContext(ours.root)),
};
const LEFT = { 'import-ecs': 'environments/found.yaml', plan: 'dist/plan' };
type Verb = keyof typeof VERBS;
/** Every call that each makes. */
const CALLS: Record<Verb, string[]> = {
  'import-ecs': ['GetCallerIdentity', 'ListServices', 'DescribeServices', 'DescribeTaskDefinition', 'ListTasks', 'DescribeTasks'],
  plan: ['GetCallerIdentity', 'DescribeServices', 'DescribeTaskDefinition'],
};
const each = (Object.keys(VERBS) as Verb[]).flatMap((verb) => CALLS[verb].map((op) => [verb, op] as const));
const left = (verb: Verb) => fs.existsSync(path.join(ours.root, LEFT[verb]));
afterEach(() => {
  for (const name of Object.values(LEFT)) fs.rmSync(path.join(ours.root, name), { recursive: true, force: true });
});

it.each(Object.keys(VERBS) as Verb[])('%s asks no more than what is broken here', async (verb) => {
  expect([(await VERBS[verb]()).success, left(verb), waits]).toEqual([true, true, []]);
  const asked = ecs.journal.entries.filter(({ by }) => by === undefined).map(({ op }) => op);
  expect([...new Set(asked)].sort()).toEqual([...CALLS[verb]].sort());
});

/** What is wrong with an answer, and with what Problem it ends; how often it was waited for. */
const FOR_EVER = [500, 1_000, 2_000, 4_000, 8_000];
/** Of every call, what it answers by name. */
const SHAPES = {
  serviceArns: [1],
  services: [{ serviceName: 1, deployments: 'x' }],
  taskDefinition: { family: 'old-chat-proc', taskDefinitionArn: 'arn', containerDefinitions: [{ name: 'x' }] },
  taskArns: [{}],
  tasks: [{ containers: 'x' }],
};
const KINDS: [string, object, object, string, number[]][] = [
  ['AccessDenied', { error: 'AccessDeniedException' }, {}, '[aws-denied]', []],
  ['throttled for ever', { error: 'ThrottlingException' }, {}, '[aws-throttled]', FOR_EVER],
  ['500 for ever', { error: 'InternalFailure', status: 500 }, {}, '[aws-unreachable]', FOR_EVER],
  ['a page of a proxy, with 502', {}, { as: 'html', status: 502 }, '[aws-unreachable]', FOR_EVER],
  ['cut in the middle, for ever', {}, { as: 'cut' }, '[aws-unreachable]', FOR_EVER],
  ['a page of a proxy, with 200', {}, { as: 'html' }, '[aws-error]', []],
  ['a page of a proxy, with 403', {}, { as: 'html', status: 403 }, '[aws-error]', []],
  ['half of it', {}, { as: 'half' }, '[aws-error]', []],
  ['nothing', {}, { as: '' }, '[aws-error]', []],
  ['{}', {}, { as: {} }, '[aws-error]', []],
  ['null', {}, { as: 'null' }, '[aws-error]', []],
  ['a list', {}, { as: [null] }, '[aws-error]', []],
  ['another shape', {}, { as: SHAPES }, '[aws-error]', []],
  ['lists of nothing', {}, { as: Object.fromEntries(Object.keys(SHAPES).map((name) => [name, [null]])) }, '[aws-error]', []],
];

describe.each(each)('%s, and %s answers', (verb, op) => {
  it.each(KINDS)('%s', async (_, fault, garbled, code, waited) => {
    if (Object.keys(fault).length > 0) ecs.faults.push({ op, ...fault });
    if (Object.keys(garbled).length > 0) ecs.garbled.push({ op, ...garbled });
    expect([(await VERBS[verb]()).success, left(verb)]).toEqual([false, false]);
    expect(output).toContain(code);
    expect(waits.slice(0, 5)).toEqual(waited);
  });

  it.each([
    ['throttled once', { error: 'ThrottlingException', times: 1 }, {}],
    ['500 once', { error: 'InternalFailure', status: 500, times: 1 }, {}],
    ['cut once', {}, { as: 'cut', times: 1 }],
  ])('%s', async (_, fault, garbled) => {
    if (Object.keys(fault).length > 0) ecs.faults.push({ op, ...fault });
    if (Object.keys(garbled).length > 0) ecs.garbled.push({ op, ...garbled });
    expect([(await VERBS[verb]()).success, left(verb), waits]).toEqual([true, true, [500]]);
  });
});

it.each([
  ['ListServices', 'serviceArns', 'arn:aws:ecs:eu-central-1:123456789012:service/acme/chat-proc'],
  ['ListTasks', 'taskArns', 'arn:aws:ecs:eu-central-1:123456789012:task/acme/0123'],
])('a list of pages without end: %s', async (op, list, arn) => {
  ecs.garbled.push({ op, as: { [list]: [arn], nextToken: 'more' } });
  expect([(await VERBS['import-ecs']()).success, left('import-ecs')]).toEqual([false, false]);
  expect(output).toMatch(/\[aws-error\][^]*is not a valid AWS response/);
  expect(ecs.journal.calls(op)).toBe(100);
});
