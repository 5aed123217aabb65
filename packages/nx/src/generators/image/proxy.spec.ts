// A real repository with the platform's layout on this machine.
import { KdcubeError, sha256Of } from '@kdcube/release/internal';
import { createTree } from '@nx/devkit/testing';
import { logger, type Tree } from '@nx/devkit';
import { commit, gitSync, newRepo, type Sandbox, sandbox } from '../../../testing/git-kit';
import { contents, expectTwiceIsOnce, problemsOf } from '../../../testing/generators/workspace';
import imageGenerator from './generator';

const PLACE = 'app/ai-app/deployment/docker';
const COPY = 'images/kdcube-web-proxy/nginx_proxy.conf';
const conf = (port: number) => `http { server { listen ${port}; } } # ü\n`;

let box: Sandbox;
let platform: string;
beforeEach(() => {
  box = sandbox();
  jest.spyOn(logger, 'info').mockImplementation(() => undefined);
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  platform = newRepo(box.folder('kdcube'), {
    [`${PLACE}/all_in_one_kdcube/nginx/conf/nginx_proxy.conf`]: conf(80),
    [`${PLACE}/custom-ui-managed-infra/nginx/conf/nginx_proxy.conf`]: conf(81),
    [`${PLACE}/custom-ui-managed-infra/nginx/conf/nginx_proxy_ecs.conf`]: conf(82),
  });
  gitSync(platform, 'tag', '2026.08.19.120');
});
afterEach(() => {
  jest.restoreAllMocks();
  box.end();
});

function workspace(ref = '2026.08.19.120', repo = `file://${platform}`): Tree {
  const tree = createTree();
  tree.write('nx.json', '{}');
  tree.write('release.yaml', release(ref, repo));
  return tree;
}
const release = (ref: string, repo = `file://${platform}`) =>
  `platform: {repo: ${JSON.stringify(repo)}, ref: ${JSON.stringify(ref)}}\nbundles: {items: [{id: "hello"}]}\n`;

const run = (tree: Tree, config?: string) => imageGenerator(tree, { name: 'kdcube-web-proxy', config });

test('copies the platform’s configuration at platform.ref, byte for byte, and says where it comes from', async () => {
  const tree = workspace();
  await expectTwiceIsOnce(tree, () => run(tree));
  expect(tree.read(COPY, 'utf-8')).toBe(conf(80));
  expect(JSON.parse(tree.read(`${COPY}.source.json`, 'utf-8')!)).toEqual({
    source: 1,
    repo: `file://${platform}`,
    ref: '2026.08.19.120',
    commit: gitSync(platform, 'rev-parse', 'HEAD'),
    path: `${PLACE}/all_in_one_kdcube/nginx/conf/nginx_proxy.conf`,
    sha256: sha256Of(conf(80)),
  });
});

test('after another platform.ref, the same file is copied again', async () => {
  const tree = workspace();
  await run(tree, `${PLACE}/custom-ui-managed-infra/nginx/conf/nginx_proxy.conf`);
  commit(platform, { [`${PLACE}/custom-ui-managed-infra/nginx/conf/nginx_proxy.conf`]: conf(8081) });
  gitSync(platform, 'tag', '2026.08.20.1');
  tree.write('release.yaml', release('2026.08.20.1'));
  await run(tree);
  expect(tree.read(COPY, 'utf-8')).toBe(conf(8081));
  expect(tree.read(`${COPY}.source.json`, 'utf-8')).toContain('"ref": "2026.08.20.1"');
});

test('by its name, wherever the platform has it', async () => {
  const tree = workspace();
  await run(tree, 'nginx_proxy_ecs.conf');
  expect(tree.read('images/kdcube-web-proxy/nginx_proxy_ecs.conf', 'utf-8')).toBe(conf(82));
});

test('a copy that was edited is not replaced', async () => {
  const tree = workspace();
  await run(tree);
  tree.write(COPY, 'mine\n');
  expect(await problemsOf(tree, () => run(tree))).toMatch(/proxy-stale: .* was edited.*\[git checkout images/);
});

test.each([
  [
    'nginx_prox.conf',
    /file-missing: .* has no configuration "nginx_prox\.conf".*\[--config=nginx_proxy\.conf {4}--config=nginx_proxy_ecs\.conf\]/,
  ],
  ['some/where/nginx_proxy.conf', /file-missing: .* has no "some\/where\/nginx_proxy\.conf"/],
  ['../nginx_proxy.conf', /unsafe-path/],
  ['/etc/nginx.conf', /unsafe-path/],
  ['a b', /unsafe-path/],
  ['', /unsafe-path/],
])('--config=%s', async (config, message) => {
  const tree = workspace();
  expect(await problemsOf(tree, () => run(tree, config))).toMatch(message);
});

test.each([
  ['no such ref', () => workspace('2026.01.01.1'), /ref-not-found/],
  ['a branch', () => workspace(gitSync(platform, 'branch', '--show-current')), /mutable-ref/],
  ['a name that nothing resolves', () => workspace(undefined, 'kdcube'), /unknown-repo: .*\[repos:/],
  ['no release', () => createTree(), /file-missing: .*release\.yaml/],
])('%s', async (_, make, message) => {
  const tree = make();
  expect(await problemsOf(tree, () => run(tree))).toMatch(message);
});

test('a configuration that nginx could not read is not copied', async () => {
  commit(platform, { [`${PLACE}/all_in_one_kdcube/nginx/conf/nginx_proxy.conf`]: 'http {\n' });
  gitSync(platform, 'tag', '2026.08.20.1');
  const tree = workspace('2026.08.20.1');
  expect(await problemsOf(tree, () => run(tree))).toMatch(/nginx-syntax: This block is never closed/);
  expect(Object.keys(contents(tree))).not.toContain(COPY);
});

test('another name, and --config of another kind', async () => {
  const tree = workspace();
  expect(await problemsOf(tree, () => imageGenerator(tree, { name: 'acme', kind: 'web-proxy' }))).toMatch(
    /cannot be called "acme"/,
  );
  const other = () => imageGenerator(tree, { name: 'kdcube-exec-bundled', config: 'x.conf' });
  await expect(other()).rejects.toThrow(KdcubeError);
  expect(await problemsOf(tree, other)).toMatch(/--config belongs to the kind web-proxy/);
});
