import { readJson, writeJson } from '@nx/devkit';
import { contents, emptyWorkspace, expectTwiceIsOnce, problemsOf } from '../../../testing/generators/workspace';
import initGenerator from './generator';

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

  it('refuses a registry that is none', async () => {
    const tree = emptyWorkspace();
    expect(await problemsOf(tree, () => initGenerator(tree, { registry: 'https://ghcr.io/acme' }))).toContain('registry-name');
  });
});
