import { readEnvironment } from '@kdcube/release/internal';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import environmentGenerator from './generator';

const known = {
  tenant: 'acme',
  project: 'demo',
  registry: 'ghcr.io/acme',
  account: '123456789012',
  region: 'eu-central-1',
  cluster: 'acme',
};

function read(tree: ReturnType<typeof createTreeWithEmptyWorkspace>, name: string, fill = (text: string) => text) {
  const images = tree.children('images');
  return readEnvironment(
    name,
    { list: (path) => tree.children(path), read: (path) => (tree.exists(path) ? fill(tree.read(path, 'utf-8')!) : undefined) },
    { images },
  );
}

function workspace() {
  const tree = createTreeWithEmptyWorkspace();
  tree.write('images/kdcube-chat-proc-bundled/Dockerfile_ChatProcBundled', 'FROM x\n');
  tree.write('images/kdcube-exec-bundled/Dockerfile_ExecBundled', 'FROM x\n');
  return tree;
}

describe.each(['ecs', 'compose'] as const)('%s', (target) => {
  it('is right but for its placeholders; filled in, nothing is wrong', async () => {
    const tree = workspace();
    await environmentGenerator(tree, { name: 'prod', target });
    const { problems } = read(tree, 'prod');
    expect(problems.length).toBeGreaterThan(0);
    // What is not filled in may have a wrong form too; nothing else is wrong.
    const lines = tree.read('environments/prod.yaml', 'utf-8')!.split('\n');
    expect(problems.filter(({ at }) => !/<[A-Z_]+>/.test(lines[at!.line! - 1]!))).toEqual([]);
    await environmentGenerator(tree, { name: 'known', target, ...known });
    const fill = (text: string) =>
      text
        .replace(/<DIGEST>/g, 'ab'.repeat(32))
        .replace('<SUBNET>', 'subnet-0a1b2c3d')
        .replace('<POSTGRES_HOST>', 'db.acme.example')
        .replace('<BUCKET>', 'acme');
    const { environment, problems: rest } = read(tree, 'known', fill);
    expect(rest).toEqual([]);
    expect(environment!.services.map(({ component }) => component)).toEqual(['postgres-setup', 'proc', 'ingress', 'metrics']);
    expect(environment!.exec!.runtime).toBe(target === 'ecs' ? 'fargate' : 'docker');
  });
});

it('with a frontend of its own: the service, and config.json to be filled in', async () => {
  const tree = workspace();
  tree.write(
    'release.yaml',
    'platform: {ref: "2026.07.20.444"}\nfrontend: {repo: "https://git.example/ui.git", ref: v1}\nbundles: {items: [{id: a}]}\n',
  );
  tree.write('images/kdcube-web-ui/Dockerfile_UI', 'FROM x\nCOPY frontend/ /app/\n');
  await environmentGenerator(tree, { name: 'prod', target: 'compose', ...known });
  const fill = (text: string) =>
    text
      .replace(/<DIGEST>/g, 'ab'.repeat(32))
      .replace('<POSTGRES_HOST>', 'db.acme.example')
      .replace('<ROUTES_PREFIX>', '/platform');
  const open = read(tree, 'prod', fill).problems;
  expect(open).toMatchObject([{ code: 'placeholder', at: { path: 'frontend.config.auth.authType' } }]);
  const { environment, problems } = read(tree, 'prod', (text) => fill(text).replace('<AUTH_TYPE>', 'none'));
  expect(problems).toEqual([]);
  expect(environment!.frontend!.config).toEqual({
    auth: { authType: 'none' },
    routesPrefix: '/platform',
    tenant: 'acme',
    project: 'demo',
  });
  expect(environment!.services.map(({ component }) => component)).toContain('frontend');

  tree.write('images/kdcube-web-ui/Dockerfile_UI', 'FROM x\nCOPY frontend/ /app/\nCOPY config.json /app/\n');
  tree.write('images/kdcube-web-ui/config.json', '{"tenant": "other", "project": "demo"}');
  await environmentGenerator(tree, { name: 'second', target: 'compose', ...known });
  expect(tree.read('environments/second.yaml', 'utf-8')).not.toContain('frontend');
});

it('a second time changes nothing, whatever was written since', async () => {
  const tree = workspace();
  await environmentGenerator(tree, { name: 'prod', ...known });
  tree.write('environments/prod.yaml', 'mine');
  await environmentGenerator(tree, { name: 'prod', target: 'compose' });
  expect(tree.read('environments/prod.yaml', 'utf-8')).toBe('mine');
});

it.each(['Prod', '../x', '-x', 'a.b', ''])('no environment is called %j', async (name) => {
  await expect(environmentGenerator(workspace(), { name })).rejects.toMatchObject({ problems: [{ code: 'wrong-option' }] });
});

it('a word with quotes stays one', async () => {
  const tree = workspace();
  await environmentGenerator(tree, { name: 'prod', ...known, tenant: 'a"\ntarget: compose' });
  expect(read(tree, 'prod').problems.some(({ code }) => code === 'yaml-syntax' || code === 'yaml-duplicate-key')).toBe(false);
});

it('an account that Nx took for a number keeps its twelve digits', async () => {
  const tree = workspace();
  await environmentGenerator(tree, { name: 'prod', ...known, account: 12345678901 });
  expect(tree.read('environments/prod.yaml', 'utf-8')).toContain('account: "012345678901"');
});
