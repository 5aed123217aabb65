import * as path from 'node:path';
import { mustReadEnvironment, planDescriptor, readWorkspace, renderEnv, requireRelease, ENVIRONMENTS } from '@kdcube/release';
import { silent } from '../../log';
import { useDouble } from '../../testing/aws-kit';
import { makeWorld } from '../../testing/moto-world';
import { type Double, putImage, registryDouble } from '../../testing/registry-kit';
import { replay, type Replay } from '../../testing/replay-kit';
import { answerTable, problemsOf, type Answer } from './answers';
import { connectAws } from '../aws/client';
import { verifyEnvironment } from './verify';

jest.setTimeout(60_000);

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
const RECORDED = path.join(__dirname, '../../../../fixtures/aws/verify.json');
/** The address of a moto_server with KD_UPDATE=1: its answers are recorded. */
const MOTO = process.env.KD_UPDATE === '1' ? process.env.KD_MOTO : undefined;

let registry: Double;
let aws: Replay;
let image: string;
const env = { ...process.env };

beforeAll(async () => {
  registry = await registryDouble();
  image = `${registry.host}/acme/web@${await putImage(registry.host, 'acme/web', 'v1', 'web')}`;
  if (MOTO !== undefined) {
    useDouble({ url: MOTO });
    const connection = await connectAws('eu-central-1');
    await makeWorld(connection, CANARY);
    connection.close();
  }
});
beforeEach(async () => {
  aws ??= await replay(RECORDED, MOTO);
  aws.asked.length = 0;
  delete aws.denied;
  delete aws.instead;
  useDouble(aws, CANARY);
});
afterAll(async () => {
  await aws.close();
  await registry.close();
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, env);
});

interface Words {
  account?: string;
  cluster?: string;
  roles?: string;
  secrets?: string;
  service?: string;
  port?: number;
  image?: string;
}

async function verified(words: Words = {}): Promise<Answer[]> {
  const {
    account = '123456789012',
    cluster = 'acme',
    roles = 'execution_role: execution',
    secrets = '{ OPENAI: "ssm:/acme/openai", DB: "secretsmanager:acme/db#password" }',
    service = '',
  } = words;
  const text = `target: ecs
tenant: acme
project: demo
ecs: { account: "${account}", region: eu-central-1, cluster: ${cluster}, ${roles} }
services:
  web: { component: other, image: "${words.image ?? image}", port: ${words.port ?? 80}, health: { tool: none }, secrets: ${secrets}${service === '' ? '' : `, ${service}`} }
`;
  const { environment } = mustReadEnvironment('prod', {
    list: () => ['prod.yaml'],
    read: (file) => (file === `${ENVIRONMENTS}/prod.yaml` ? text : undefined),
  });
  const workspace = readWorkspace({
    read: (file) => (file === 'release.yaml' ? 'platform: {ref: v0.3.2}\nbundles: {items: [{id: "a@1-0"}]}' : undefined),
    list: () => [],
  });
  const release = requireRelease(workspace);
  const rendered = renderEnv({
    environment,
    release,
    descriptor: planDescriptor(release, new Map(), { mode: 'baked' }),
    images: new Map(),
  });
  return verifyEnvironment(environment, { all: rendered, pushed: rendered }, undefined, silent);
}

const wrongs = (answers: Answer[]) =>
  answers.filter(({ verdict }) => verdict === 'wrong').map(({ about, subject, said }) => `${about} ${subject}: ${said}`);

it('everything that is there is good, in one table, and no value of a secret is asked for', async () => {
  const answers = await verified();
  expect(wrongs(answers)).toEqual([]);
  expect(answers.filter(({ verdict }) => verdict === 'good').map(({ about }) => about)).toEqual(
    expect.arrayContaining([
      'account',
      'cluster',
      'service',
      'target group',
      'load balancer',
      'role',
      'secret',
      'log group',
      'image',
    ]),
  );
  expect(aws.asked.filter((action) => /GetParameter|GetSecretValue/.test(action))).toEqual([]);
  expect(aws.asked.filter((action) => !/^(?:Describe|Get|List|Simulate)/.test(action))).toEqual([]);
  expect(answerTable(answers).join('\n')).not.toContain(CANARY);
});

