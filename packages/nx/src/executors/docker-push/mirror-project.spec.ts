// The published images of the platform: pinned, mirrored by docker-push, and named by an environment.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readPlan } from '@kdcube/release/internal';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble } from '../../../testing/aws-kit';
import { releaseContext } from '../../../testing/capture-output';
import { capturePublished } from '../../../testing/published-kit';
import plan from '../plan/executor';
import verify from '../verify/executor';
import dockerPush from './executor';
import { DockerPushOptions } from './schema';

jest.setTimeout(120_000);

const at = capturePublished();

async function push(project: string, options: object = { registry: `${at.ours.registry.host}/acme` }): Promise<boolean> {
  at.output = '';
  const context: object = releaseContext(at.ours.root);
  return (await dockerPush(DockerPushOptions.parse(options), { ...context, projectName: project } as never)).success;
}

const receiptFile = () => path.join(at.ours.root, 'dist/push/kdcube-metrics/receipt.json');

it('mirrors an image, then finds it in the registry', async () => {
  expect(await push('kdcube-metrics')).toBe(true);
  expect(at.output).toMatch(/^mirrored +kdcube-metrics +sha256:/m);
  expect(at.output).toContain(`mirrored from ${at.source.host}/kdcube/kdcube-metrics`);
  expect(JSON.parse(fs.readFileSync(receiptFile(), 'utf8'))).toMatchObject({
    receipt: 'mirror',
    digest: at.digests.get('kdcube-metrics'),
    how: 'copied',
  });
  expect(await push('kdcube-metrics')).toBe(true);
  expect(at.output).toMatch(/^reused +kdcube-metrics +sha256:/m);
});

it('changes nothing on a dry run, and without a registry', async () => {
  expect(await push('kdcube-metrics', { registry: `${at.ours.registry.host}/acme`, dryRun: true })).toBe(true);
  expect(at.output).toMatch(/^would mirror +kdcube-metrics/m);
  expect(await push('kdcube-metrics', {})).toBe(true);
  expect(at.output).toContain('kdcube-metrics was not mirrored: no registry is configured (KDCUBE_REGISTRY).');
  expect(fs.existsSync(receiptFile())).toBe(false);
});

it('refuses a stale pin', async () => {
  at.ours.commit({ 'pins/platform/kdcube-metrics/pin.json': at.pinOf('kdcube-metrics', '2026.7.20.443') });
  expect(await push('kdcube-metrics')).toBe(false);
  expect(at.output).toContain('[pin-stale]');
});

it('asks for nx sync if there is no pin yet', async () => {
  fs.rmSync(path.join(at.ours.root, 'pins/platform/kdcube-metrics'), { recursive: true });
  expect(await push('kdcube-metrics')).toBe(false);
  expect(at.output).toMatch(/\[pin-missing\][^]*hint {2}nx sync/);
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
    at.ours.commit({
      'environments/prod.yaml': `target: ecs
registry: "${at.ours.registry.host}/acme"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  metrics: { component: metrics, image: kdcube-metrics }
`,
    });
    at.output = '';
  });
  afterEach(() => ecs.close());

  it('uses a mirrored image by name: its plan has the digest of the pin, and why it changes', async () => {
    await push('kdcube-metrics');
    const { success } = await plan({ offline: false, values: false, json: false } as never, releaseContext(at.ours.root));
    expect(success).toBe(true);
    const saved = readPlan(fs.readFileSync(path.join(at.ours.root, 'dist/plan/prod.json')), 'prod.json');
    const { image } = saved.services[0]!;
    expect(image.after).toBe(`${at.ours.registry.host}/acme/kdcube-metrics@${at.digests.get('kdcube-metrics')}`);
  });

  it('says which target mirrors an image that the registry does not have', async () => {
    const { success } = await verify({ secretKeys: false, layers: false, json: false } as never, releaseContext(at.ours.root));
    expect(success).toBe(false);
    expect(at.output).toMatch(/does not exist\.\n +hint {2}nx run kdcube-metrics:docker-push/);
  });

  it('is not planned with a stale pin', async () => {
    at.ours.commit({ 'pins/platform/kdcube-metrics/pin.json': at.pinOf('kdcube-metrics', '2026.7.20.443') });
    const { success } = await plan({ offline: false, values: false, json: false } as never, releaseContext(at.ours.root));
    expect(success).toBe(false);
    expect(at.output).toContain('[pin-stale]');
  });
});
