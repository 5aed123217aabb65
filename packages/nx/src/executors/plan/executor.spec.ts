import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ReleaseRecord } from '@kdcube/release/internal';
import { isEmptyPlan, printPin, readPlan } from '@kdcube/release/internal';
import { silentLog } from '../../system/log';
import { pushImage } from '../../images/push/push';
import { recordsOf, writeRecord } from '../../targets/records/records';
import { resolveRegistries } from '../../workspace/registries';
import { type Acme, acme, dockerDouble, ENTRYPOINT } from '../../../testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble, restoreVariables } from '../../../testing/aws-kit';
import { gitSync, write } from '../../../testing/git-kit';
import plan from './executor';
import { captureOutput, releaseContext } from '../../../testing/capture-output';

jest.setTimeout(120_000);

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
let ours: Acme;
let ecs: EcsDouble;
let output: string;
let receipt: NonNullable<Awaited<ReturnType<typeof push>>>;
const env = { ...process.env };

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-proc'), emptyDefinition('old-web')],
    services: [emptyService('proc', 'old-proc'), emptyService('web', 'old-web')],
  });
  useDouble(ecs, CANARY);
  output = '';
  captureOutput((text) => (output += text));
  ours.commit({ 'environments/prod.yaml': environment() });
  receipt = (await push())!;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ecs.close();
  await ours.end();
  restoreVariables(env);
});

