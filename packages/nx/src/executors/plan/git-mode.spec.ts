import * as fs from 'node:fs';
import * as path from 'node:path';
import { printPin, readPlan } from '@kdcube/release/internal';
import { silentLog } from '../../system/log';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { type Acme, acme, DOCKERFILE, dockerDouble, ENTRYPOINT } from '../../../testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, restoreVariables, useDouble } from '../../../testing/aws-kit';
import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { commit, gitSync, newRepo } from '../../../testing/git-kit';
import { putImage } from '../../../testing/registry-kit';
import envExecutor from '../env/executor';
import verify from '../verify/executor';
import plan from './executor';

jest.setTimeout(120_000);

const ORG = 'https://git.example.com/org.git';
const OWN = 'https://git.example.com/acme.git';
let ours: Acme;
let ecs: EcsDouble;
let output: string;
const env = { ...process.env };

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-proc')],
    services: [emptyService('proc', 'old-proc')],
  });
  useDouble(ecs, 'canary');
  output = '';
  captureOutput((text) => (output += text));
  // What the platform can reach: in the test, folders.
  const bare = ours.box.folder('acme.git');
  gitSync(bare, 'init', '--quiet', '--bare');
  for (const [url, folder] of [
    [ORG, ours.org],
    [OWN, bare],
  ] as const)
    gitSync(ours.root, 'config', '--global', `url.file://${folder}.insteadOf`, url);
  gitSync(ours.root, 'remote', 'add', 'origin', OWN);
  ours.commit({
    'release.yaml': fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8').replace(/file:\/\/[^"]*/, ORG),
    'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, repo: ORG }),
    'environments/prod.yaml': environment('baked'),
  });
  push();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ecs.close();
  await ours.end();
  restoreVariables(env);
});

