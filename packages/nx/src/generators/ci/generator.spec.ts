import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { addProjectConfiguration, updateJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { KdcubeError } from '@kdcube/release/internal';
import { parse } from 'yaml';
import { expectGolden } from '../../../../../tools/testing/golden';
import ciGenerator from './generator';
import { providerOf } from './remote';
import type { CiOptions } from './schema';

const GITHUB = '.github/workflows/release.yml';
const GOLDENS = path.join(__dirname, '../../../fixtures/ci');

const ECS = (more = '') => `target: ecs
registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme }
${more}
services:
  chat-proc: { component: proc, image: kdcube-chat-proc-bundled }
`;
const HOST = (host = 'host: "ssh://deploy@kdcube.example.com", ') => `target: compose
registry: ghcr.io/acme
tenant: acme
project: demo
compose: { ${host}directory: /opt/kdcube }
services:
  chat-proc: { component: proc, image: kdcube-chat-proc-bundled }
`;
const RELEASE = `release_name: acme-1
platform: { ref: "2026.7.20.444" }
bundles:
  items:
    - id: here@1-0
    - { id: there@2-0, repo: "https://git.example.com/b.git", ref: v2 }
    - { id: other@2-0, repo: "git@git.example.com:acme/c.git", ref: v3 }
`;
const READINESS = 'readiness: { url: "https://app.example.com/x", headers: { Authorization: KD_READINESS_TOKEN } }';

function workspace(files: Record<string, string> = { 'environments/prod.yaml': ECS() }): Tree {
  const tree = createTreeWithEmptyWorkspace();
  tree.write('package-lock.json', '{}');
  for (const [file, text] of Object.entries(files)) tree.write(file, text);
  return tree;
}

/** Environments with different registries: nx.json says where images are pushed. */
function mixed(files: Record<string, string>): Tree {
  const tree = workspace(files);
  updateJson(tree, 'nx.json', (json: object) => ({
    ...json,
    plugins: [{ plugin: '@kdcube/nx', options: { registry: 'ghcr.io/acme' } }],
  }));
  return tree;
}

async function generated(tree: Tree, options: Partial<CiOptions> = {}): Promise<string> {
  const provider = options.provider ?? 'github';
  await ciGenerator(tree, { ...options, provider });
  return tree.read(provider === 'github' ? GITHUB : '.gitlab-ci.yml', 'utf-8')!;
}

async function refusal(tree: Tree, options: Partial<CiOptions> = {}) {
  const error: unknown = await generated(tree, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof KdcubeError)) throw new Error('it was accepted');
  return error.problems[0]!;
}

interface Workflow {
  on: { push: { branches: string[] } };
  permissions: Record<string, string>;
  jobs: Record<
    string,
    {
      if?: string;
      needs?: string;
      'runs-on': unknown;
      permissions: Record<string, string>;
      environment?: string;
      concurrency?: { group: string; queue: string };
      steps: { uses?: string; run?: string; env?: Record<string, string>; with?: Record<string, unknown> }[];
    }
  >;
}

const ROWS: Record<string, Record<string, string>> = {
  'ecs-two-environments': {
    'release.yaml': RELEASE,
    'environments/base.yaml': 'abstract: true\n' + ECS(),
    'environments/prod.yaml': ECS(READINESS),
    'environments/staging.yaml': ECS(),
  },
  'hosts-with-ghcr': { 'environments/prod.yaml': HOST(), 'environments/here.yaml': HOST('') },
  'no-environment': {},
};

describe.each(['github', 'gitlab'] as const)('%s', (provider) => {
  test.each(Object.keys(ROWS))('%s', async (row) => {
    const text = await generated(workspace(ROWS[row]), { provider });
    expectGolden(path.join(GOLDENS, `${provider}-${row}.yml`), text);
    expect(() => parse(text) as unknown).not.toThrow();
  });

  it('twice changes nothing, with Windows line ends neither; what a person changed is not overwritten', async () => {
    const tree = workspace();
    const file = provider === 'github' ? GITHUB : '.gitlab-ci.yml';
    const text = await generated(tree, { provider });
    tree.write(file, text.replaceAll('\n', '\r\n'));
    const before = tree.read(file, 'utf-8');
    await generated(tree, { provider });
    expect(tree.read(file, 'utf-8')).toBe(before);
    tree.write(file, `${text}# mine\n`);
    expect(await refusal(tree, { provider })).toMatchObject({ code: 'already-exists', at: { file } });
    expect(tree.read(file, 'utf-8')).toBe(`${text}# mine\n`);
    expect(await generated(tree, { provider, overwrite: true })).toBe(text);
  });

  it('no step has more than five lines of shell', async () => {
    const text = await generated(mixed({ ...ROWS['ecs-two-environments'], ...ROWS['hosts-with-ghcr'] }), { provider });
    if (provider === 'gitlab') return;
    const { jobs } = parse(text) as Workflow;
    for (const { steps } of Object.values(jobs))
      for (const { run = '' } of steps) expect(run.trim().split('\n').length).toBeLessThanOrEqual(5);
  });
});

