// Releases on Amazon ECS, in a fresh workspace: deploys, failures, Ctrl-C, drift and rollback. ECS is packages/ecs-double, with a virtual clock.
import path from 'node:path';
import { type Cloud, startCloud } from './support/cloud';
import { interrupted } from './support/interrupt';
import { localNpm } from './support/npm';
import { type Double, pushStandIns, registryDouble, writes } from './support/oci';
import { type Ran, freshFolder, must } from './support/run';
import { type Workspace, makeWorkspace, openWorkspace, PLATFORM_REF } from './support/workspace';

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource', 'UntagResource'];
const BUNDLE = 'bundles/my-bundle/README.md';

let registry: Double;
let cloud: Cloud;
let workspace: Workspace;
let second: Workspace;
let env: Record<string, string>;

beforeAll(async () => {
  [registry, cloud] = await Promise.all([registryDouble(), startCloud(['proc', 'web'])]);
  const { web } = await pushStandIns(registry.host, PLATFORM_REF, ['kdcube-chat-proc', 'py-code-exec', 'web']);
  env = { KDCUBE_REGISTRY: registry.host, ...cloud.env };
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle', {
    'environments/prod.yaml': `target: ecs
registry: "${registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: kdcube-chat-proc-bundled, mounts: { /config: { efs: fs-0123abcd } } }
  web: { component: other, image: "${registry.host}/web@${web}" }
`,
  });
});

afterAll(async () => {
  await registry.close();
  await cloud.close();
});

