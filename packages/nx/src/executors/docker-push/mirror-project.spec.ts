// The published images of the platform: pinned, mirrored by docker-push, and named by an environment.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { platformImages, printPin, readPlan } from '@kdcube/release/internal';
import { type Acme, acme, dockerDouble } from '../../../testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, restoreVariables, useDouble } from '../../../testing/aws-kit';
import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { type Double, putImage, registryDouble } from '../../../testing/registry-kit';
import plan from '../plan/executor';
import verify from '../verify/executor';
import dockerPush from './executor';
import { DockerPushOptions } from './schema';

jest.setTimeout(120_000);

const REF = '2026.7.20.444';
let ours: Acme;
let source: Double;
let output: string;
const env = { ...process.env };
const digests = new Map<string, string>();

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  source = await registryDouble();
  for (const name of platformImages(REF)) digests.set(name, await putImage(source.host, `kdcube/${name}`, REF, name));
  const pins = platformImages(REF).map((name) => [`pins/platform/${name}/pin.json`, pinOf(name)] as const);
  const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
  ours.commit({
    'release.yaml': release.replace(`"${REF}"`, `"${REF}", registry: "${source.host}/kdcube"`),
    ...Object.fromEntries(pins),
  });
  output = '';
  captureOutput((text) => (output += text));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await source.close();
  await ours.end();
  restoreVariables(env);
});

function pinOf(name: string, ref = REF): string {
  return printPin({ pin: 1, ref, source: `${source.host}/kdcube/${name}`, digest: digests.get(name)!, manifests: [] });
}

async function push(project: string, options: object = { registry: `${ours.registry.host}/acme` }): Promise<boolean> {
  output = '';
  const context: object = releaseContext(ours.root);
  return (await dockerPush(DockerPushOptions.parse(options), { ...context, projectName: project } as never)).success;
}

const receiptFile = () => path.join(ours.root, 'dist/push/kdcube-metrics/receipt.json');

it('mirrors an image, then finds it in the registry', async () => {
  expect(await push('kdcube-metrics')).toBe(true);
  expect(output).toMatch(/^mirrored +kdcube-metrics +sha256:/m);
  expect(output).toContain(`mirrored from ${source.host}/kdcube/kdcube-metrics`);
  expect(JSON.parse(fs.readFileSync(receiptFile(), 'utf8'))).toMatchObject({
    receipt: 'mirror',
    digest: digests.get('kdcube-metrics'),
    how: 'copied',
  });
  expect(await push('kdcube-metrics')).toBe(true);
  expect(output).toMatch(/^reused +kdcube-metrics +sha256:/m);
});

it('changes nothing on a dry run, and without a registry', async () => {
  expect(await push('kdcube-metrics', { registry: `${ours.registry.host}/acme`, dryRun: true })).toBe(true);
  expect(output).toMatch(/^would mirror +kdcube-metrics/m);
  expect(await push('kdcube-metrics', {})).toBe(true);
  expect(output).toContain('kdcube-metrics was not mirrored: no registry is configured (KDCUBE_REGISTRY).');
  expect(fs.existsSync(receiptFile())).toBe(false);
});

it('refuses a stale pin', async () => {
  ours.commit({ 'pins/platform/kdcube-metrics/pin.json': pinOf('kdcube-metrics', '2026.7.20.443') });
  expect(await push('kdcube-metrics')).toBe(false);
  expect(output).toContain('[pin-stale]');
});

it('asks for nx sync if there is no pin yet', async () => {
  fs.rmSync(path.join(ours.root, 'pins/platform/kdcube-metrics'), { recursive: true });
  expect(await push('kdcube-metrics')).toBe(false);
  expect(output).toMatch(/\[pin-missing\][^]*hint {2}nx sync/);
});

describe('an environment', () => {
  let ecs: EcsDouble;
  beforeEach(async () => {
    ecs = await ecsDouble({
      clusters: ['acme'],
      taskDefinitions: [emptyDefinition('old-metrics')],
      services: [emptyService('metrics', 'old-metrics')],
    });
    useDouble(ecs, 'cAnArY9x7Q2mZ4kW8pL1vB3nTd');
    ours.commit({
      'environments/prod.yaml': `target: ecs
registry: "${ours.registry.host}/acme"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  metrics: { component: metrics, image: kdcube-metrics }
`,
    });
    output = '';
  });
  afterEach(() => ecs.close());

  it('uses a mirrored image by name: its plan has the digest of the pin, and why it changes', async () => {
    await push('kdcube-metrics');
    const { success } = await plan({ offline: false, values: false, json: false } as never, releaseContext(ours.root));
    expect(success).toBe(true);
    const saved = readPlan(fs.readFileSync(path.join(ours.root, 'dist/plan/prod.json')), 'prod.json');
    const { image } = saved.services[0]!;
    expect(image.after).toBe(`${ours.registry.host}/acme/kdcube-metrics@${digests.get('kdcube-metrics')}`);
  });

  it('says which target mirrors an image that the registry does not have', async () => {
    const { success } = await verify({ secretKeys: false, layers: false, json: false } as never, releaseContext(ours.root));
    expect(success).toBe(false);
    expect(output).toMatch(/does not exist\.\n +hint {2}nx run kdcube-metrics:docker-push/);
  });

  it('is not planned with a stale pin', async () => {
    ours.commit({ 'pins/platform/kdcube-metrics/pin.json': pinOf('kdcube-metrics', '2026.7.20.443') });
    const { success } = await plan({ offline: false, values: false, json: false } as never, releaseContext(ours.root));
    expect(success).toBe(false);
    expect(output).toContain('[pin-stale]');
  });
});
