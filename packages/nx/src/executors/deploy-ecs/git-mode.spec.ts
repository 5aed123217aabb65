// Git mode on the stand-in for ECS: rolled out, seen by status, switched, and rolled back to images with bundles.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { bundlesInDescriptor, descriptorIn, printPin, type TaskDefinition } from '@kdcube/release/internal';
import { ENTRYPOINT } from '../../../testing/acme-kit';
import { pushProc } from '../../../testing/acme-push';
import { captureDeploys, ROLLOUT, servicesOf } from '../../../testing/deploy-kit';
import { gitSync } from '../../../testing/git-kit';
import { silentLog } from '../../system/log';
import { packing } from '../../targets/ecs/plan/packing';
import rollback from '../rollback/executor';
import status from '../status/executor';
import deployEcs from './executor';

jest.setTimeout(120_000);

const ORG = 'https://git.example.com/org.git';
const OWN = 'https://git.example.com/acme.git';

const at = captureDeploys(servicesOf({ proc: 'proc' }));

const run: typeof at.run = (executor, options = {}) => at.run(executor, { ...ROLLOUT, ...options });

beforeEach(async () => {
  process.env.KDCUBE_PLATFORM_REGISTRY = at.ours.registry.host;
  const bare = at.ours.box.folder('acme.git');
  gitSync(bare, 'init', '--quiet', '--bare');
  for (const [url, folder] of [
    [ORG, at.ours.org],
    [OWN, bare],
  ] as const)
    gitSync(at.ours.root, 'config', '--global', `url.file://${folder}.insteadOf`, url);
  gitSync(at.ours.root, 'remote', 'add', 'origin', OWN);
  const release = fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8').replace(/file:\/\/[^"]*/, ORG);
  write({
    'release.yaml': `release_name: baked\n${release}`,
    'pins/bundles/there@2-0/pin.json': printPin({ ...at.ours.pin, repo: ORG }),
    'environments/prod.yaml': environment('baked'),
  });
  await pushProc(at.ours, silentLog);
});

const environment = (mode: string) => `target: ecs
registry: "${at.ours.registry.host}/acme"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
bundles: { mode: ${mode} }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } }, secrets: { GIT_HTTP_TOKEN: "secretsmanager:git-token" } }
`;

function write(files: Record<string, string>): void {
  at.ours.commit(files);
  gitSync(at.ours.root, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
}

const named = (name: string) => ({
  'release.yaml': fs
    .readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8')
    .replace(/^release_name: .*/, `release_name: ${name}`),
});

/** What proc is set to: the repository of its image, and the commits in its descriptor. */
async function running(): Promise<{ image: string; commits: Record<string, string | undefined>; definition: TaskDefinition }> {
  const { services } = (await at.ecs.as('DescribeServices', { cluster: 'acme', services: ['proc'] })) as {
    services: { taskDefinition: string }[];
  };
  const found = await at.ecs.as('DescribeTaskDefinition', { taskDefinition: services[0]!.taskDefinition });
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
  expect([await run(deployEcs), at.output]).toEqual([true, expect.stringContaining('recorded as prod.baked.1')]);
  expect(await running()).toMatchObject({ image: 'proc', commits: { 'here@1-0': undefined } });

  write({ ...named('cloned'), 'environments/prod.yaml': environment('git') });
  const first = gitSync(at.ours.root, 'log', '-1', '--format=%H', '--', 'bundles/here@1-0');
  expect([await run(deployEcs), at.output]).toEqual([true, expect.stringContaining('recorded as prod.cloned.1')]);
  expect(await running()).toMatchObject({
    image: 'kdcube-chat-proc',
    commits: { 'here@1-0': first, 'there@2-0': at.ours.pin.commit },
  });
  expect([await run(status), at.output]).toEqual([true, expect.stringContaining(first.slice(0, 12))]);
  expect([await run(deployEcs), at.output]).toEqual([true, expect.stringContaining('unchanged')]);

  write({ ...named('newer'), 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  expect([await run(deployEcs), at.output]).toEqual([true, expect.stringContaining('recorded as prod.newer.1')]);
  const { commits } = await running();
  expect(commits['here@1-0']).toBe(gitSync(at.ours.root, 'rev-parse', 'HEAD'));

  expect([await run(rollback, { to: 'baked' }), at.output]).toEqual([true, expect.stringContaining('recorded as prod.baked.2')]);
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
  await at.ecs.as('UpdateService', { cluster: 'acme', service: 'proc', taskDefinition: arn });
  expect(await run(status)).toBe(false);
  expect(at.output.replace(/\s+/g, ' ')).toMatch(/here@1-0: the descriptor names [0-9a-f]{12}, and [0-9a-f]{12} was deployed/);
});