/** Changes the bundle's content, commits it as release `name`, and pushes the images. */
async function release(name: string, place = workspace): Promise<void> {
  const text = place.read('release.yaml').replace(/^(?:# )?release_name: .*$/m, `release_name: "${name}"`);
  place.commit(name, { 'release.yaml': text, [BUNDLE]: `${name}\n` });
  await place.mustNx('run kdcube-chat-proc-bundled:docker-push', { env });
}

/** The JSON objects of --json. */
function events({ stdout }: Ran): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const lastOf = (ran: Ran): unknown => events(ran).find(({ event }) => event === 'deployed');

// The tests of this file depend on each other.
test('nx run release:deploy-ecs with one environment: the pinned images run, and a second deploy writes nothing', async () => {
  await release('one');
  const { output } = await workspace.mustNx('run release:deploy-ecs', { env });
  expect(output).toMatch(/^wave|note +wave proc: proc/m);
  expect(output).toMatch(/^deployed {4}prod {2}one, recorded as prod\.one\.1 /m);
  expect(output).not.toContain('\u001b[');
  expect(await cloud.now('proc')).toEqual([expect.stringMatching(/^kdcube-proc:/), 'COMPLETED']);
  const before = cloud.count(...WRITES);
  expect((await workspace.mustNx('run release:deploy-ecs', { env })).output).toMatch(/^unchanged {3}prod {2}one /m);
  expect(cloud.count(...WRITES)).toBe(before);
});

test('reports a crashing image with exit code, reason and log lines; --json prints one object a line, and text to stderr', async () => {
  await release('broken');
  const [proc] = await cloud.now('proc');
  const exit = { code: 3, after: 2, lines: ["KeyError: 'GREETING'"] };
  const { digest } = workspace.json<{ digest: string }>('dist/push/kdcube-chat-proc-bundled/receipt.json');
  await cloud.setRules([{ match: { image: digest }, do: { exit } }]);
  const ran = await workspace.nx('run release:deploy-ecs --json', { env });
  expect([ran.exitCode, ran.stderr]).toEqual([
    1,
    expect.stringMatching(/\[container-crashed\][^]*exit code 3[^]*KeyError: 'GREETING'/),
  ]);
  expect(lastOf(ran)).toMatchObject({ verdict: 'rolled-back', exitCode: 12, code: 'container-crashed', record: 'prod.broken.1' });
  expect(events(ran).map(({ event }) => event)).toEqual(
    expect.arrayContaining(['wave', 'registered', 'update', 'service-event', 'task-stopped', 'failed']),
  );
  expect(await cloud.now('proc')).toEqual([proc, 'COMPLETED']);
});

test('Ctrl-C: reports the state of AWS, refuses another deploy meanwhile, and resumes when the same deploy is run again', async () => {
  await release('two');
  const clone = path.join(freshFolder('clone'), 'acme');
  await must('git', ['clone', '--quiet', workspace.url, clone]);
  await must('cp', ['-al', path.join(workspace.dir, 'node_modules'), clone]);
  second = openWorkspace(clone, await localNpm());
  await release('theirs', second);

  const updates = cloud.count('UpdateService');
  let other: Ran | undefined;
  void cloud
    .pauseWhen(() => cloud.count('UpdateService') > updates)
    .then(async () => (other = await second.nx('run release:deploy-ecs --json', { env })));
  await interrupted(workspace, 'run release:deploy-ecs', { signal: 'SIGINT', whom: 'all', when: () => other !== undefined, env });
  expect([other!.exitCode, other!.stderr]).toEqual([
    1,
    expect.stringMatching(/\[deploy-in-progress\][^]*The release two is being deployed to prod/),
  ]);
  expect(lastOf(other!)).toMatchObject({ verdict: 'refused', exitCode: 45 });

  cloud.resume();
  const [proc, rollout] = await cloud.now('proc');
  expect(rollout).toBe('IN_PROGRESS');
  const history = await workspace.mustNx('run release:history:prod --json', { env });
  expect(events(history)).toContainEqual(
    expect.objectContaining({
      records: expect.arrayContaining([
        expect.objectContaining({
          release: 'two',
          verdict: 'stopped',
          reason: expect.stringMatching(
            /The deploy of two was interrupted\. ECS continues on its own: proc is being updated to kdcube-proc:/,
          ),
        }),
      ]),
    }),
  );
  const answer = await cloud.as('DescribeServices', { cluster: 'acme', services: ['proc'], include: ['TAGS'] });
  expect((answer.services as { tags?: unknown[] }[])[0]!.tags ?? []).toEqual([]);

  const before = cloud.count(...WRITES);
  const again = await workspace.mustNx('run release:deploy-ecs', { env });
  expect(again.output).toMatch(/^updating +proc .*already in progress: resuming/m);
  expect([await cloud.now('proc'), cloud.count(...WRITES)]).toEqual([[proc, 'COMPLETED'], before]);
});

test('status reports what runs, and drift with an exit code', async () => {
  expect((await workspace.mustNx('run release:status:prod', { env })).output).toMatch(/^prod: two, since/m);
  await cloud.as('UpdateService', { cluster: 'acme', service: 'web', taskDefinition: 'old-web' });
  const drifted = await workspace.nx('run release:status:prod --json', { env });
  expect([drifted.exitCode, drifted.stderr]).toEqual([1, expect.stringMatching(/\[release-drift\][^]*web/)]);
  expect(events(drifted)).toContainEqual(expect.objectContaining({ event: 'status', exitCode: 50, release: 'two' }));
});

test('rolls back to a release by its name in another clone, without a build; shows the history there', async () => {
  registry.journal.length = 0;
  const { output } = await second.mustNx('run release:rollback --to=one', { env });
  expect(output).toMatch(/^deployed {4}prod {2}one, recorded as prod\.one\.2 /m);
  expect(writes(registry.journal).filter((request) => !request.includes('/v2/releases/'))).toEqual([]);
  // The rollback also reverts the drift.
  const status = await second.mustNx('run release:status:prod', { env });
  expect(status.output).toMatch(/^prod: one, since/m);
  const history = await second.mustNx('run release:history:prod --json', { env });
  const [listed] = events(history).filter(({ event }) => event === 'history') as [
    { records: { release: string; verdict: string }[] },
  ];
  expect(listed.records.map(({ release: name, verdict }) => `${name} ${verdict}`)).toEqual([
    'one succeeded',
    'two succeeded',
    'two stopped',
    'broken rolled-back',
    'one succeeded',
  ]);
});

test('reports an unknown environment: Nx ignores the configuration; --environment is refused', async () => {
  workspace.commit('staging', { 'environments/staging.yaml': workspace.read('environments/prod.yaml') });
  const before = cloud.count(...WRITES);
  const dropped = await workspace.nx('run release:deploy-ecs:stagin', { env });
  expect([dropped.exitCode, dropped.output]).toEqual([1, expect.stringContaining('[unknown-environment]')]);
  expect(dropped.output).toContain('There are 2 environments: prod, staging. None was named, or one that does not exist');
  const refused = await workspace.nx('run release:deploy-ecs --environment=stagin', { env });
  expect([refused.exitCode, refused.output]).toEqual([1, expect.stringContaining('There is no environment "stagin"')]);
  expect(cloud.count(...WRITES)).toBe(before);
});