const environment = (mode: string, more = '') => `target: ecs
registry: "${ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
bundles: { mode: ${mode} }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } }${mode === 'git' ? ', secrets: { GIT_HTTP_TOKEN: "secretsmanager:git-token" }' : ''}${more} }
`;
const push = () => gitSync(ours.root, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
const head = () => gitSync(ours.root, 'rev-parse', 'HEAD');
const run = async (options: object = {}) => {
  output = '';
  return (await plan({ offline: false, unpushed: false, values: false, json: false, ...options }, releaseContext(ours.root)))
    .success;
};
const saved = () => readPlan(fs.readFileSync(path.join(ours.root, 'dist/plan/prod.json')), 'dist/plan/prod.json');
const oneLine = () => output.replace(/\s+/g, ' ');

async function deploy(): Promise<void> {
  for (const { taskDefinition, serviceName, desiredCount } of saved().services) {
    const registered = taskDefinition.register && (await ecs.as('RegisterTaskDefinition', taskDefinition.register));
    const arn =
      (registered?.taskDefinition as { taskDefinitionArn: string } | undefined)?.taskDefinitionArn ?? taskDefinition.reuse;
    await ecs.as('UpdateService', {
      cluster: 'acme',
      service: serviceName,
      taskDefinition: arn,
      desiredCount: desiredCount.after,
    });
  }
}

function toGit(more = ''): void {
  ours.commit({ 'environments/prod.yaml': environment('git', more) });
  push();
}

const pushed = () =>
  ours.job((job) => {
    const registries = resolveRegistries({ registry: ours.registry.host }, {}, {});
    return pushImage(job, { root: ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });

it('one key switches from images with bundles to clones and back: the plan shows that, and no image with bundles is needed', async () => {
  await pushed();
  expect(await run()).toBe(true);
  await deploy();
  const [baked] = saved().services;
  toGit();
  expect(await run()).toBe(true);
  const [cloned] = saved().services;
  expect(cloned!.image.after).toMatch(/\/kdcube-chat-proc@sha256:/);
  expect(oneLine()).toContain('"proc" is not needed in git mode: its base runs');
  expect(saved().bundles.map(({ id, change, after }) => [id, change, after?.commit])).toEqual([
    ['here@1-0', 'unchanged', gitSync(ours.root, 'log', '-1', '--format=%H', '--', 'bundles/here@1-0')],
    ['there@2-0', 'unchanged', ours.pin.commit],
  ]);
  const variables = [...cloned!.env.added, ...cloned!.env.changed];
  expect(variables).toEqual(expect.arrayContaining(['GIT_HTTP_TOKEN', 'MANAGED_BUNDLES_ROOT', 'BUNDLE_GIT_RESOLUTION_ENABLED']));
  expect(saved().descriptor).toMatchObject({ changed: true, force: true });
  await deploy();
  expect(await run()).toBe(true);
  expect(output).toContain('Nothing changes: what runs is this release.');
  // A commit that changes no bundle restarts nothing.
  ours.commit({ 'README.md': 'hello' });
  push();
  expect(await run()).toBe(true);
  expect(output).toContain('Nothing changes: what runs is this release.');
  ours.commit({ 'environments/prod.yaml': environment('baked') });
  push();
  expect(await run()).toBe(true);
  expect(saved().services[0]!.image.after).toBe(baked!.image.after);
  expect(saved().descriptor).toMatchObject({ changed: true, force: true });
});

it('needs no pushed image, and a bundle is compared by its commit', async () => {
  toGit();
  expect(await run()).toBe(true);
  await deploy();
  ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# two\n` });
  push();
  expect(await run()).toBe(true);
  expect(saved().bundles.map(({ id, change, after }) => [id, change, after?.commit])).toEqual([
    ['here@1-0', 'changed', head()],
    ['there@2-0', 'unchanged', ours.pin.commit],
  ]);
});

describe('refused', () => {
  const refused = async (code: string, message: RegExp) => {
    expect(await run()).toBe(false);
    expect(output).toContain(`[${code}]`);
    expect(oneLine()).toMatch(message);
  };

  it('an uncommitted workspace bundle', async () => {
    toGit();
    fs.appendFileSync(path.join(ours.root, 'bundles/here@1-0/entrypoint.py'), '# dirty\n');
    await refused('not-committed', /bundles\/here@1-0 has uncommitted changes: in git mode the platform clones commits/);
  });

  it('a commit that is not pushed', async () => {
    toGit();
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# two\n` });
    await refused(
      'commit-not-pushed',
      /here@1-0 cannot be cloned: no branch or tag of https:\/\/git.example.com\/acme.git has its commit/,
    );
    push();
    expect(await run()).toBe(true);
  });

  it('a pinned commit that no branch or tag has any more', async () => {
    toGit();
    expect(await run()).toBe(true);
    const other = newRepo(ours.box.folder('other'), { a: 'b' });
    gitSync(ours.org, 'fetch', '--quiet', other, 'main');
    gitSync(ours.org, 'update-ref', 'refs/heads/main', gitSync(other, 'rev-parse', 'HEAD'));
    gitSync(ours.org, 'tag', '--delete', 'v2');
    await refused(
      'commit-not-pushed',
      /there@2-0 cannot be cloned: no branch or tag of https:\/\/git.example.com\/org.git has its commit/,
    );
  });

  it('an image that does more than add bundles', async () => {
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
    toGit();
    await refused(
      'git-mode',
      /"proc" does more than add bundles \(images\/proc\/Dockerfile_ChatProcBundled:5: RUN pip install x\)/,
    );
  });

  it('a URL that needs other credentials', async () => {
    ours.commit({
      'environments/prod.yaml': environment('git')
        .replace('{ mode: git }', '{ mode: git, git: { repo: "git@git.example.com:acme.git" } }')
        .replace(/, secrets: \{[^}]*\}/, ''),
    });
    push();
    await refused('git-credentials', /over ssh, but proc has no key/);
  });

  it('a repository without a remote', async () => {
    toGit();
    gitSync(ours.root, 'remote', 'remove', 'origin');
    await refused('unknown-repo', /"here@1-0" is a workspace bundle, and this repository has no remote/);
  });
});

describe('on a platform whose images have no git, an image of our own', () => {
  const OWN_IMAGE = 'services: { proc: { component: proc, image: "IMAGE", mounts: { /config: { efs: fs-0123abcd } } } }\n';
  const planWith = async (createdBy: string, options: object = {}) => {
    const digest = await putImage(ours.registry.host, 'own/proc', 'v1', 'own', undefined, [{ created_by: createdBy }]);
    const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
    ours.commit({
      'release.yaml': release.replace('2026.7.20.444', '2026.3.1.9'),
      'environments/prod.yaml': environment('git').replace(
        /services:[^]*/,
        OWN_IMAGE.replace('IMAGE', `${ours.registry.host}/own/proc@${digest}`),
      ),
    });
    push();
    return run(options);
  };

  it('is planned, if its history installs git', async () => {
    expect([await planWith('RUN apt-get install -y git'), oneLine()]).toEqual([true, expect.not.stringContaining('git-missing')]);
    expect(saved().services[0]!.image.after).toMatch(/\/own\/proc@sha256:/);
    const rendered = await envExecutor({ offline: false, dryRun: true, json: false } as never, releaseContext(ours.root));
    expect([rendered.success, oneLine()]).toEqual([true, expect.not.stringContaining('git-missing')]);
  });

  it('is a failed check of verify beside all others, if its history does not', async () => {
    await planWith('RUN apt-get install -y curl');
    output = '';
    const options = { environment: 'prod', secretKeys: false, layers: false, json: false };
    expect((await verify(options, releaseContext(ours.root))).success).toBe(false);
    expect(output).toMatch(/^FAIL +git +own\/proc@\S+ +is not in the platform’s images before 2026-03-03/m);
    expect(output).toMatch(/^pass +cluster +acme/m);
  });

  it.each([
    ['if its history does not', 'RUN apt-get install -y curl', {}],
    ['offline, because its history is not read', 'RUN apt-get install -y git', { offline: true }],
  ])('is refused %s', async (_, createdBy, options) => {
    expect([await planWith(createdBy, options), oneLine()]).toEqual([false, expect.stringContaining('[git-missing]')]);
  });

  it('is refused if the registry denies to read it', async () => {
    ours.registry.faults = ({ method, name }) => (name === 'own/proc' && /GET|HEAD/.test(method) ? { status: 403 } : undefined);
    expect([await planWith('RUN apt-get install -y git'), oneLine()]).toEqual([false, expect.stringContaining('[git-missing]')]);
  });
});

it('a commit in the history of a branch is enough, and a newer one that someone else pushed does not matter', async () => {
  toGit();
  const clone = ours.box.folder('clone');
  gitSync(clone, 'clone', '--quiet', OWN, '.', '--branch', 'main');
  commit(clone, { 'other.txt': 'x' });
  gitSync(clone, 'push', '--quiet', 'origin', 'HEAD:main');
  // The pinned bundle too.
  commit(ours.org, { 'more.txt': 'x' });
  gitSync(ours.org, 'tag', '--delete', 'v2');
  expect(await run()).toBe(true);
});

it('a shallow checkout whose commit is no tip: the hint is the command to type', async () => {
  toGit();
  ours.commit({ 'other.txt': 'x' });
  push();
  const shallow = ours.box.folder('shallow');
  gitSync(shallow, 'clone', '--quiet', '--depth=1', OWN, '.', '--branch', 'main');
  const first = ours.root;
  try {
    ours.root = shallow;
    expect(await run()).toBe(true);
    expect(oneLine()).toContain('This checkout is shallow, and its history does not reach the last change of "here@1-0"');
    expect(output).toContain('git fetch --unshallow');
    ours.root = first;
    ours.commit({ 'other.txt': 'y' });
    push();
    ours.root = shallow;
    expect(await run()).toBe(false);
    expect(oneLine()).toMatch(/this checkout is shallow, so their history cannot be searched/);
  } finally {
    ours.root = first;
  }
});

it('offline, the remote is not asked', async () => {
  toGit();
  ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# two\n` });
  expect(await run({ offline: true })).toBe(true);
});

it('a remote that repos: has is the same in every checkout: no note', async () => {
  toGit();
  expect(await run()).toBe(true);
  expect(oneLine()).toContain('the remote of this checkout');
  const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
  expect(text).not.toContain('repos:');
  ours.commit({ 'release.yaml': `${text.trimEnd()}\nrepos: { own: "${OWN}" }\n` });
  push();
  expect(await run()).toBe(true);
  expect(oneLine()).not.toContain('the remote of this checkout');
});
