import { readRelease } from '@kdcube/release/internal';
import { logger, readJson, type Tree, writeJson } from '@nx/devkit';
import { contents, emptyWorkspace, expectTwiceIsOnce, problemsOf } from '../../../testing/generators/workspace';
import initGenerator from './generator';
import type { InitOptions } from './schema';

describe('init', () => {
  // The empty workspace of the test names a formatter that is not installed here.
  beforeAll(() => {
    process.env.NX_SKIP_FORMAT = 'true';
  });
  afterAll(() => {
    delete process.env.NX_SKIP_FORMAT;
  });

  it('lists the plugin, its sync generator and what git should not see', async () => {
    const tree = emptyWorkspace();
    const before = contents(tree);
    await expectTwiceIsOnce(tree, () => initGenerator(tree, {}));
    const { plugins, sync } = readJson(tree, 'nx.json');
    expect({ plugins, sync }).toEqual({
      plugins: [{ plugin: '@kdcube/nx', options: {} }],
      sync: { globalGenerators: ['@kdcube/nx:pins'] },
    });
    expect(tree.read('.gitignore', 'utf-8')).toBe(
      'node_modules\n/dist\n/.nx/*\n!/.nx/nxw.js\n__pycache__\n*.pyc\n.env*\n!.env.example\n',
    );
    const changed = Object.entries(contents(tree)).flatMap(([file, text]) => (before[file] === text ? [] : [file]));
    expect(changed.sort()).toEqual([
      '.gitignore',
      'images/kdcube-chat-proc-bundled/Dockerfile_ChatProcBundled',
      'images/kdcube-exec-bundled/Dockerfile_ExecBundled',
      'nx.json',
    ]);
  });

  it('keeps what a person wrote: other plugins, options, ignored files, line ends', async () => {
    const tree = emptyWorkspace();
    writeJson(tree, 'nx.json', {
      plugins: ['@other/plugin', { plugin: '@kdcube/nx', options: { generation: '2026.3.1' }, include: ['images/**'] }],
      sync: { applyChanges: true, globalGenerators: ['@other/plugin:sync'] },
    });
    tree.write('.gitignore', '# ours\r\ndist/\r\n/secret');
    await expectTwiceIsOnce(tree, () => initGenerator(tree, { registry: 'ghcr.io/acme' }));
    expect(readJson(tree, 'nx.json')).toEqual({
      plugins: [
        '@other/plugin',
        { plugin: '@kdcube/nx', options: { generation: '2026.3.1', registry: 'ghcr.io/acme' }, include: ['images/**'] },
      ],
      sync: { applyChanges: true, globalGenerators: ['@other/plugin:sync', '@kdcube/nx:pins'] },
    });
    expect(tree.read('.gitignore', 'utf-8')).toBe(
      '# ours\r\ndist/\r\n/secret\r\nnode_modules\r\n/.nx/*\r\n!/.nx/nxw.js\r\n__pycache__\r\n*.pyc\r\n.env*\r\n!.env.example\r\n',
    );
  });

  it('leaves a plugin that is listed by its name alone, and gives it options when there is one', async () => {
    const tree = emptyWorkspace();
    writeJson(tree, 'nx.json', { plugins: ['@kdcube/nx'], sync: { globalGenerators: ['@kdcube/nx:pins'] } });
    await initGenerator(tree, {});
    expect(readJson(tree, 'nx.json').plugins).toEqual(['@kdcube/nx']);
    await initGenerator(tree, { registry: '127.0.0.1:5000' });
    expect(readJson(tree, 'nx.json').plugins).toEqual([{ plugin: '@kdcube/nx', options: { registry: '127.0.0.1:5000' } }]);
  });

  it('leaves a workspace that has an image without another one', async () => {
    const tree = emptyWorkspace();
    tree.write('images/acme-proc/Dockerfile', 'FROM scratch\n');
    await initGenerator(tree, {});
    expect(tree.children('images')).toEqual(['acme-proc']);
  });

  it.each([
    ['another project called release', 'tools/release/project.json', { name: 'release' }, 'kdcube-release'],
    ['a project of the root', 'package.json', { name: 'acme', nx: {} }, 'acme'],
    ['a project of the root called release', 'project.json', { name: 'release' }, undefined],
  ])('names the project of release.yaml beside %s', async (_, file, content, project) => {
    const tree = emptyWorkspace();
    writeJson(tree, file, content);
    await expectTwiceIsOnce(tree, () => initGenerator(tree, {}));
    expect(readJson(tree, 'nx.json').plugins).toEqual([
      { plugin: '@kdcube/nx', options: project === undefined ? {} : { project } },
    ]);
  });

  const ENTRYPOINT =
    'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n@agentic_workflow(name="x")\nclass X:\n    pass\n';
  const REPOSITORY = {
    'service/bundles/shop@1-0/entrypoint.py': ENTRYPOINT,
    'bundles/help/entrypoint.py': ENTRYPOINT,
    'bundles/json/entrypoint.py': ENTRYPOINT,
    'ops/prod/Dockerfile_ChatProcBundled': 'FROM kdcube-chat-proc:1\nCOPY ./bundles /bundles\n',
    'ops/prod/docker-compose.yaml': 'services: {}\n',
  };

  function repository(files: Record<string, string> = REPOSITORY) {
    const tree = emptyWorkspace();
    for (const [file, text] of Object.entries(files)) tree.write(file, text);
    return tree;
  }

  async function linesOf(tree: Tree, options: InitOptions): Promise<string[]> {
    const lines: string[] = [];
    jest.spyOn(logger, 'info').mockImplementation((line: string) => void lines.push(line));
    const callback = await initGenerator(tree, options);
    await callback?.();
    return lines;
  }

  it('uses what a repository has: bundles, a Dockerfile where it is; names what else there is, once', async () => {
    const tree = repository();
    const lines = await linesOf(tree, { platformRef: '2026.7.20.444' });
    expect(readJson(tree, 'nx.json').plugins).toEqual([
      { plugin: '@kdcube/nx', options: { images: { 'kdcube-chat-proc-bundled': 'ops/prod/Dockerfile_ChatProcBundled' } } },
    ]);
    expect(tree.children('images')).toEqual(['kdcube-exec-bundled']);
    expect(readRelease(tree.read('release.yaml')!, 'release.yaml')).toMatchObject({
      problems: [],
      release: {
        bundles: [
          { id: 'help', subdir: 'bundles' },
          { id: 'shop@1-0', subdir: 'service/bundles' },
        ],
      },
    });
    expect(lines).toEqual([
      expect.stringMatching(/^not added {4}bundles\/json: .*standard library/),
      expect.stringMatching(/^not listed {3}bundles\/json: /),
      'to import    npx nx run release:import-compose --environment=host --dir=ops/prod',
    ]);
    const before = contents(tree);
    expect(await linesOf(tree, { platformRef: '2026.8.1' })).toEqual([]);
    expect(contents(tree)).toEqual(before);
  });

  it('does not look with --no-discover, and writes no release.yaml without a platform version', async () => {
    const tree = repository();
    expect(await linesOf(tree, { discover: false })).toEqual([expect.stringContaining('npx nx g @kdcube/nx:bundle my-bundle')]);
    expect(tree.exists('release.yaml')).toBe(false);
    expect(tree.children('images').sort()).toEqual(['kdcube-chat-proc-bundled', 'kdcube-exec-bundled']);
    expect(await linesOf(tree, {})).toEqual([]);
    expect(await linesOf(tree, { platformRef: '2026.7.20.444' })).toContainEqual(expect.stringContaining('not added'));
    expect(tree.exists('release.yaml')).toBe(true);
  });

  it('says how the bundles that are there get into a release.yaml', async () => {
    expect(await linesOf(repository(), {})).toContainEqual(
      expect.stringMatching(
        /^next .*:init --platformRef=<version> {4}which writes release.yaml with the 3 bundles that are here$/,
      ),
    );
  });

  it('adds no bundle to what --from says, and no image beside a new one', async () => {
    const tree = repository({
      ...REPOSITORY,
      'images/acme-proc/Dockerfile': 'FROM x\nCOPY ./bundles /bundles\n',
      'seed.yaml': 'platform: {ref: "2026.7.20.444"}\nbundles: {items: [{id: app, repo: "git@x.org:a/b.git", ref: v1}]}\n',
    });
    const lines = await linesOf(tree, { from: ['seed.yaml'] });
    expect(readRelease(tree.read('release.yaml')!, 'release.yaml').release!.bundles.map(({ id }) => id)).toEqual(['app']);
    expect(tree.children('images')).toEqual(['acme-proc']);
    expect(lines.filter((line) => line.startsWith('not listed'))).toHaveLength(3);
  });

  it('refuses a registry that is none', async () => {
    const tree = emptyWorkspace();
    expect(await problemsOf(tree, () => initGenerator(tree, { registry: 'https://ghcr.io/acme' }))).toContain('registry-name');
  });
});
