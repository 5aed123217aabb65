import * as path from 'node:path';
import { type Acme, acme, dockerDouble } from '../../effects/testing/acme-kit';
import { useDouble } from '../../effects/testing/aws-kit';
import { replay, type Replay } from '../../effects/testing/replay-kit';
import verify from './executor';

jest.setTimeout(60_000);

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
let ours: Acme;
let aws: Replay;
let said: string;
const env = { ...process.env };

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  aws = await replay(path.join(__dirname, '../../../fixtures/aws/verify.json'));
  // What the recorded account has is not the point here: nobody may ask.
  aws.denied = /Describe(?!Clusters)|GetRole|GetServiceQuota/;
  useDouble(aws, CANARY);
  said = '';
  const hear = (text: unknown) => {
    said += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(hear);
  jest.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await aws.close();
  await ours.end();
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, env);
});

it('an image that is not pushed is one answer of the table, and everything else is asked all the same', async () => {
  ours.commit({
    'environments/prod.yaml': `target: ecs
registry: "${ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } }, secrets: { REDIS_URL: "ssm:/acme/redis" } }
`,
  });
  const context = { root: ours.root, projectName: 'release', nxJsonConfiguration: {} } as never;
  expect((await verify({ json: true }, context)).success).toBe(false);
  expect(said).toMatch(/^WRONG +image +proc +.*does not have this release's content/m);
  expect(said).toMatch(/^not known +secret +ssm:\/acme\/redis +may not be asked: allow ssm:DescribeParameters/m);
  expect(said).toMatch(/^good +account +123456789012/m);
  expect(said).toContain('[environment-unready]');
  expect(said).toContain('nx run proc:docker-push');
  expect(said.match(/"event":"answer"/g)!.length).toBeGreaterThan(5);
  expect(said).not.toContain(CANARY);
});
