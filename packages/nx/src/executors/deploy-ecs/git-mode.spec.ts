// Git mode on the stand-in for ECS: rolled out, seen by status, switched, and rolled back to images with bundles.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { bundlesInDescriptor, descriptorIn, printPin, type TaskDefinition } from '@kdcube/release/internal';
import { type Acme, acme, ENTRYPOINT } from '../../../testing/acme-kit';
import { pushProc } from '../../../testing/acme-push';
import {
  type EcsDouble,
  ecsDouble,
  emptyDefinition,
  emptyService,
  restoreVariables,
  useDouble,
  useDoubleClock,
} from '../../../testing/aws-kit';
import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { gitSync } from '../../../testing/git-kit';
import { silentLog } from '../../system/log';
import { packing } from '../../targets/ecs/plan/packing';
import rollback from '../rollback/executor';
import status from '../status/executor';
import deployEcs from './executor';

jest.setTimeout(120_000);

const ORG = 'https://git.example.com/org.git';
const OWN = 'https://git.example.com/acme.git';
const ROLLOUT = { onFailure: 'rollback', timeout: 40, wait: 0, dryRun: false, json: false } as const;
const variables = { ...process.env };
let ours: Acme;
let ecs: EcsDouble;
let output: string;
let restoreClock: () => void;

beforeEach(async () => {
  ours = await acme();
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('proc')],
    services: [emptyService('proc', 'proc')],
  });
  useDouble(ecs);
  process.env.KDCUBE_PLATFORM_REGISTRY = ours.registry.host;
  restoreClock = await useDoubleClock(ecs);
  captureOutput((text) => (output += text));
  const bare = ours.box.folder('acme.git');
  gitSync(bare, 'init', '--quiet', '--bare');
  for (const [url, folder] of [
    [ORG, ours.org],
    [OWN, bare],
  ] as const)
    gitSync(ours.root, 'config', '--global', `url.file://${folder}.insteadOf`, url);
  gitSync(ours.root, 'remote', 'add', 'origin', OWN);
  const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8').replace(/file:\/\/[^"]*/, ORG);
  write({
    'release.yaml': `release_name: baked\n${release}`,
    'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, repo: ORG }),
    'environments/prod.yaml': environment('baked'),
  });
  await pushProc(ours, silentLog);
});
afterEach(async () => {
  jest.restoreAllMocks();
  restoreClock();
  await ecs.close();
  await ours.end();
  restoreVariables(variables);
});

const environment = (mode: string) => `target: ecs
registry: "${ours.registry.host}/acme"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
bundles: { mode: ${mode} }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } }, secrets: { GIT_HTTP_TOKEN: "secretsmanager:git-token" } }
`;

function write(files: Record<string, string>): void {
  ours.commit(files);
  gitSync(ours.root, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
}

const named = (name: string) => ({
  'release.yaml': fs
    .readFileSync(path.join(ours.root, 'release.yaml'), 'utf8')
    .replace(/^release_name: .*/, `release_name: ${name}`),
});

async function run(executor: (options: never, context: never) => Promise<{ success: boolean }>, options: object = {}) {
  output = '';
  return (await executor({ ...ROLLOUT, ...options } as never, releaseContext(ours.root) as never)).success;
}

/** What proc is set to: the repository of its image, and the commits in its descriptor. */
async function running(): Promise<{ image: string; commits: Record<string, string | undefined>; definition: TaskDefinition }> {
  const { services } = (await ecs.as('DescribeServices', { cluster: 'acme', services: ['proc'] })) as {
    services: { taskDefinition: string }[];
  };
  const found = await ecs.as('DescribeTaskDefinition', { taskDefinition: services[0]!.taskDefinition });
  const definition = found.taskDefinition as TaskDefinition;
  const container = definition.containerDefinitions.find(({ name }) => name === 'proc')!;
  const bundles = bundlesInDescriptor(descriptorIn(definition, container, packing));
  return {
    image: container.image.replace(/@.*/, '').replace(/^.*\//, ''),
    commits: Object.fromEntries([...bundles].map(([id, { commit }]) => [id, commit])),
    definition,
  };
}

it('from images with bundles to clones, on to a new commit, and back to the images by a rollback', async () => {
  expect([await run(deployEcs), output]).toEqual([true, expect.stringContaining('recorded as prod.baked.1')]);
  expect(await running()).toMatchObject({ image: 'proc', commits: { 'here@1-0': undefined } });

  write({ ...named('cloned'), 'environments/prod.yaml': environment('git') });
  const first = gitSync(ours.root, 'log', '-1', '--format=%H', '--', 'bundles/here@1-0');
  expect([await run(deployEcs), output]).toEqual([true, expect.stringContaining('recorded as prod.cloned.1')]);
  expect(await running()).toMatchObject({
    image: 'kdcube-chat-proc',
    commits: { 'here@1-0': first, 'there@2-0': ours.pin.commit },
  });
  expect([await run(status), output]).toEqual([true, expect.stringContaining(first.slice(0, 12))]);
  expect([await run(deployEcs), output]).toEqual([true, expect.stringContaining('unchanged')]);

  write({ ...named('newer'), 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  expect([await run(deployEcs), output]).toEqual([true, expect.stringContaining('recorded as prod.newer.1')]);
  const { commits } = await running();
  expect(commits['here@1-0']).toBe(gitSync(ours.root, 'rev-parse', 'HEAD'));

  expect([await run(rollback, { to: 'baked' }), output]).toEqual([true, expect.stringContaining('recorded as prod.baked.2')]);
  expect(await running()).toMatchObject({ image: 'proc', commits: { 'here@1-0': undefined } });
});

it('status names both commits if another client registers another descriptor', async () => {
  write({ ...named('cloned'), 'environments/prod.yaml': environment('git') });
  expect(await run(deployEcs)).toBe(true);
  const { definition } = await running();
  const text = JSON.stringify(definition.containerDefinitions);
  expect(text).toContain('kdcube-files');
  // The one before it, as by hand: a revision whose file names another commit.
  write({ ...named('newer'), 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  expect(await run(deployEcs)).toBe(true);
  const arn = (definition as { taskDefinitionArn?: string }).taskDefinitionArn;
  await ecs.as('UpdateService', { cluster: 'acme', service: 'proc', taskDefinition: arn });
  expect(await run(status)).toBe(false);
  expect(output.replace(/\s+/g, ' ')).toMatch(/here@1-0: the descriptor names [0-9a-f]{12}, and [0-9a-f]{12} was deployed/);
});