const none = `sha256:${'0'.repeat(64)}`;
const FAULTS: [string, Words | (() => Words), RegExp][] = [
  [
    'credentials of another account',
    { account: '999999999999' },
    /^account 999999999999: these credentials belong to 123456789012$/,
  ],
  ['no cluster', { cluster: 'nowhere' }, /^cluster nowhere: is not there$/],
  ['no service', { service: 'service_name: nobody' }, /^service nobody: is not there/],
  ['a service that was deleted', { service: 'service_name: leaving' }, /^service leaving: is not there/],
  ['a service of CodeDeploy', { service: 'service_name: blue' }, /^service blue: is deployed by CODE_DEPLOY/],
  ['no role', { service: 'task_role: nobody' }, /^role nobody: is not there$/],
  ['a role that tasks may not have', { service: 'task_role: human' }, /^role human: does not let tasks have it/],
  ['no execution role', { roles: '' }, /^role web: has no execution role/],
  ['no image', () => ({ image: image.replace(/sha256:.*/, none) }), /^image acme\/web@sha256:0{12}: .* does not exist$/],
  ['no repository', () => ({ image: `${registry.host}/acme/none@${none}` }), /^image acme\/none@/],
  [
    'an image for another platform',
    { service: 'architecture: arm64' },
    /^image acme\/web@\S+: \S+ has no image for linux\/arm64\. It is there for linux\/amd64$/,
  ],
  ['no parameter', { secrets: '{ A: "ssm:/acme/none" }' }, /^secret ssm:\/acme\/none: is not there$/],
  ['no secret', { secrets: '{ A: "secretsmanager:acme/none" }' }, /^secret secretsmanager:acme\/none: is not there$/],
  [
    'a secret that is being deleted',
    { secrets: '{ A: "secretsmanager:acme/gone#password" }' },
    /^secret secretsmanager:acme\/gone#password: is marked for deletion/,
  ],
  [
    'no log group, though one begins like it',
    { service: 'log_group: /ecs/kdcube-we' },
    /^log group \/ecs\/kdcube-we: is not there/,
  ],
  [
    'another port behind the load balancer',
    { port: 8080 },
    /^target group web: sends to the port 80, and the environment has 8080$/,
  ],
  [
    'another container behind it',
    { service: 'container: site' },
    /^target group web: sends to the container web, and the environment has site$/,
  ],
  ['a target group of instances', { service: 'service_name: host' }, /^target group host: has targets of type instance/],
  [
    'a target group without a load balancer',
    { service: 'service_name: lonely' },
    /^target group lonely: hangs on no load balancer/,
  ],
  ['a target group that was deleted', { service: 'service_name: gone' }, /^target group gone: is not there$/],
  [
    'a load balancer that cuts early',
    { service: 'service_name: quick' },
    /^load balancer acme-quick: cuts what is quiet for 60 s/,
  ],
];

it.each(FAULTS)('found and named: %s', async (_, words, said) => {
  const found = wrongs(await verified(typeof words === 'function' ? words() : words));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(said);
});

it('what may not be asked is not known, and is no failure', async () => {
  aws.denied = /DescribeParameters|DescribeSecret|GetRole|DescribeLogGroups|DescribeTargetGroups|GetServiceQuota/;
  const answers = await verified();
  expect(problemsOf(answers)).toEqual([]);
  const unsure = answers.filter(({ verdict }) => verdict === 'unknown');
  expect([...new Set(unsure.map(({ about }) => about))].sort()).toEqual(['log group', 'quota', 'role', 'secret', 'target group']);
  expect(unsure.every(({ said }) => said.startsWith('may not be asked: allow '))).toBe(true);
});

it('a role that may not do what is needed, and a quota that is too small', async () => {
  const result = (action: string, decision: string) =>
    `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`;
  aws.instead = {
    SimulatePrincipalPolicy: `<EvaluationResults>${result('ssm:GetParameters', 'implicitDeny')}${result('logs:PutLogEvents', 'allowed')}</EvaluationResults>`,
    GetServiceQuota: JSON.stringify({ Quota: { Value: 0.25 } }),
  };
  const found = wrongs(await verified());
  expect(found.filter((line) => line.startsWith('permission'))[0]).toMatch(
    /^permission execution: ssm:GetParameters: is not allowed on /,
  );
  expect(found.filter((line) => line.startsWith('quota'))).toEqual([
    'quota Fargate vCPU: 0.25 vCPU for the account, and this environment takes 0.5 while all of it is replaced',
  ]);
});
