import { type Acme, acme, dockerDouble } from '../../../testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble, useDoubleClock } from '../../../testing/aws-kit';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { silentLog } from '../../system/log';
import { diskFiles } from '../../workspace/disk';
import deployEcs from '../deploy-ecs/executor';
import plan from '../plan/executor';
import importEcs from './executor';
import { captureOutput } from '../../../testing/capture-output';

jest.setTimeout(120_000);

let ours: Acme;
let ecs: EcsDouble;
let output: string;
let restoreClock: () => void;
const env = { ...process.env };

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-proc'), emptyDefinition('old-ingress')],
    services: [emptyService('chat-proc', 'old-proc'), emptyService('chat-ingress', 'old-ingress')],
  });
  useDouble(ecs);
  restoreClock = await useDoubleClock(ecs);
  process.env.KDCUBE_REGISTRY = ours.registry.host;
  output = '';
  captureOutput((text) => (output += text));
});
afterEach(async () => {
  jest.restoreAllMocks();
  restoreClock();
  await ecs.close();
  await ours.end();
  for (const name of Object.keys(process.env)) if (/^AWS_|^KDCUBE_REGISTRY/.test(name)) delete process.env[name];
  Object.assign(process.env, env);
});

const ENVIRONMENT = (registry: string) => `target: ecs
registry: "${registry}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution, subnets: [subnet-0123abcd] }
exec:
  runtime: fargate
  image: proc
  fargate: { cpu: 512, memory: 1024, execution_role: exec-execution, task_role: exec-task, log_group: /ecs/code }
services:
  chat-proc: { component: proc, image: proc, task_role: proc-task, mounts: { /config: { efs: fs-0123abcd } } }
  chat-ingress: { component: ingress, image: proc }
`;

async function succeed(
  executor: (options: never, context: never) => Promise<{ success: boolean }>,
  options: object,
): Promise<string> {
  output = '';
  const context = { root: ours.root, projectName: 'release', nxJsonConfiguration: {} };
  const { success } = await executor(options as never, context as never);
  if (!success) throw new Error(output);
  return output;
}

it('what was deployed, imported again: the first plan of that changes nothing, and the task that code runs in stays', async () => {
  ours.commit({ 'environments/prod.yaml': ENVIRONMENT(ours.registry.host) });
  const registries = resolveRegistries({ registry: ours.registry.host }, {});
  await ours.job((job) =>
    pushImage(job, { root: ours.root, registries, engine: 'oci', dryRun: false, branch: 'main' }, silentLog),
  );
  await succeed(deployEcs, { environment: 'prod', onFailure: 'rollback', timeout: 40, wait: 0, json: false });
  const registered = ecs.journal.calls('RegisterTaskDefinition');
  const imported = await succeed(importEcs, {
    environment: 'again',
    cluster: 'acme',
    region: 'eu-central-1',
    services: [],
    dryRun: false,
    json: false,
  });
  // An image with a name of this workspace stays the running one, by digest; the note tells how to use the release's own.
  expect(imported).toMatch(/chat-proc image +is the running image\. [^\n]* image: proc\n/);
  const file = Buffer.from(diskFiles(ours.root).read('environments/again.yaml')!).toString('utf8');
  expect(file).toMatch(/cpu: 512[^]*memory: 1024/);
  expect(file).toContain(`registry: "${ours.registry.host}"`);
  ours.commit({ 'environments/again.yaml': file });
  const planned = await succeed(plan, { environment: 'again', json: false, values: true });
  expect(planned).toContain('Nothing changes');
  expect(ecs.journal.calls('RegisterTaskDefinition')).toBe(registered);
});
