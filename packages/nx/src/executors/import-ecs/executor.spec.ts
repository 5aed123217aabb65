import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { mustReadEnvironment, printPin } from '@kdcube/release/internal';
import { diskFiles } from '../../workspace/disk';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble, restoreVariables } from '../../../testing/aws-kit';
import importCompose from '../import-compose/executor';
import importEcs from './executor';
import { captureOutput } from '../../../testing/capture-output';
import { write } from '../../../testing/git-kit';

jest.setTimeout(60_000);

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
let ecs: EcsDouble;
let root: string;
let output: string;
const env = { ...process.env };

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-import-'));
  output = '';
  captureOutput((text) => (output += text));
  const gateway = JSON.stringify({ tenant: 'acme', project: 'demo' });
  const environment = [
    { name: 'GATEWAY_CONFIG_JSON', value: gateway },
    { name: 'OPENAI_API_KEY', value: CANARY },
    { name: 'DB_HOST', value: 'db' },
    { name: 'LOG_LEVEL', value: 'INFO' },
  ];
  const others = Array.from({ length: 40 }, (_, index) => `shop-${index}`);
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [
      emptyDefinition('chat-proc', { environment, image: 'registry.example/acme/proc:v1' }),
      ...others.map((name) => emptyDefinition(name)),
    ],
    services: [emptyService('chat-proc', 'chat-proc'), ...others.map((name) => emptyService(name, name))],
  });
  useDouble(ecs, CANARY);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ecs.close();
  fs.rmSync(root, { recursive: true, force: true });
  restoreVariables(env);
});

const context = () => ({ root, projectName: 'release', nxJsonConfiguration: {} }) as never;
const run = async (more: object = {}) =>
  (
    await importEcs(
      { environment: 'prod', cluster: 'acme', region: 'eu-central-1', services: [], dryRun: false, json: false, ...more },
      context(),
    )
  ).success;
const text = (name = 'prod') => fs.readFileSync(path.join(root, `environments/${name}.yaml`), 'utf8');

it('a cluster that runs, with 40 services of others: what is the platform’s, by the digest that runs; secrets by name', async () => {
  expect(await run({ json: true })).toBe(true);
  expect(output + text()).not.toContain(CANARY);
  const { environment } = mustReadEnvironment('prod', diskFiles(root));
  expect(environment).toMatchObject({
    tenant: 'acme',
    project: 'demo',
    registry: 'registry.example/acme',
    ecs: { account: '123456789012', cluster: 'acme' },
  });
  expect(environment.services).toMatchObject([
    {
      name: 'chat-proc',
      component: 'proc',
      taskDefinition: 'running',
      image: { reference: expect.stringMatching(/^registry\.example\/acme\/proc@sha256:[0-9a-f]{64}$/) },
      secrets: { OPENAI_API_KEY: { store: 'ssm', name: '/kdcube/prod/openai-api-key' } },
    },
  ]);
  expect(output).toMatch(/chat-proc DB_HOST +is not read by the platform under this name: it was left out +POSTGRES_HOST/);
  expect(output.match(/does not look like a part of the platform/g)!.length).toBeGreaterThanOrEqual(40);
  // It reads, and writes nothing to AWS; twice is once.
  expect(ecs.journal.entries.filter(({ by, op }) => by === undefined && !/^(?:Describe|List|Get)/.test(op))).toEqual([]);
  const first = text();
  expect(await run()).toBe(true);
  expect(text()).toBe(first);
});

it('a mirrored image of the platform by its name, if exactly the pinned one runs', async () => {
  const [pinned, other] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
  const image = (name: string, digest: string) => ({ image: `registry.example/acme/${name}@${digest}` });
  const variables = { environment: [{ name: 'GATEWAY_CONFIG_JSON', value: '{"tenant": "acme", "project": "demo"}' }] };
  await ecs.close();
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [
      emptyDefinition('chat-ingress', { ...variables, ...image('kdcube-chat-ingress', pinned!) }),
      emptyDefinition('metrics', { ...variables, ...image('kdcube-metrics', other!) }),
    ],
    services: [emptyService('chat-ingress', 'chat-ingress'), emptyService('metrics', 'metrics')],
  });
  useDouble(ecs, CANARY);
  const pin = (name: string) =>
    printPin({ pin: 1, ref: '2026.7.1', source: `docker.io/kdcube/${name}`, digest: pinned!, manifests: [] });
  write(root, {
    'release.yaml': 'platform: {ref: "2026.7.1", registry: "docker.io/kdcube"}\nbundles: {items: [{id: "here"}]}\n',
    'pins/platform/kdcube-chat-ingress/pin.json': pin('kdcube-chat-ingress'),
    'pins/platform/kdcube-metrics/pin.json': pin('kdcube-metrics'),
  });
  expect(await run()).toBe(true);
  expect(text()).toMatch(/image: "?kdcube-chat-ingress"?$/m);
  expect(text()).toContain(`registry.example/acme/kdcube-metrics@${other}`);
  expect(output).toMatch(/metrics image +is the running image\..* own image of the platform +image: kdcube-metrics/);
  expect(output).not.toContain('chat-ingress image');
});

