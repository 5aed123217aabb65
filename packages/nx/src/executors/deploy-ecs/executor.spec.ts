import * as fs from 'node:fs';
import * as path from 'node:path';
import { expectGolden } from '../../../../../tools/testing/golden';
import { dockerDouble, ENTRYPOINT } from '../../../testing/acme-kit';
import { type DeployPlan, filesInDefinition, type TaskDefinition } from '@kdcube/release/internal';
import { planChecksum } from '../../../../release/src/deploy/render/json';
import { packing } from '../../targets/ecs/plan/packing';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { silentLog } from '../../system/log';
import history from '../history/executor';
import plan from '../plan/executor';
import rollback from '../rollback/executor';
import status from '../status/executor';
import deployEcs from './executor';
import { captureDeploys, ROLLOUT, servicesOf } from '../../../testing/deploy-kit';
import { gitSync } from '../../../testing/git-kit';

const GOLDENS = path.join(__dirname, '../../../fixtures/problems');

const at = captureDeploys(servicesOf({ proc: 'old-proc', web: 'old-web' }, true));

beforeEach(async () => {
  dockerDouble(at.ours);
  at.ours.commit({ 'environments/prod.yaml': environment(), 'release.yaml': named('one') });
  await push();
});

const environment = () => `target: ecs
registry: "${at.ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
`;
const named = (name: string) =>
  `release_name: ${name}\n${fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8').replace(/^release_name: .*\n/, '')}`;
