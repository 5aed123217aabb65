// The workflow of `nx g @kdcube/nx:ci`, job by job: first push, pull request, squash merge, a late approval of an older release, rollback, merge queue, two merges at once, a revert, a shallow clone, a cache that works and one that is broken.
import fs from 'node:fs';
import path from 'node:path';
import { type CacheServer, cacheServer } from './support/cache';
import { type Cloud, startCloud } from './support/cloud';
import { cleanClone } from './support/machine';
import { digestsOf, type Double, pushStandIns, registryDouble, writes } from './support/oci';
import { freshFolder } from './support/run';
import { readWorkflow, runJob, type Workflow } from './support/workflow';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const FILE = '.github/workflows/release.yml';
const BUNDLE = 'bundles/my-bundle/README.md';
const IMAGE = 'kdcube-chat-proc-bundled';

let registry: Double;
let cloud: Cloud;
let workspace: Workspace;
let workflow: Workflow;
let env: Record<string, string>;
/** What a runner has: where images are pushed, the workflow says. */
let jobEnv: Record<string, string>;
/** What the stand-in of gh was asked, one call a line. */
let calls: string;

/** Answers the look-up of a comment with COMMENT_ID, and keeps what it was asked, and the body that it was sent. */
const GH = `#!/bin/sh
echo "$*" >> "$GH_CALLS"
for last; do :; done
case "$*" in
*--jq*) [ -z "$COMMENT_ID" ] || echo "$COMMENT_ID" ;;
*) cp "\${last#body=@}" "$GH_CALLS.body" ;;
esac
`;

beforeAll(async () => {
  [registry, cloud] = await Promise.all([registryDouble(), startCloud(['proc'])]);
  await pushStandIns(registry.host, PLATFORM_REF);
  const bin = freshFolder('bin');
  calls = path.join(bin, 'calls');
  fs.writeFileSync(path.join(bin, 'gh'), GH, { mode: 0o755 });
  workspace = await makeWorkspace();
  jobEnv = { GH_CALLS: calls, PATH: `${bin}:${process.env.PATH}`, ...cloud.env };
  env = { ...jobEnv, KDCUBE_REGISTRY: registry.host };
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle', {
    'environments/prod.yaml': `target: ecs
registry: "${registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: ${IMAGE}, mounts: { /config: { efs: fs-0123abcd } } }
`,
  });
});

afterAll(async () => {
  await registry.close();
  await cloud.close();
});

/** The stand-in of AWS has ECS only. */
const ECS_ONLY = /release:verify/;

/** The registry of this suite takes no password. */
const SECRETS = { 'secrets.REGISTRY_USER': '', 'secrets.REGISTRY_PASSWORD': '' };
/** What affected compares with, in a pull request and in a merge queue. */
const BASE = 'github.event.pull_request.base.sha || github.event.merge_group.base_sha';

const job = (id: string, values: Record<string, string> = {}, more: Record<string, string> = {}) =>
  runJob(workspace, workflow, id, { env: { ...jobEnv, ...more }, values: { ...SECRETS, [BASE]: '', ...values }, skip: ECS_ONLY });

async function mustRun(id: string, values?: Record<string, string>, more?: Record<string, string>): Promise<string> {
  const { exitCode, output } = await job(id, values, more);
  if (exitCode !== 0) throw new Error(`${id} ended with ${exitCode}\n${output}`);
  return output;
}