describe('the workflow of GitHub', () => {
  const read = async (files?: Record<string, string>, options?: Partial<CiOptions>) =>
    parse(await generated(workspace(files), options)) as Workflow;

  it('deploys to one environment after the other, prod last, each alone and none dropped', async () => {
    const { jobs } = await read(ROWS['ecs-two-environments']);
    expect(Object.entries(jobs).map(([id, { needs }]) => [id, needs])).toEqual([
      ['check', undefined],
      ['build', 'check'],
      ['plan', 'check'],
      ['push', 'check'],
      ['deploy-staging', 'push'],
      ['deploy-prod', 'deploy-staging'],
      ['rollback-staging', undefined],
      ['rollback-prod', undefined],
    ]);
    for (const name of ['deploy-prod', 'rollback-prod'])
      expect(jobs[name]).toMatchObject({ environment: 'prod', concurrency: { group: 'deploy-prod', queue: 'max' } });
    const order = await read(ROWS['ecs-two-environments'], { environments: 'prod, staging' });
    expect(order.jobs['deploy-staging']!.needs).toBe('deploy-prod');
  });

  it('gives each job no more than it needs, and a pull request of a fork nothing', async () => {
    const { permissions, jobs } = await read(ROWS['ecs-two-environments']);
    expect(permissions).toEqual({ contents: 'read' });
    expect(jobs.check!.permissions).toEqual({ contents: 'read' });
    expect(jobs.plan!.permissions).toEqual({ contents: 'read', 'pull-requests': 'write', 'id-token': 'write' });
    expect(jobs.push!.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    for (const job of ['build', 'plan']) expect(jobs[job]!.if).toContain('head.repo.full_name == github.repository');
    expect(jobs.push!.if).toBe("github.event_name == 'push' && github.ref == 'refs/heads/main'");
    const roles = (name: string) => jobs[name]!.steps.flatMap((step) => step.with?.['role-to-assume'] ?? []);
    expect(['check', 'plan', 'push', 'deploy-prod'].map(roles)).toEqual([
      [],
      ['${{ vars.AWS_ROLE_PLAN }}'],
      ['${{ vars.AWS_ROLE_PUSH }}'],
      ['${{ vars.AWS_ROLE_DEPLOY }}'],
    ]);
  });

  it('says where images are pushed: nx.json, else the environments, else a variable of the repository', async () => {
    const registry = async (files: Record<string, string>, options?: object) => {
      const tree = workspace(files);
      if (options) updateJson(tree, 'nx.json', (json: object) => ({ ...json, plugins: [{ plugin: '@kdcube/nx', options }] }));
      return (parse(await generated(tree)) as { env: Record<string, string> }).env.KDCUBE_REGISTRY;
    };
    expect(await registry(ROWS['ecs-two-environments']!)).toBe('123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme');
    expect(await registry(ROWS['ecs-two-environments']!, { registry: 'ghcr.io/acme' })).toBeUndefined();
    expect(await registry({})).toBe('${{ vars.KDCUBE_REGISTRY }}');
  });

  it('names every action by its commit', async () => {
    const { jobs } = parse(await generated(mixed({ ...ROWS['ecs-two-environments'], ...ROWS['hosts-with-ghcr'] }))) as Workflow;
    const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(actions.filter((action) => !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });

  it('passes secrets through the environment only, and untrusted inputs never into a command', async () => {
    const { jobs } = parse(await generated(mixed({ ...ROWS['ecs-two-environments'], ...ROWS['hosts-with-ghcr'] }))) as Workflow;
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(commands.filter((command) => /\$\{\{(?! matrix\.environment )/.test(command))).toEqual([]);
    const deploy = jobs['deploy-prod']!.steps.at(-1)!;
    expect(jobs['deploy-here']!['runs-on']).toEqual(['self-hosted', 'here']);
    expect(deploy.run).toContain('release:deploy:prod');
  });

  it('the key of a host is for the jobs of its environment: no pull request gets it, and none is planned there', async () => {
    const { jobs } = parse(await generated(mixed({ ...ROWS['hosts-with-ghcr'], 'environments/dev.yaml': ECS() }))) as Workflow;
    const holders = Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('HOST_SSH_KEY'));
    expect(holders.map(([id, { environment }]) => [id, environment])).toEqual([
      ['deploy-prod', 'prod'],
      ['rollback-prod', 'prod'],
    ]);
    expect(JSON.stringify(jobs.plan)).toContain('"environment":["dev"]');
    expect((await read(ROWS['hosts-with-ghcr'])).jobs.plan).toBeUndefined();
  });

  it('sends a token of bundles to the host of the pipeline only', async () => {
    const tree = () => workspace(ROWS['ecs-two-environments']);
    for (const [provider, host] of [
      ['github', '$GITHUB_SERVER_URL'],
      ['gitlab', '$CI_SERVER_URL'],
    ] as const) {
      const helpers = [...(await generated(tree(), { provider })).matchAll(/git config --global (\S+)/g)].map(([, name]) => name);
      expect(new Set(helpers)).toEqual(new Set([`"credential.${host}.helper"`]));
    }
  });

  it('without keys, as in a merge request of a fork, the lines for ssh do nothing', async () => {
    const { check } = parse(await generated(workspace(ROWS['ecs-two-environments']), { provider: 'gitlab' })) as {
      check: { script: string[] };
    };
    const lines = check.script.filter((line) => /SSH_KEY|KNOWN_HOSTS/.test(line));
    expect(lines).toHaveLength(2);
    const { status, stderr } = spawnSync('bash', ['--norc', '-eo', 'pipefail', '-c', lines.join('\n')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('replaces only its own comment, and a look-up that fails is not hidden by a pipe', async () => {
    const { jobs } = await read(ROWS['ecs-two-environments']);
    const listing = jobs
      .plan!.steps.at(-1)!
      .run!.split('\n')
      .find((line) => line.includes('--paginate'))!;
    expect(listing).toContain('.user.login == \\"github-actions[bot]\\"');
    expect(listing.endsWith('| .id")')).toBe(true);
  });

  it('a deploy that asks about its bundles gets the credential for it', async () => {
    const { jobs } = await read({ 'environments/prod.yaml': ECS(READINESS) });
    expect(jobs['deploy-prod']!.steps.at(-1)!.env).toEqual({ KD_READINESS_TOKEN: '${{ secrets.KD_READINESS_TOKEN }}' });
  });

  it('signs images where keys are named, and nothing else gets the key', async () => {
    const tree = workspace({ 'environments/prod.yaml': ECS('signatures: { keys: [keys/release.pub] }') });
    const { jobs } = parse(await generated(tree)) as Workflow;
    const holders = Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('KDCUBE_SIGNING_KEY'));
    expect(holders.map(([id]) => id)).toEqual(['push']);
  });

  test.each<[string, Record<string, string>, RegExp[]]>([
    ['npm', { 'package-lock.json': '{}' }, [/npm ci/, /npx nx sync:check/, /cache: npm/]],
    ['pnpm', { 'pnpm-lock.yaml': '' }, [/corepack enable/, /pnpm install --frozen-lockfile/, /pnpm (?:exec )?nx sync:check/]],
    ['yarn 1', { 'yarn.lock': '' }, [/yarn install --frozen-lockfile/, /yarn nx sync:check/]],
    ['yarn 4', { 'yarn.lock': '', '.yarnrc.yml': '' }, [/corepack enable/, /yarn install --immutable/]],
    ['bun', { 'bun.lock': '' }, [/npm install --global bun@1/, /bun install --frozen-lockfile/]],
  ])('%s', async (_, files, expected) => {
    const tree = workspace();
    tree.delete('package-lock.json');
    for (const [file, text] of Object.entries(files)) tree.write(file, text);
    const text = await withFilesOnDisk(tree, Object.keys(files), () => generated(tree));
    for (const pattern of expected) expect(text).toMatch(pattern);
  });

  it('follows the names of this workspace', async () => {
    const tree = workspace();
    addProjectConfiguration(tree, 'release', { root: 'libs/release' });
    updateJson(tree, 'nx.json', (json: object) => ({
      ...json,
      defaultBase: 'origin/trunk',
      plugins: [{ plugin: '@kdcube/nx', options: { project: 'kdcube-release', targetNames: { 'docker-push': 'push' } } }],
    }));
    const text = await generated(tree);
    expect(text).toContain('npx nx run-many -t push --skip-nx-cache');
    expect(text).toContain('npx nx run kdcube-release:deploy:prod');
    expect((parse(text) as Workflow).on.push.branches).toEqual(['trunk']);
  });
});

describe.each(['self-hosted', 'nx-cloud'] as const)('--cache=%s', (cache) => {
  const NAME = cache === 'self-hosted' ? 'NX_CACHE' : 'NX_CLOUD';
  const tree = () => workspace(ROWS['ecs-two-environments']);

  it.each(['github', 'gitlab'] as const)('%s', async (provider) => {
    const text = await generated(tree(), { provider, cache });
    expectGolden(path.join(GOLDENS, `${provider}-cache-${cache}.yml`), text);
  });

  it('one job writes, with a secret of its environment; pull requests only read; pushes and deploys use none', async () => {
    const { jobs } = parse(await generated(tree(), { cache })) as Workflow;
    const holders = (secret: string) => Object.keys(jobs).filter((id) => JSON.stringify(jobs[id]).includes(secret));
    expect(holders(`${NAME}_WRITE_TOKEN`)).toEqual(['cache']);
    expect(holders(`${NAME}_READ_TOKEN`)).toEqual(['check', 'build']);
    expect(jobs.cache).toMatchObject({ environment: 'cache', if: jobs.push!.if, permissions: { 'id-token': 'write' } });
    expect(Object.values(jobs).flatMap(({ needs }) => needs ?? [])).not.toContain('cache');
    const gitlab = parse(await generated(tree(), { provider: 'gitlab', cache })) as Record<string, { script?: string[] }>;
    const gitlabHolders = Object.keys(gitlab).filter((id) => JSON.stringify(gitlab[id]).includes(`${NAME}_WRITE_TOKEN`));
    expect(gitlabHolders).toEqual(['cache']);
  });

  it('with a server of its own, no command that uses it can fail because of it', async () => {
    const { jobs } = parse(await generated(tree(), { cache })) as Workflow;
    const commands = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ env = {} }) => 'NX_SELF_HOSTED_REMOTE_CACHE_SERVER' in env),
    );
    expect(commands.map(({ run }) => run!.trim())).toEqual(
      cache === 'nx-cloud'
        ? []
        : [
            'npx kdcube-cache --read-only nx run-many -t lint test stage',
            'npx kdcube-cache --read-only nx affected -t docker-build',
            'npx kdcube-cache nx run-many -t lint test stage docker-build',
          ],
    );
  });
});

describe('without --provider', () => {
  test.each([
    ['git@github.com:acme/bundles.git', 'github'],
    ['https://token@github.com/acme/bundles', 'github'],
    ['ssh://git@gitlab.acme.com:2222/kdcube/bundles.git', 'gitlab'],
    ['https://git-gitlab.acme.com/x', 'gitlab'],
    ['HTTPS://GITHUB.ACME.COM/x', 'github'],
    ['https://git.example.com/github/bundles.git', undefined],
    ['https://github.gitlab.example.com/x', undefined],
    ['https://github:pw@git.example.com/x', undefined],
    ['/srv/gitlab/bundles.git', undefined],
    ['file:///github.com/x', undefined],
    ['', undefined],
  ])('%s: %s', (url, expected) => expect(providerOf(url)).toBe(expected));

  it('the remote of the repository decides; without one, the option is asked for', async () => {
    const tree = workspace();
    expect(await ciGenerator(tree, {}).catch((error: KdcubeError) => error.problems[0])).toMatchObject({
      code: 'wrong-option',
      hint: expect.stringContaining('--provider=github'),
    });
    const fs = await import('node:fs');
    fs.mkdirSync(tree.root, { recursive: true });
    const git = (...args: string[]) => expect(spawnSync('git', args, { cwd: tree.root }).status).toBe(0);
    git('init', '--quiet');
    git('remote', 'add', 'origin', 'git@gitlab.acme.com:kdcube/bundles.git');
    try {
      await ciGenerator(tree, {});
    } finally {
      fs.rmSync(path.join(tree.root, '.git'), { recursive: true });
    }
    expect([tree.exists('.gitlab-ci.yml'), tree.exists(GITHUB)]).toEqual([true, false]);
  });
});

/** detectPackageManager reads the disk, not the tree. */
async function withFilesOnDisk<T>(tree: Tree, files: string[], work: () => Promise<T>): Promise<T> {
  const fs = await import('node:fs');
  fs.mkdirSync(tree.root, { recursive: true });
  for (const file of files) fs.writeFileSync(path.join(tree.root, file), '');
  try {
    return await work();
  } finally {
    for (const file of files) fs.rmSync(path.join(tree.root, file));
  }
}

describe('--iam', () => {
  const files = (tree: Tree) => tree.children('iam').sort();
  const policy = (tree: Tree, file: string) =>
    JSON.parse(tree.read(`iam/${file}`, 'utf-8')!) as { Statement: { Sid: string; Action: string[]; Resource: string[] }[] };

  it('writes a policy for each role, twice the same, and keeps one that a person changed', async () => {
    const tree = workspace(ROWS['ecs-two-environments']);
    await generated(tree, { iam: true });
    expect(files(tree)).toEqual(['deploy-prod.json', 'deploy-staging.json', 'plan.json', 'push.json']);
    for (const file of files(tree)) {
      const { Statement } = policy(tree, file);
      expect(new Set(Statement.map(({ Sid }) => Sid)).size).toBe(Statement.length);
      expectGolden(path.join(GOLDENS, `iam-${file}`), tree.read(`iam/${file}`, 'utf-8')!);
    }
    const changes = tree.listChanges().length;
    await generated(tree, { iam: true });
    expect(tree.listChanges().length).toBe(changes);
    tree.write('iam/push.json', '{}');
    expect(await refusal(tree, { iam: true })).toMatchObject({ code: 'already-exists', at: { file: 'iam/push.json' } });
  });

  it('writes none where no job asks AWS', async () => {
    const tree = workspace(ROWS['hosts-with-ghcr']);
    await generated(tree, { iam: true });
    expect(tree.exists('iam')).toBe(false);
  });
});

describe('bad input', () => {
  test.each<[string, Record<string, string>, Partial<CiOptions>, RegExp]>([
    [
      'an environment that is not there',
      { 'environments/prod.yaml': ECS() },
      { environments: 'stage,prod' },
      /no environment "stage"/,
    ],
    ['an environment twice', { 'environments/prod.yaml': ECS() }, { environments: 'prod,prod' }, /twice: prod, prod/],
    [
      'one that is only extended',
      { 'environments/a.yaml': `abstract: true\n${ECS()}` },
      { environments: 'a' },
      /can be deployed/,
    ],
    [
      'environments with two registries, and none that is pushed to',
      { 'environments/prod.yaml': ECS(), 'environments/host.yaml': HOST() },
      {},
      /several registries/,
    ],
    ['a branch with a quote', {}, { branch: "a' || true" }, /not the name of a branch/],
    ['a branch that is an option', {}, { branch: '--x' }, /not the name of a branch/],
  ])('%s', async (_, files, options, message) => {
    expect(await refusal(workspace(files), options)).toMatchObject({
      code: 'wrong-option',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it('an environment with placeholders and a host that is none still has a pipeline', async () => {
    const tree = mixed({
      'environments/prod.yaml': ECS()
        .replace('region: eu-central-1', 'region: "<REGION>"')
        .replace('123456789012.dkr', '<ACCOUNT>.dkr'),
      'environments/host.yaml': HOST('host: "https://x", '),
    });
    const { jobs } = parse(await generated(tree)) as Workflow;
    expect(jobs['deploy-prod']!.steps.flatMap((step) => step.with?.['aws-region'] ?? [])).toEqual(['${{ vars.AWS_REGION }}']);
  });
});

const linter = spawnSync('actionlint', ['-version'], { encoding: 'utf8' });
const testWithLinter = linter.status === 0 ? test : test.skip;
/** A runner of one's own is called as its environment, and `queue` is newer than the linter (https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues). */
const EXPECTED = /unexpected key "queue" for "concurrency" section|label "here" is unknown/;

testWithLinter(`actionlint finds nothing${linter.status === 0 ? '' : ' (skipped: it is not installed)'}`, async () => {
  for (const row of Object.keys(ROWS)) {
    const text = await generated(workspace(ROWS[row]));
    const { stdout } = spawnSync('actionlint', ['-no-color', '-oneline', '-'], { input: text, encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => line !== '' && !EXPECTED.test(line))).toEqual([]);
  }
});