const environment = (more = '') => `target: ecs
registry: "${ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } }${more} }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
`;
const push = () =>
  ours.job((job) => {
    const registries = resolveRegistries({ registry: ours.registry.host }, {}, {});
    return pushImage(job, { root: ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });
const run = async (options: object = {}, root = ours.root) => {
  output = '';
  const context = releaseContext(root);
  return (await plan({ offline: false, unpushed: false, values: false, json: false, ...options }, context)).success;
};
/** What was said, in whatever lines. */
const oneLine = () => output.replace(/\s+/g, ' ');
const saved = () => readPlan(fs.readFileSync(path.join(ours.root, 'dist/plan/prod.json')), 'dist/plan/prod.json');

/** What a deploy would do, in a few lines. */
async function carryOut(): Promise<void> {
  for (const { taskDefinition, serviceName, desiredCount } of saved().services) {
    const arn = taskDefinition.register
      ? ((await ecs.as('RegisterTaskDefinition', taskDefinition.register)).taskDefinition as { taskDefinitionArn: string })
          .taskDefinitionArn
      : taskDefinition.reuse;
    await ecs.as('UpdateService', {
      cluster: 'acme',
      service: serviceName,
      taskDefinition: arn,
      desiredCount: desiredCount.after,
    });
  }
}

it('plans a pull request: images that are not pushed are shown by their content key, and no plan file is written', async () => {
  ours.commit({ 'bundles/here@1-0/more.py': 'MORE = 1\n' });
  expect([await run(), oneLine()]).toEqual([false, expect.stringContaining('[image-not-pushed]')]);
  ours.registry.journal.length = 0;
  expect(await run({ unpushed: true, markdown: 'plan.md' })).toBe(true);
  const key = await ours.job(async ({ plan: { key } }) => key);
  expect(oneLine()).toContain('proc is not built and pushed yet: the plan shows its content key in place of a digest.');
  expect(oneLine()).toContain(key.slice(0, 12));
  const markdown = fs.readFileSync(path.join(ours.root, 'plan.md'), 'utf8');
  expect(markdown).toMatch(/here@1-0[^]*not built and pushed yet/);
  expect(fs.existsSync(path.join(ours.root, 'dist/plan/prod.json'))).toBe(false);
  expect(ours.registry.journal.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
  expect(await run({ unpushed: true, out: 'x.json' })).toBe(false);
});

it('with --unpushed, images that are pushed are verified and shown as ever', async () => {
  expect(await run({ unpushed: true })).toBe(true);
  expect(oneLine()).not.toContain('not built and pushed yet');
  expect(oneLine()).toContain(receipt.digest.slice(7, 19));
});

it('the first time everything changes; carried out, nothing does: not for an empty commit, another name, another order, or a tag at the same tree', async () => {
  expect(await run()).toBe(true);
  expect(output).toContain('services   2 of 2 restart');
  expect(output).toMatch(/^planned {5}prod {2}dist\/plan\/prod\.json/m);
  expect(saved()).toMatchObject({
    environment: 'prod',
    account: '123456789012',
    cluster: 'acme',
    baseline: { web: { status: 'ACTIVE' } },
  });
  await carryOut();
  const nothing = async () => {
    expect(await run()).toBe(true);
    expect(output).toContain('Nothing changes: what runs is this release.');
    expect(isEmptyPlan(saved())).toBe(true);
  };
  await nothing();
  gitSync(ours.root, 'commit', '--allow-empty', '-m', 'nothing');
  await nothing();
  const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
  const [here, existing] = release.split('\n').filter((line) => line.includes('- {'));
  const again = release
    .replace(`${here}\n${existing}`, `${existing}\n${here}`)
    .replace('bundles:', 'release_name: other\nbundles:\n  default_bundle_id: "here@1-0"');
  ours.commit({ 'release.yaml': again });
  await nothing();
  gitSync(ours.org, 'commit', '--allow-empty', '-m', 'nothing');
  gitSync(ours.org, 'tag', 'v3');
  const pin = { ...ours.pin, ref: 'v3', commit: gitSync(ours.org, 'rev-parse', 'v3') };
  ours.commit({ 'release.yaml': again.replace('"v2"', '"v3"'), 'pins/bundles/there@2-0/pin.json': printPin(pin) });
  await nothing();
  // The tag itself moves, and what it names stays as it is.
  gitSync(ours.org, 'commit', '--allow-empty', '-m', 'nothing again');
  gitSync(ours.org, 'tag', '--force', 'v3');
  const moved = { ...pin, commit: gitSync(ours.org, 'rev-parse', 'v3') };
  ours.commit({ 'pins/bundles/there@2-0/pin.json': printPin(moved) });
  expect(moved.commit).not.toBe(pin.commit);
  await nothing();
  // A plan asks, and changes nothing.
  expect([...new Set(ecs.journal.entries.filter(({ by }) => by === undefined).map(({ op }) => op))].sort()).toEqual([
    'DescribeServices',
    'DescribeTaskDefinition',
    'GetCallerIdentity',
  ]);
});

it('one bumped bundle: one service, with its commit’s subject; as Markdown too', async () => {
  await run();
  await carryOut();
  write(ours.org, { 'service/there@2-0/more.py': 'MORE = 1\n' });
  gitSync(ours.org, 'add', '-A');
  gitSync(ours.org, 'commit', '-m', 'Say more');
  gitSync(ours.org, 'tag', 'v3');
  const of = (what: string) => gitSync(ours.org, 'rev-parse', what);
  const pin = { ...ours.pin, ref: 'v3', commit: of('v3'), tree: of('v3:service/there@2-0') };
  const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
  ours.commit({ 'release.yaml': release.replace('"v2"', '"v3"'), 'pins/bundles/there@2-0/pin.json': printPin(pin) });
  expect(await run()).toBe(false);
  expect(output).toContain('[image-not-pushed]');
  await push();
  expect(await run({ markdown: 'dist/plan.md' })).toBe(true);
  expect(output).toContain('services   1 of 2 restart');
  expect(output).toMatch(
    /~ there@2-0 +v2 [0-9a-f]{7} → v3 [0-9a-f]{7} +Say more|~ there@2-0 +[0-9a-f]{7} → v3 [0-9a-f]{7} +Say more/,
  );
  expect(output).toContain('image: there@2-0 changed');
  expect(fs.readFileSync(path.join(ours.root, 'dist/plan.md'), 'utf8')).toContain('| `there@2-0` | changed |');
});

it('a workspace bundle with its own last commit; values when they are asked for', async () => {
  await run();
  await carryOut();
  ours.commit({
    'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}\n# more\n`,
    'environments/prod.yaml': environment(', env: { COLOUR: red }'),
  });
  await push();
  expect(await run({ values: true })).toBe(true);
  expect(output).toMatch(/~ here@1-0 .* → .*/);
  expect(output).toMatch(/^ {2}COLOUR\n {4}\+ red$/m);
});

it('a secret in what runs stops the plan, and is in no line and no file; AWS’s own secret neither', async () => {
  const secret = emptyDefinition('own', { environment: [{ name: 'API_TOKEN', value: CANARY }] });
  await ecs.as('RegisterTaskDefinition', secret);
  await ecs.as('UpdateService', { cluster: 'acme', service: 'web', taskDefinition: 'own' });
  expect(await run({ values: true, json: true })).toBe(true);
  const files = () => fs.readFileSync(path.join(ours.root, 'dist/plan/prod.json'), 'utf8');
  expect(output + files()).not.toContain(CANARY);
  expect(output).toContain('API_TOKEN');
  ours.commit({
    'environments/prod.yaml': environment().replace(
      'component: other,',
      'component: other, container: own, task_definition: running,',
    ),
  });
  expect(await run()).toBe(false);
  expect(output).toContain('[secret-value]');
  expect(output).not.toContain(CANARY);
});

it('says who is asked for what, and what is wrong with it', async () => {
  ours.commit({ 'environments/prod.yaml': environment().replace('123456789012', '999999999999') });
  expect(await run()).toBe(false);
  expect(output).toContain('[wrong-account]');
  ours.commit({ 'environments/prod.yaml': environment().replace('cluster: acme,', 'cluster: nowhere,') });
  expect(await run()).toBe(false);
  expect(output).toContain('[cluster-missing]');
  ours.commit({ 'environments/prod.yaml': environment().replace('  web:', '  webb:') });
  expect(await run()).toBe(false);
  expect(output).toContain('[service-missing]');
});

it.each(['bundles/here@1-0/entrypoint.py', 'images/proc/Dockerfile_ChatProcBundled', 'release.yaml', 'environments/prod.yaml'])(
  'an uncommitted %s: the plan has no commit, and a note about it',
  async (file) => {
    expect(await run()).toBe(true);
    expect(output).not.toContain('Uncommitted');
    expect([saved().commit, saved().uncommitted]).toEqual([gitSync(ours.root, 'rev-parse', 'HEAD'), undefined]);
    fs.appendFileSync(path.join(ours.root, file), '\n# more\n');
    receipt = (await push())!;
    expect(await run({ markdown: 'dist/plan.md' })).toBe(true);
    const [place] = saved().uncommitted!;
    expect([saved().commit, file.startsWith(place!)]).toEqual([undefined, true]);
    expect(oneLine()).toContain(`warning Uncommitted changes: ${place}. No commit describes this release.`);
    expect(fs.readFileSync(path.join(ours.root, 'dist/plan.md'), 'utf8')).toContain('Uncommitted changes: ');
    if (file.startsWith('bundles/')) expect(output).toMatch(/^ +[+~] here@1-0 .*uncommitted changes$/m);
  },
);

it.each(['environments/base.yaml', 'deploy/web.json'])(
  'an uncommitted %s, which the environment names, counts as well',
  async (file) => {
    const definition = {
      family: 'web',
      containerDefinitions: [{ name: 'web', image: `ghcr.io/acme/web@sha256:${'ab'.repeat(32)}`, essential: true }],
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
    };
    const [settings, services] = environment().split('services:');
    ours.commit({
      'environments/base.yaml': `abstract: true\n${settings}`,
      'environments/prod.yaml': `extends: base\nservices:${services}`.replace(
        'component: other,',
        'component: other, task_definition: deploy/web.json,',
      ),
      'deploy/web.json': JSON.stringify(definition),
    });
    receipt = (await push())!;
    expect([await run(), saved().uncommitted]).toEqual([true, undefined]);
    fs.appendFileSync(path.join(ours.root, file), '\n');
    expect([await run(), saved().uncommitted]).toEqual([true, [file]]);
  },
);

it('offline asks no AWS, and writes nothing that a deploy could take for the truth', async () => {
  ecs.journal.entries.length = 0;
  expect(await run({ offline: true })).toBe(true);
  expect(oneLine()).toContain(
    `Offline: there is no release record of prod in ${ours.registry.host}/releases: every service and bundle is shown as new.`,
  );
  expect(output).toContain('services   2 of 2 restart');
  expect(output).toMatch(/^ {2}wave 1 .*no release record$/m);
  expect(output).not.toContain('Nothing changes');
  expect(ecs.journal.entries).toEqual([]);
  expect(fs.existsSync(path.join(ours.root, 'dist/plan'))).toBe(false);
  expect(await run({ offline: true, out: 'x.json' })).toBe(false);
  expect(output).toContain('[wrong-option]');
});

it('offline on a fresh clone: the record and the images come from the registry, and the plan names the record', async () => {
  await run();
  await writeRecord(recordsOf({ host: ours.registry.host, prefix: '' }, silentLog), recorded());
  const clone = ours.box.folder('clone');
  gitSync(ours.org, 'clone', '-q', ours.root, clone);
  ecs.journal.entries.length = 0;
  expect(await run({ offline: true, markdown: 'plan.md' }, clone)).toBe(true);
  const record = `Offline: compared with the record r1.1 of 2026-11-24 10:05 UTC, from ${ours.registry.host}/releases.`;
  expect(output).toContain('Nothing changes');
  expect([oneLine(), fs.readFileSync(path.join(clone, 'plan.md'), 'utf8')]).toEqual([
    expect.stringContaining(record),
    expect.stringContaining('r1.1 of 2026-11-24 10:05 UTC'),
  ]);
  expect(ecs.journal.entries).toEqual([]);

  // Without the registry, the last record that was read here is used, with a note. The image has no receipt.
  await ours.registry.close();
  expect(await run({ offline: true }, clone)).toBe(false);
  expect(output).toContain('This checkout has no receipt of');
  leaveReceipt(clone);
  expect(await run({ offline: true }, clone)).toBe(true);
  expect(oneLine()).toMatch(/record r1\.1 of .*, from dist\/record\/prod\.json, where the last one is that was seen here: /);
});

it('an Amazon registry without a login of docker’s is AWS, and is not asked', async () => {
  const amazon = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  leaveReceipt(ours.root, `${amazon}/proc`);
  ours.commit({ 'environments/prod.yaml': environment().replace(`"${ours.registry.host}"`, amazon) });
  ecs.journal.entries.length = 0;
  expect([await run({ offline: true }), oneLine()]).toEqual([
    true,
    expect.stringContaining(`${amazon} is Amazon’s, and docker has no login for it`),
  ]);
  expect(ecs.journal.entries).toEqual([]);
});

it('offline against the last record: the images that changed since, and nothing of what ECS runs', async () => {
  await run();
  const record = recorded();
  const web = {
    ...record.services.web!,
    image: `ghcr.io/acme/web@sha256:${'cd'.repeat(32)}`,
    digest: `sha256:${'cd'.repeat(32)}`,
  };
  await writeRecord(recordsOf({ host: ours.registry.host, prefix: '' }, silentLog), {
    ...record,
    services: { ...record.services, web },
    bundles: record.bundles.map((bundle) => ({ ...bundle, tree: 'e'.repeat(40) })),
  });
  ecs.journal.entries.length = 0;
  expect(await run({ offline: true })).toBe(true);
  expect(output).toContain('services   1 of 2 restart');
  expect(output).toContain('bundles    2 changed');
  expect(ecs.journal.entries).toEqual([]);
});

/** The record of a deploy of the plan that was saved. */
function recorded(): Omit<ReleaseRecord, 'attempt'> {
  const { services, bundles, descriptor } = saved();
  return {
    record: 2,
    environment: 'prod',
    release: 'r1',
    verdict: 'succeeded',
    reason: '',
    startedAt: '2026-11-24T10:00:00.000Z',
    endedAt: '2026-11-24T10:05:00.000Z',
    services: Object.fromEntries(
      services.map(({ service, component, serviceName, image, desiredCount, digests }) => [
        service,
        {
          component,
          serviceName,
          image: image.after,
          digest: digests[0]!,
          desiredCount: desiredCount.after,
          taskDefinition: `arn:${service}:1`,
        },
      ]),
    ),
    bundles: bundles.map(({ after }) => after!),
    descriptor: descriptor.after,
  };
}

/** What docker-push leaves. */
function leaveReceipt(root: string, repository = receipt.repository): void {
  write(root, { 'dist/push/proc/receipt.json': JSON.stringify({ ...receipt, repository }) });
}

it('a plan file that cannot be written: the Markdown file is written, and the last line names it', async () => {
  write(ours.root, { 'plan.json/blocked': '' });
  expect(await run({ out: 'plan.json', markdown: 'plan.md' })).toBe(false);
  expect(output.trimEnd()).toMatch(
    /1 problem\. Already done: (?:wrote dist\/record\/prod\.json; )?wrote plan\.md\. Nothing else was changed\.$/,
  );
});