async function release(name: string): Promise<string> {
  const text = workspace.read('release.yaml').replace(/^(?:# )?release_name: .*$/m, `release_name: "${name}"`);
  return workspace.commit(name, { 'release.yaml': text, [BUNDLE]: `${name}\n` });
}

/** What a job calls, and which of its calls the policy of its role does not allow. */
async function callsOf(file: string, work: () => Promise<unknown>): Promise<{ called: string[]; denied: string[] }> {
  const first = cloud.journal.entries.length;
  await work();
  const called = cloud.journal.entries.slice(first).flatMap(({ op, by }) => (by === undefined ? [op] : []));
  const { Statement } = workspace.json<{ Statement: { Action: string[] }[] }>(file);
  const allowed = Statement.flatMap(({ Action }) => Action.map((action) => action.split(':')[1]!));
  return { called, denied: [...new Set(called)].filter((op) => op !== 'GetCallerIdentity' && !allowed.includes(op)) };
}

async function runningDigest(): Promise<string> {
  const [name] = await cloud.now('proc');
  const { taskDefinition } = (await cloud.as('DescribeTaskDefinition', { taskDefinition: name })) as {
    taskDefinition: { containerDefinitions: { image: string }[] };
  };
  return taskDefinition.containerDefinitions[0]!.image.split('@')[1]!;
}

// The tests of this file depend on each other.
test('nx g @kdcube/nx:ci --provider=github writes the workflow, and changes nothing the second time', async () => {
  const made = await workspace.mustNx('g @kdcube/nx:ci --provider=github --iam');
  expect(made.stdout).toContain(`CREATE ${FILE}`);
  await release('one');
  await workspace.mustNx('g @kdcube/nx:ci --provider=github --iam');
  expect(workspace.git('status', '--porcelain')).toBe('');
  workflow = readWorkflow(workspace.read(FILE));
  expect(Object.keys(workflow.jobs)).toEqual(['check', 'build', 'plan', 'push', 'deploy-prod', 'rollback-prod']);
});

test('the first push of main: checked, pushed, tagged and deployed', async () => {
  await mustRun('check');
  await mustRun('push');
  const { called, denied } = await callsOf('iam/deploy-prod.json', () => mustRun('deploy-prod'));
  expect([called.includes('UpdateService'), denied]).toEqual([true, []]);
  const digests = await digestsOf(`${registry.host}/${IMAGE}`);
  expect(digests.one).toBe(await runningDigest());
});

test('a pull request pushes nothing, and gets the plan as one comment, which the next push replaces', async () => {
  workspace.git('checkout', '--quiet', '-b', 'feature');
  const base = workspace.git('rev-parse', 'main');
  await release('two');
  registry.journal.length = 0;
  const pull = {
    [BASE]: base,
    'matrix.environment': 'prod',
    'github.token': 'token',
    'github.repository': 'acme/bundles',
    'github.event.pull_request.number': '7',
  };
  await mustRun('check', pull);
  expect(await mustRun('build', pull)).toContain(`${IMAGE}:docker-build`);
  const { called, denied } = await callsOf('iam/plan.json', () => mustRun('plan', pull, { COMMENT_ID: '' }));
  expect([called.includes('DescribeServices'), denied]).toEqual([true, []]);
  const body = fs.readFileSync(`${calls}.body`, 'utf8');
  expect(body).toMatch(/^<!-- plan of prod -->\n\n### `prod` ← `two`\n[^]*`my-bundle` \| changed[^]*not built and pushed yet/);
  expect(fs.readFileSync(calls, 'utf8')).toContain('api --silent repos/acme/bundles/issues/7/comments --field body=@comment.md');
  await mustRun('plan', pull, { COMMENT_ID: '42' });
  expect(fs.readFileSync(calls, 'utf8')).toContain('--method PATCH repos/acme/bundles/issues/comments/42');
  expect(writes(registry.journal)).toEqual([]);
});

test('its squash merge: what the plan announced is pushed and runs', async () => {
  const before = await runningDigest();
  workspace.git('clean', '-fdq', '--exclude=node_modules', '--exclude=dist');
  workspace.git('checkout', '--quiet', 'main');
  workspace.git('merge', '--quiet', '--squash', 'feature');
  workspace.commit('two');
  await mustRun('check');
  await mustRun('push');
  await mustRun('deploy-prod');
  const digests = await digestsOf(`${registry.host}/${IMAGE}`);
  expect([digests.two, digests.two === before]).toEqual([await runningDigest(), false]);
});

test('a late approval of the older release is refused, and prod keeps what runs', async () => {
  const running = await runningDigest();
  workspace.git('checkout', '--quiet', 'main~1');
  const { exitCode, output } = await job('deploy-prod');
  workspace.git('checkout', '--quiet', 'main');
  expect([exitCode, output]).toEqual([1, expect.stringContaining('[release-older]')]);
  expect(await runningDigest()).toBe(running);
});

test('the rollback by hand: to the last good release, or to the one that is named', async () => {
  const digests = await digestsOf(`${registry.host}/${IMAGE}`);
  const { denied } = await callsOf('iam/deploy-prod.json', () => mustRun('rollback-prod', { 'inputs.to': '' }));
  expect(denied).toEqual([]);
  expect(await runningDigest()).toBe(digests.one);
  await mustRun('rollback-prod', { 'inputs.to': 'two' });
  expect(await runningDigest()).toBe(digests.two);
});

test('a merge queue: its commit is checked and built, pushed by nobody, and is what main gets', async () => {
  const base = workspace.git('rev-parse', 'main');
  workspace.git('checkout', '--quiet', '-b', 'gh-readonly-queue/main/pr-8');
  await release('queued');
  registry.journal.length = 0;
  await mustRun('check', { [BASE]: base });
  expect(await mustRun('build', { [BASE]: base })).toContain(`${IMAGE}:docker-build`);
  expect(writes(registry.journal)).toEqual([]);
  workspace.git('checkout', '--quiet', 'main');
  workspace.git('merge', '--quiet', '--ff-only', 'gh-readonly-queue/main/pr-8');
});

test('two merges at once: the newer one deploys first, and the older one is refused', async () => {
  await mustRun('push');
  const newer = await release('newer');
  await mustRun('push');
  await mustRun('deploy-prod');
  workspace.git('checkout', '--quiet', `${newer}~1`);
  const { exitCode, output } = await job('deploy-prod');
  workspace.git('checkout', '--quiet', 'main');
  expect([exitCode, output]).toEqual([1, expect.stringContaining('[release-older]')]);
  expect(await runningDigest()).toBe((await digestsOf(`${registry.host}/${IMAGE}`)).newer);
});

test('a revert on main is a newer release: its image is reused, and runs', async () => {
  workspace.git('revert', '--no-edit', 'HEAD');
  await mustRun('push');
  expect(workspace.json<{ how: string }>(`dist/push/${IMAGE}/receipt.json`).how).toBe('reused');
  await mustRun('deploy-prod');
  expect(await runningDigest()).toBe((await digestsOf(`${registry.host}/${IMAGE}`)).queued);
});

test('a shallow clone fails at once, in words', async () => {
  const shallow = await cleanClone(workspace, ['--depth=1']);
  const values = { ...SECRETS, [BASE]: workspace.git('rev-parse', 'HEAD~1') };
  const { exitCode, output } = await runJob(shallow, workflow, 'check', { env: jobEnv, values });
  expect([exitCode, output]).toEqual([1, expect.stringMatching(/\[history-missing\][^]*fetch-depth: 0/)]);
});

test('a release whose images are not all pushed is not green', async () => {
  await release('three');
  const steps = workflow.jobs.push!.steps.filter(({ run = '' }) => !run.includes('docker-push'));
  const { exitCode, output } = await runJob(workspace, { ...workflow, jobs: { push: { steps } } }, 'push', {
    env: jobEnv,
    values: SECRETS,
  });
  expect([exitCode, output]).toEqual([1, expect.stringContaining('[image-not-pushed]')]);
});

describe('with a cache of its own', () => {
  let cache: CacheServer;
  let clone: Workspace;
  let base: string;
  beforeAll(async () => {
    cache = await cacheServer({ token: 'writer', reader: 'reader' });
    await workspace.mustNx('g @kdcube/nx:ci --provider=github --iam --cache=self-hosted --overwrite');
    base = workspace.git('rev-list', '--max-parents=0', 'HEAD');
    workspace.commit('Add a cache');
    workflow = readWorkflow(workspace.read(FILE));
  });
  afterAll(() => cache.close());

  const run = async (place: Workspace, id: string) => {
    const values = {
      ...SECRETS,
      'vars.NX_CACHE_SERVER': cache.url,
      'secrets.NX_CACHE_READ_TOKEN': 'reader',
      'secrets.NX_CACHE_WRITE_TOKEN': 'writer',
      [BASE]: base,
    };
    cache.journal.length = 0;
    return runJob(place, workflow, id, { env: jobEnv, values });
  };
  const digestIn = (place: Workspace) => place.json<{ digest: string }>(`dist/build/${IMAGE}/receipt.json`).digest;
  const stored = () => cache.journal.filter((line) => line.startsWith('PUT'));

  test('what the job `cache` stored is restored in another clone, with the same digests; a pull request stores nothing', async () => {
    const first = await cleanClone(workspace);
    const filled = await run(first, 'cache');
    expect([filled.exitCode, filled.output]).toEqual([
      0,
      expect.stringMatching(/The cache 127[^ ]*: 0 restored, \d+ not there, \d+ stored/),
    ]);
    expect(stored().length).toBe(cache.entries.size);
    clone = await cleanClone(workspace);
    const { exitCode, output } = await run(clone, 'build');
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/The cache 127[^ ]*: 2 restored, 0 not there, nothing stored/)]);
    expect(output).toMatch(new RegExp(`${IMAGE}:docker-build.*\\[remote cache\\]`));
    expect([digestIn(clone), stored()]).toEqual([digestIn(first), []]);
  });

  test.each<[string, CacheServer['fault'], RegExp]>([
    ['500', () => ({ status: 500 }), /answered 500\. This run goes on without it/],
    ['garbage in place of every entry', undefined, /\d refused because the bytes are not those of an entry/],
    ['502 to what is stored', (method) => (method === 'PUT' ? { status: 502 } : undefined), /answered 502 .*goes on without it/],
    ['nothing, ever', () => 'silence', /did not answer in 5 s\. This run goes on without it/],
  ])('a cache that answers %s fails no job', async (answers, fault, note) => {
    const expected = digestIn(clone);
    for (const folder of ['dist', '.nx']) fs.rmSync(path.join(clone.dir, folder), { recursive: true });
    if (fault) cache.fault = fault;
    else for (const hash of cache.entries.keys()) cache.entries.set(hash, Buffer.from('garbage'));
    if (answers.startsWith('502')) cache.entries.clear();
    const { exitCode, output } = await run(clone, 'cache');
    cache.fault = undefined;
    expect([exitCode, output]).toEqual([0, expect.stringMatching(note)]);
    expect(digestIn(clone)).toBe(expected);
  });
});