const push = () =>
  at.ours.job((job) => {
    const registries = resolveRegistries({ registry: at.ours.registry.host }, {}, {});
    return pushImage(job, { root: at.ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });

const deploy = (options: object = {}) => at.run(deployEcs, { ...ROLLOUT, ...options });
const back = (options: object = {}) => at.run(rollback, { ...ROLLOUT, ...options });
const ask = () => at.run(status, { json: false });

/** The release `two`: another content of the bundle that lives here. */
async function two(): Promise<void> {
  at.ours.commit({ 'release.yaml': named('two'), 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  await push();
}

it('from a release to the next, back again, and what is said of it: by records alone', async () => {
  expect(await ask()).toBe(true);
  expect(at.output).toContain('prod: no deployment is recorded');
  expect([await deploy(), at.output]).toEqual([
    true,
    expect.stringMatching(/^deployed {4}prod {2}one, recorded as prod\.one\.1/m),
  ]);
  expect([await ask(), at.output]).toEqual([true, expect.stringMatching(/^prod: one, since/m)]);
  expect(at.output).toMatch(/^here@1-0 +- +- +[0-9a-f]{12}$/m);
  const before = at.writes();
  expect([await deploy(), at.output]).toEqual([true, expect.stringMatching(/^unchanged {3}prod {2}one {2}/m)]);
  expect(at.writes()).toBe(before);

  await two();
  expect([await deploy({ dryRun: true }), at.writes()]).toEqual([true, before]);
  expect(at.output).toContain('would deploy  prod  two');
  expect([await deploy(), at.output]).toEqual([true, expect.stringMatching(/recorded as prod\.two\.1/)]);
  expect(at.output).toMatch(/^runs {8}proc {2}kdcube-proc:3 {2}/m);

  // A rollback works with an invalid release.yaml.
  fs.writeFileSync(path.join(at.ours.root, 'release.yaml'), 'bundles: [oh\n');
  expect([await back(), at.output]).toEqual([true, expect.stringMatching(/^deployed {4}prod {2}one, recorded as prod\.one\.2/m)]);
  expect([await ask(), at.output]).toEqual([true, expect.stringMatching(/^prod: one, since/m)]);
  expect([await back({ to: 'two' }), at.output]).toEqual([true, expect.stringMatching(/recorded as prod\.two\.2/)]);
  expect(await at.run(history, { limit: 20, json: false })).toBe(true);
  expect(at.output.split('\n').map((line) => line.split(/ {2,}/).slice(1, 4).join(' '))).toEqual(
    expect.arrayContaining(['two 2 succeeded', 'one 2 succeeded', 'two 1 succeeded', 'one 1 succeeded']),
  );
  expect(await back({ to: 'three' })).toBe(false);
  expectGolden(path.join(GOLDENS, 'release-not-found.txt'), at.output);

  await at.ecs.as('UpdateService', { cluster: 'acme', service: 'web', taskDefinition: 'old-web' });
  expect(await ask()).toBe(false);
  expectGolden(path.join(GOLDENS, 'release-drift.txt'), at.output.slice(at.output.indexOf('[')));
});

it('deploys uncommitted content from CI only if that is allowed, and never a saved plan of it by accident', async () => {
  fs.appendFileSync(path.join(at.ours.root, 'bundles/here@1-0/entrypoint.py'), 'MORE = 1\n');
  await push();
  expect(await at.run(plan, { offline: false, values: false, json: false })).toBe(true);
  process.env.CI = 'true';
  const before = at.writes();
  for (const options of [{}, { plan: 'dist/plan/prod.json' }, { dryRun: true }]) {
    expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[not-committed]')]);
    expect(at.output).toContain('bundles/here@1-0');
    expect(at.writes()).toBe(before);
  }
  expect([await deploy({ allowUncommitted: true }), at.output]).toEqual([
    true,
    expect.stringMatching(/^deployed {4}prod {2}one/m),
  ]);
  expect(at.output).toContain('warning    Uncommitted changes: bundles/here@1-0');
  process.env.CI = 'false';
  expect(await deploy()).toBe(true);
});

it('does not deploy an older commit than the one that runs, unless that is allowed; a rollback does', async () => {
  await deploy();
  const older = gitSync(at.ours.root, 'rev-parse', 'HEAD');
  await two();
  expect(await deploy()).toBe(true);
  gitSync(at.ours.root, 'checkout', '--quiet', '--detach', older);
  expect(await at.run(plan, { offline: false, values: false, json: false })).toBe(true);
  expect(at.output).toMatch(/^note +prod runs two of commit [0-9a-f]{12}, and [0-9a-f]{12} is an older commit/m);
  const before = at.writes();
  for (const options of [{}, { dryRun: true }, { plan: 'dist/plan/prod.json' }]) {
    expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[release-older]')]);
    expect(at.writes()).toBe(before);
  }
  expect([await deploy({ allowOlder: true }), at.output]).toEqual([true, expect.stringMatching(/^deployed {4}prod {2}one/m)]);
  // What runs now comes from the older commit: the newer one may be deployed, and a commit beside it.
  gitSync(at.ours.root, 'checkout', '--quiet', '-');
  expect(await deploy()).toBe(true);
  expect(await back()).toBe(true);
});

it('says that a clone without the history cannot tell', async () => {
  await deploy();
  const older = gitSync(at.ours.root, 'rev-parse', 'HEAD');
  await two();
  expect(await deploy()).toBe(true);
  gitSync(at.ours.root, 'reset', '--quiet', '--hard', older);
  gitSync(at.ours.root, 'reflog', 'expire', '--expire=now', '--all');
  gitSync(at.ours.root, 'gc', '--quiet', '--prune=now');
  expect([await deploy({ dryRun: true }), at.output]).toEqual([
    true,
    expect.stringMatching(/^note +prod runs two of commit [0-9a-f]{12}, and this clone does not have the history between/m),
  ]);
});

it('a failed deploy is recorded too, and the next rollback passes it by', async () => {
  await deploy();
  await two();
  // The first deploy made two: with the FORCE flags and without.
  const rule = { match: { taskDefinition: 'kdcube-proc:3' }, do: { exit: { code: 3, after: 2, lines: ['KeyError: boom'] } } };
  await fetch(new URL('/__scenario', at.ecs.url), { method: 'POST', body: JSON.stringify({ rules: [rule] }) });
  expect(await deploy({ json: true })).toBe(false);
  expect(at.output).toContain('"verdict":"rolled-back","exitCode":12');
  expect(at.output).toContain('[container-crashed]');
  expect(at.output).toContain('KeyError: boom');
  expect(at.output).toMatch(
    new RegExp(
      `\n1 problem\\. proc runs kdcube-proc:1 \\(as before\\)\\. Already done: wrote the release record ${at.ours.registry.host}/releases:prod\\.two\\.1\\.`,
    ),
  );
  await at.run(history, { limit: 1, json: false });
  expect(at.output).toMatch(/two +1 +rolled-back .*container proc ended with exit code 3/);
  expect([await ask(), at.output]).toEqual([true, expect.stringMatching(/^prod: one/m)]);
});

it('the descriptor goes with the revision: a bundle more, then back; a task that cannot write it is the reason that is given', async () => {
  await deploy();
  const one = await descriptorOf('proc');
  expect(one).toMatch(/^bundles:\n[^]*here@1-0/);
  const pin = 'pins/images/proc/pin.json';
  at.ours.commit({
    'release.yaml': `${named('two')}    - {id: "more@1-0"}\n`,
    'bundles/more@1-0/entrypoint.py': ENTRYPOINT,
    [pin]: fs.readFileSync(path.join(at.ours.root, pin), 'utf8').replace('"here@1-0",', '"here@1-0", "more@1-0",'),
  });
  await push();
  expect(await deploy()).toBe(true);
  expect(at.output).toContain('file: ~/kdcube/bundles.yaml');
  expect([await descriptorOf('proc'), await ask()]).toEqual([expect.stringContaining('more@1-0'), true]);
  expect([await deploy(), at.output]).toEqual([true, expect.stringMatching(/^unchanged {3}prod/m)]);
  expect([await back(), await descriptorOf('proc')]).toEqual([true, one]);

  const rule = {
    match: { service: 'proc' },
    do: { container: 'kdcube-files', exit: { code: 1, lines: ['OSError: [Errno 28] No space left on device'] } },
  };
  await fetch(new URL('/__scenario', at.ecs.url), { method: 'POST', body: JSON.stringify({ rules: [rule] }) });
  expect([await back({ to: 'two' }), at.output]).toEqual([
    false,
    expect.stringContaining('The container kdcube-files ended with exit code 1'),
  ]);
  expect(at.output).toContain('No space left on device');
}, 120_000);

/** What the revision that a service is set to writes for it. */
async function descriptorOf(service: string): Promise<string | undefined> {
  const { services } = (await at.ecs.as('DescribeServices', { cluster: 'acme', services: [service] })) as unknown as {
    services: { taskDefinition: string }[];
  };
  const asked = await at.ecs.as('DescribeTaskDefinition', { taskDefinition: services[0]!.taskDefinition });
  return filesInDefinition((asked as unknown as { taskDefinition: TaskDefinition }).taskDefinition, packing).get(
    '/kdcube/bundles.yaml',
  );
}

it('a saved plan is carried out, or refused because of another deploy in between', async () => {
  await at.run(plan, { offline: false, values: false, json: false });
  const saved = { plan: 'dist/plan/prod.json' };
  expect([await deploy(saved), at.output]).toEqual([true, expect.stringContaining('recorded as prod.one.1')]);
  expect([await deploy(saved), at.output]).toEqual([true, expect.stringMatching(/^(unchanged|deployed) +prod {2}one {2}/m)]);
  await at.ecs.as('UpdateService', { cluster: 'acme', service: 'web', taskDefinition: 'old-proc' });
  expect([await deploy(saved), at.output]).toEqual([false, expect.stringContaining('[plan-outdated]')]);
  const file = path.join(at.ours.root, 'dist/plan/prod.json');
  const whole = fs.readFileSync(file, 'utf8');
  const before = at.writes();
  for (const [content, why] of [
    [
      whole.replaceAll('"desiredCount": {', '"desiredCount":  {').replace(/"after": 1/, '"after": 9'),
      'was changed after it was made',
    ],
    [whole.slice(0, -40), 'is not valid JSON, or it is incomplete'],
  ] as const) {
    fs.writeFileSync(file, content);
    expect([await deploy(saved), at.output, at.writes()]).toEqual([false, expect.stringContaining(why), before]);
  }
  // Whoever replaces the file can compute its checksum again.
  const { checksum: _, ...honest } = JSON.parse(whole) as DeployPlan & { checksum: string };
  const headers = { Authorization: 'AWS_SECRET_ACCESS_KEY' };
  const readiness = { url: 'https://evil.example/', headers, wait: 'all' as const, tenant: 'acme', project: 'demo', bundles: [] };
  const forged = { ...honest, readiness };
  fs.writeFileSync(file, JSON.stringify({ ...forged, checksum: planChecksum(forged) }));
  expect([await deploy(saved), at.output, at.writes()]).toEqual([false, expect.stringContaining('[plan-invalid]'), before]);
  expect(at.output).toContain('asks for the readiness of bundles in another way than prod now does');
  fs.writeFileSync(file, '{"plan": 3}');
  expect(await deploy(saved)).toBe(false);
  expectGolden(path.join(GOLDENS, 'plan-invalid.txt'), at.output.slice(at.output.indexOf('dist/')));
  expect([await deploy({ plan: 'nowhere.json' }), at.output]).toEqual([false, expect.stringContaining('[file-missing]')]);
});