it('says what is not there, and overwrites nothing', async () => {
  expect(await run({ services: ['nobody'] })).toBe(false);
  expect(output).toContain('[service-missing]');
  expect(await run({ cluster: 'nowhere' })).toBe(false);
  expect(output).toContain('[cluster-missing]');
  expect(await run({ environment: '../x' })).toBe(false);
  expect(output).toContain('[wrong-option]');
  expect(await run({ dryRun: true })).toBe(true);
  expect(fs.existsSync(path.join(root, 'environments'))).toBe(false);
  fs.mkdirSync(path.join(root, 'environments'));
  fs.writeFileSync(path.join(root, 'environments/prod.yaml'), 'mine');
  expect(await run()).toBe(false);
  expect(output).toContain('[already-exists]');
  expect(text()).toBe('mine');
});

it('a folder of env files', async () => {
  fs.mkdirSync(path.join(root, 'host'));
  fs.writeFileSync(path.join(root, 'host/.env.proc'), `OPENAI_API_KEY=${CANARY}\nPOSTGRES_HOST=db\n`);
  const options = { environment: 'host', dir: 'host', files: [], profiles: [], dryRun: false, json: true };
  expect((await importCompose(options, context())).success).toBe(true);
  expect(output + text('host')).not.toContain(CANARY);
  expect(text('host')).toContain('OPENAI_API_KEY: "file:/opt/kdcube/secrets/openai-api-key"');
  expect((await importCompose({ ...options, dir: 'nowhere' }, context())).success).toBe(false);
  expect(output).toContain('[file-missing]');
});

it('a compose file: what cannot come along is named with its line; what compose would refuse is a problem', async () => {
  fs.mkdirSync(path.join(root, 'host'));
  const compose = (text: string) => fs.writeFileSync(path.join(root, 'host/compose.yaml'), text);
  const options = { environment: 'host', dir: 'host', files: [], profiles: [], dryRun: false, json: false };
  compose('services:\n  chat-proc:\n    image: registry.example/acme/proc:1\n    scale: 2\n    networks: [inner]\n');
  expect((await importCompose(options, context())).success).toBe(true);
  expect(output).toMatch(/chat-proc networks {2}compose\.yaml:5:5 +stays in the compose file/);
  expect(text('host')).toMatch(/registry: "registry\.example\/acme"[^]*project: "host"[^]*file: "compose\.yaml"[^]*count: 2/);
  compose('services:\n  chat-proc: [\n');
  expect((await importCompose({ ...options, environment: 'other' }, context())).success).toBe(false);
  expect(output).toMatch(/^compose\.yaml:\d+:\d+ {2}\[yaml-syntax\]/m);
  expect((await importCompose({ ...options, files: ['nowhere.yaml'] }, context())).success).toBe(false);
  expect(output).toContain('[file-missing]');
});

it('a compose file in a folder, with its env files in others; what is no file is a problem', async () => {
  const folder = path.join(root, 'host');
  fs.mkdirSync(path.join(folder, 'config'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'config/app.env'), 'LOG_LEVEL=INFO\n');
  fs.writeFileSync(path.join(root, 'up.env'), 'POSTGRES_HOST=db\n');
  const compose = (envFiles: string) =>
    fs.writeFileSync(
      path.join(folder, 'compose.yaml'),
      `services:\n  chat-proc:\n    build: .\n    env_file: [config/app.env, ../up.env, ${envFiles}]\n    volumes: ["~/.aws:/root/.aws"]\n`,
    );
  compose('{ path: no.env, required: false }');
  const options = { environment: 'host', dir: 'host', files: [], profiles: [], dryRun: false, json: false };
  expect((await importCompose(options, context())).success).toBe(true);
  expect(text('host')).toMatch(
    /docker\.io\/kdcube\/kdcube-chat-proc@sha256:<DIGEST>[^]*LOG_LEVEL: "INFO"[^]*POSTGRES_HOST: "db"/,
  );
  expect(text('host')).toContain(`host: ${JSON.stringify(path.join(os.homedir(), '.aws'))}`);
  expect(output).toContain('no.env is optional and not there');
  for (const other of ['/dev/zero', 'config']) {
    compose(other);
    expect((await importCompose({ ...options, environment: 'other' }, context())).success).toBe(false);
    expect(output).toMatch(/\[file-error\]\n[^\n]*cannot be read/);
    output = '';
  }
});
