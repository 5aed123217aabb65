import { readRelease } from '@kdcube/release/internal';
import { writeJson, type Tree } from '@nx/devkit';
import imageGenerator from '../image/generator';
import {
  contents,
  emptyWorkspace,
  expectTwiceIsOnce,
  problemsOf,
  workspaceWithRelease,
} from '../../../testing/generators/workspace';
import bundleGenerator from './generator';
import { className } from './plan';

const releaseOf = (tree: Tree) => readRelease(tree.read('release.yaml')!, 'release.yaml');

describe('bundle', () => {
  it('writes a folder and one entry, and nothing the second time', async () => {
    const tree = await workspaceWithRelease();
    const before = contents(tree);
    await expectTwiceIsOnce(tree, () => bundleGenerator(tree, { name: 'my-bundle' }));
    const after = contents(tree);
    const changed = Object.keys(after).filter((file) => before[file] !== after[file]);
    expect(changed.sort()).toEqual([
      'bundles/my-bundle/README.md',
      'bundles/my-bundle/__init__.py',
      'bundles/my-bundle/entrypoint.py',
      'bundles/my-bundle/services/__init__.py',
      'bundles/my-bundle/services/answer.py',
      'bundles/my-bundle/tests/test_entrypoint.py',
      'release.yaml',
    ]);
    expect(releaseOf(tree)).toMatchObject({
      problems: [],
      release: { bundles: [{ id: 'my-bundle', kind: 'workspace', subdir: 'bundles', folder: 'my-bundle' }] },
    });
  });

  it('keeps every comment of release.yaml, bundle after bundle', async () => {
    const tree = await workspaceWithRelease();
    const lines = tree.read('release.yaml', 'utf-8')!.split('\n');
    await bundleGenerator(tree, { name: 'first', title: 'The "first": #1', description: 'Says <hello> & more.' });
    await bundleGenerator(tree, { name: 'second@1-0-0', directory: './service/bundles/' });
    const text = tree.read('release.yaml', 'utf-8')!;
    for (const line of lines.filter((each) => each !== '  items: []')) expect(text.split('\n')).toContain(line);
    expect(text.slice(text.indexOf('  items:'))).toBe(
      [
        '  items:',
        '    - id: "first"',
        '      name: "The \\"first\\": #1"',
        '      description: "Says <hello> & more."',
        '    - id: "second@1-0-0"',
        '      subdir: "service/bundles"',
        '',
      ].join('\n'),
    );
    expect(tree.read('bundles/first/README.md', 'utf-8')).toMatch(/^# The "first": #1\n/);
    expect(tree.exists('service/bundles/second@1-0-0/entrypoint.py')).toBe(true);
  });

  it('never touches a folder again that its author edited', async () => {
    const tree = await workspaceWithRelease();
    await bundleGenerator(tree, { name: 'mine' });
    tree.write('bundles/mine/entrypoint.py', '# edited\n');
    tree.delete('bundles/mine/README.md');
    const edited = contents(tree);
    await bundleGenerator(tree, { name: 'mine' });
    expect(contents(tree)).toEqual(edited);
  });

  it('writes the folder of a bundle that is listed and has none', async () => {
    const tree = emptyWorkspace();
    const text = 'platform: {ref: "2026.7.1"}\nbundles:\n  items:\n    - {id: mine} # ours\n';
    tree.write('release.yaml', text);
    await bundleGenerator(tree, { name: 'mine' });
    expect(tree.read('release.yaml', 'utf-8')).toBe(text);
    expect(tree.exists('bundles/mine/entrypoint.py')).toBe(true);
  });

  it('adds a pinned bundle as lines of release.yaml and no folder, dots in its id or not', async () => {
    const tree = await workspaceWithRelease();
    const pinned = { repo: 'git@github.com:org/app.git', ref: 'v2.0.0', subdir: 'service/bundles/' };
    await expectTwiceIsOnce(tree, () => bundleGenerator(tree, { name: 'app@2.0.0', ...pinned }));
    await bundleGenerator(tree, { name: 'tool', repo: 'git@github.com:org/tool.git', ref: 'v1' });
    expect(tree.exists('bundles')).toBe(false);
    expect(releaseOf(tree)).toMatchObject({
      problems: [],
      release: {
        bundles: [
          { id: 'app@2.0.0', folder: 'app_2_0_0', kind: 'pinned', ...pinned, subdir: 'service/bundles' },
          { id: 'tool', kind: 'pinned', ref: 'v1', subdir: '' },
        ],
      },
    });
    expect(await problemsOf(tree, () => bundleGenerator(tree, { name: 'app@2.0.0', ...pinned, ref: 'v3' }))).toContain(
      'duplicate-id',
    );
    expect(await problemsOf(tree, () => bundleGenerator(tree, { name: 'tool' }))).toContain('duplicate-id');
  });

  it.each([
    ['../../etc', 'unsafe-id'],
    ['-rf', 'unsafe-id'],
    ['a b', 'unsafe-id'],
    ['a\nb', 'unsafe-id'],
    ['a\0b', 'unsafe-id'],
    ['a'.repeat(300), 'unsafe-id'],
    ['release', 'unsafe-id'],
    ['', 'unsafe-id'],
    ['my-bundle@1.0.0', 'nx g @kdcube/nx:bundle my-bundle@1-0-0'],
    ['kdcube.admin', 'unsafe-id'],
    ['class', 'reserved-id: "class" is a keyword of Python'],
    ['None', 'reserved-id: "None" is a keyword of Python'],
    ['007', 'reserved-id: "007" is a number'],
    ['json', 'a module of Python’s standard library'],
    ['constructor', 'reserved-id'],
    ['__proto__', 'unsafe-id'],
    ['First', 'id-case-clash'],
    ['a_1', 'folder-clash'],
    ['images-name', 'already-exists'],
    ['there', 'already-exists'],
    ['THERE', 'id-case-clash'],
  ])('refuses the id %j', async (name, code) => {
    const tree = await workspaceWithRelease();
    await bundleGenerator(tree, { name: 'first' });
    await bundleGenerator(tree, { name: 'a.1', repo: 'git@github.com:org/app.git', ref: 'v1' });
    await imageGenerator(tree, { name: 'images-name', kind: 'exec-bundled' });
    tree.write('bundles/there/notes.txt', 'mine');
    expect(await problemsOf(tree, () => bundleGenerator(tree, { name }))).toContain(code);
  });

  it('refuses ids that the platform keeps for itself, by the generation of the release', async () => {
    const tree = emptyWorkspace();
    tree.write('release.yaml', 'platform: {ref: "2026.3.4.1716"}\nbundles:\n  items: []\n');
    const react = () => bundleGenerator(tree, { name: 'react@2026-02-10-02-44' });
    expect(await problemsOf(tree, react)).toContain('reserved-id');
    const today = await workspaceWithRelease();
    await bundleGenerator(today, { name: 'react@2026-02-10-02-44' });
    expect(releaseOf(today).problems).toEqual([]);
  });

  it.each([
    [{ repo: 'git@github.com:org/app.git' }, 'missing-ref'],
    [{ ref: 'v1' }, 'ref-without-repo'],
    [{ repo: 'git@github.com:org/app.git', ref: 'main' }, 'mutable-ref'],
    [{ repo: 'git@github.com:org/app.git', ref: '--upload-pack=x' }, 'unsafe-ref'],
    [{ repo: 'ext::sh -c x', ref: 'v1' }, 'unsafe-url'],
    [{ repo: 'https://ann:hunter2@example.org/app.git', ref: 'v1' }, 'url-with-password'],
    [{ repo: 'git@github.com:org/app.git', ref: 'v1', subdir: '../x' }, 'unsafe-path'],
    [{ subdir: 'x' }, '--directory=x'],
    [{ directory: '../x' }, 'unsafe-path'],
    [{ directory: '/etc' }, 'unsafe-path'],
    [{ directory: 'package.json' }, 'already-exists'],
    [{ title: 'two\nlines' }, 'wrong-option'],
  ])('refuses %j', async (options, code) => {
    const tree = await workspaceWithRelease();
    const problems = await problemsOf(tree, () => bundleGenerator(tree, { name: 'mine', ...options }));
    expect(problems).toContain(code);
    expect(problems).not.toContain('hunter2');
  });

  it.each([
    [undefined, 'wrong-option'],
    ['a: [', 'yaml-syntax'],
    ['', 'yaml-empty'],
    ['bundles: [{id: a}]\n', 'list-form'],
  ])('explains the release.yaml %j and leaves it', async (text, code) => {
    const tree = emptyWorkspace();
    if (text !== undefined) tree.write('release.yaml', text);
    expect(await problemsOf(tree, () => bundleGenerator(tree, { name: 'mine' }))).toContain(code);
  });

  it('writes release.yaml in a workspace that has none, if it is told the platform version', async () => {
    const tree = emptyWorkspace();
    writeJson(tree, 'package.json', { name: '@acme/bundles' });
    await expectTwiceIsOnce(tree, () => bundleGenerator(tree, { name: 'mine', platformRef: '2026.7.20.444' }));
    expect(releaseOf(tree)).toMatchObject({
      problems: [],
      release: { name: 'bundles-1', platform: { ref: '2026.7.20.444' }, bundles: [{ id: 'mine' }] },
    });
  });

  it('gives the class a name that Python takes', () => {
    expect(['my-bundle@1-0', 'invoices', '2nd@1', 'none', 'MY_BUNDLE'].map(className)).toEqual([
      'MyBundle',
      'InvoicesBundle',
      'Bundle2nd',
      'NoneBundle',
      'MYBUNDLE',
    ]);
  });
});
