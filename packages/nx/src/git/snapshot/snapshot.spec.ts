import * as fs from 'node:fs';
import * as path from 'node:path';
import { gitBytes } from '../git';
import { readStatus } from '../status';
import { withSnapshot, workspaceTree } from './snapshot';
import { commit, gitInput, gitSync, newRepo, problemOf, sandbox, snapshot, write, type Sandbox } from '../../../testing/git-kit';

// Many small git processes, on machines under load.
jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

const FILES = {
  'bundles/a/entrypoint.py': 'x = 1\n',
  'bundles/a/run.sh': { executable: '#!/bin/sh\n' },
  'bundles/a/lib/u.py': 'y\n',
  'other.txt': 'o\n',
};

describe('workspaceTree', () => {
  it('returns the tree of HEAD for a committed folder', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    expect(await workspaceTree(dir, 'bundles/a')).toEqual({ tree: gitSync(dir, 'rev-parse', 'HEAD:bundles/a'), committed: true });
    expect(await workspaceTree(dir, './bundles//a/')).toEqual(await workspaceTree(dir, 'bundles/a'));
    expect(await workspaceTree(dir, '')).toEqual({ tree: gitSync(dir, 'rev-parse', 'HEAD^{tree}'), committed: true });
  });

  it('returns the tree that a commit of everything would have, and leaves the repository unchanged to the byte', async () => {
    const dir = newRepo(box.folder('w'), { ...FILES, '.gitignore': 'secret.env\n' });
    write(dir, {
      'bundles/a/entrypoint.py': 'x = 2\n',
      'bundles/a/new.py': 'n\n',
      'bundles/a/lib/u.py': null,
      'bundles/a/secret.env': 's',
      'bundles/a/ü ñ.txt': 'u',
    });
    gitSync(dir, 'add', '--', 'bundles/a/new.py');
    // Without times: git updates the time of an object that already exists when it would write it.
    const before = snapshot(path.join(dir, '.git'));
    const indexTime = fs.statSync(path.join(dir, '.git/index')).mtimeMs;
    const found = await workspaceTree(dir, 'bundles/a');
    expect(snapshot(path.join(dir, '.git'))).toEqual(before);
    expect(fs.statSync(path.join(dir, '.git/index')).mtimeMs).toBe(indexTime);
    commit(dir, { 'bundles/a/secret.env': null });
    expect(found).toEqual({ tree: gitSync(dir, 'rev-parse', 'HEAD:bundles/a'), committed: false });
  });

  it('detects a change of the same size in the same second as the index', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    for (let round = 0; round < 8; round += 1) {
      const file = path.join(dir, 'bundles/a/entrypoint.py');
      commit(dir, { 'bundles/a/entrypoint.py': `x = ${round}A\n` });
      fs.writeFileSync(file, `x = ${round}B\n`);
      expect((await workspaceTree(dir, 'bundles/a'))?.committed).toBe(false);
    }
  });

  it('reads new content back through its store', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    write(dir, { 'bundles/a/entrypoint.py': 'fresh\n' });
    const content = await withSnapshot(dir, async ({ tree }) => {
      const found = await tree('bundles/a');
      return gitBytes(found!.store.context, ['cat-file', 'blob', `${found!.tree}:entrypoint.py`]);
    });
    expect(content.toString()).toBe('fresh\n');
  });

  it.each([
    ['a whole clone', []],
    ['a partial clone, which must not fetch into the repository', ['--filter=blob:none']],
  ])('reads committed and uncommitted objects from their own stores: %s', async (_, options) => {
    const origin = newRepo(box.folder('origin'), { ...FILES, 'bundles/b/entrypoint.py': 'b\n' });
    gitSync(origin, 'config', 'uploadpack.allowFilter', 'true');
    const dir = box.folder('clone');
    gitSync(dir, 'clone', '--quiet', ...options, `file://${origin}`, '.');
    write(dir, { 'bundles/b/entrypoint.py': 'changed\n' });
    const before = snapshot(path.join(dir, '.git'));
    const found = await withSnapshot(dir, async ({ tree }) => {
      const trees = await Promise.all(['bundles/a', 'bundles/b'].map(tree));
      const texts = trees.map((each) => gitBytes(each!.store.context, ['cat-file', 'blob', `${each!.tree}:entrypoint.py`]));
      return {
        isHere: trees.map((each) => each!.store.context.env === undefined),
        texts: (await Promise.all(texts)).map(String),
      };
    });
    expect(found).toEqual({ isHere: [options.length === 0, false], texts: ['x = 1\n', 'changed\n'] });
    expect(snapshot(path.join(dir, '.git'))).toEqual(before);
  });

  it('does not treat later commits as committed', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    write(dir, { 'bundles/a/entrypoint.py': 'x = 2\n' });
    const status = readStatus(dir);
    const head = (await status.checkout)!.head;
    commit(dir, {});
    const found = await withSnapshot(dir, async (snapshot) => [await snapshot.head(), await snapshot.tree('bundles/a')], status);
    expect(found).toEqual([
      head,
      expect.objectContaining({ tree: gitSync(dir, 'rev-parse', 'HEAD:bundles/a'), committed: false }),
    ]);
  });

  it('supports concurrent requests', async () => {
    const dir = newRepo(box.folder('w'), { ...FILES, 'bundles/b/entrypoint.py': 'b\n' });
    const trees = await withSnapshot(dir, ({ tree }) =>
      Promise.all(['bundles/a', 'bundles/b', 'bundles/a/lib', 'nothing'].map(tree)),
    );
    expect(trees.map((each) => each?.committed)).toEqual([true, true, true, undefined]);
  });

  it('returns undefined for a folder in which git sees nothing', async () => {
    const dir = newRepo(box.folder('w'), { ...FILES, '.gitignore': 'ignored/\n' });
    fs.mkdirSync(path.join(dir, 'empty'));
    write(dir, { 'ignored/x': 'x', 'bundles/a/entrypoint.py': null, 'bundles/a/run.sh': null, 'bundles/a/lib/u.py': null });
    for (const folder of ['missing', 'empty', 'ignored', 'bundles/a']) expect(await workspaceTree(dir, folder)).toBeUndefined();
  });

  it('includes tracked files in an ignored folder, and only those', async () => {
    const dir = newRepo(box.folder('w'), { ...FILES, '.gitignore': 'gen/\n', 'gen/kept.py': '1\n' });
    write(dir, { 'gen/kept.py': '2\n', 'gen/dropped.py': 'd' });
    const found = await workspaceTree(dir, 'gen');
    gitSync(dir, 'commit', '--quiet', '--all', '--message', 'x');
    expect(found?.tree).toBe(gitSync(dir, 'rev-parse', 'HEAD:gen'));
    expect(gitSync(dir, 'ls-tree', '--name-only', found!.tree)).toBe('kept.py');
  });

  it('works before the first commit, and without an index', async () => {
    const dir = newRepo(box.folder('w'));
    write(dir, FILES);
    const found = await workspaceTree(dir, 'bundles/a');
    expect(found?.committed).toBe(false);
    commit(dir, {});
    expect(found?.tree).toBe(gitSync(dir, 'rev-parse', 'HEAD:bundles/a'));
  });

  it('returns the same tree in every kind of clone', async () => {
    const origin = newRepo(box.folder('origin'), {
      ...FILES,
      'bundles/a/crlf.txt': 'one\r\ntwo\r\n',
      'bundles/a/mixed.txt': 'one\ntwo\r\n',
    });
    commit(origin, { 'bundles/a/more.py': 'm\n' });
    const expected = { tree: gitSync(origin, 'rev-parse', 'HEAD:bundles/a'), committed: true };
    gitSync(origin, 'config', 'uploadpack.allowFilter', 'true');
    const clones: string[][] = [
      ['--config', 'core.autocrlf=true'],
      ['--config', 'core.autocrlf=input', '--config', 'core.safecrlf=true'],
      ['--config', 'core.fileMode=false'],
      ['--depth=1'],
      ['--filter=blob:none'],
      ['--filter=tree:0', '--depth=1'],
      ['--filter=blob:none', '--sparse'],
      ['--config', 'core.splitIndex=true'],
      ['--config', 'index.version=4', '--config', 'core.untrackedCache=true'],
    ];
    for (const options of clones) {
      const dir = box.folder('clone');
      gitSync(dir, 'clone', '--quiet', ...options, `file://${origin}`, '.');
      if (options.includes('core.fileMode=false')) fs.chmodSync(path.join(dir, 'bundles/a/run.sh'), 0o644);
      const files = fs.existsSync(path.join(dir, 'bundles')) ? Object.keys(snapshot(path.join(dir, 'bundles'))) : [];
      // The index does not have these times, so git must read every file again.
      for (const name of files.filter((each) => !each.endsWith('/'))) {
        fs.utimesSync(path.join(dir, 'bundles', name), 1_600_000_000, 1_600_000_000);
      }
      expect([options, await workspaceTree(dir, 'bundles/a')]).toEqual([options, expected]);
    }
    const worktree = path.join(box.folder('linked'), 'tree');
    gitSync(origin, 'worktree', 'add', '--quiet', worktree);
    expect(await workspaceTree(worktree, 'bundles/a')).toEqual(expected);
  });

  it('works in a workspace in a subfolder of the repository, with any characters in its name', async () => {
    const dir = newRepo(box.folder('a:b "c" ü\\d'), { 'sub folder/bundles/a/entrypoint.py': '1\n' });
    const root = path.join(dir, 'sub folder');
    const tree = gitSync(dir, 'rev-parse', 'HEAD:sub folder/bundles/a');
    expect(await workspaceTree(root, 'bundles/a')).toEqual({ tree, committed: true });
    write(root, { 'bundles/a/[x]*?.py': 'glob\n' });
    expect((await workspaceTree(root, 'bundles/a'))?.committed).toBe(false);
  });

  it('ignores a merge conflict elsewhere, and variables that a hook set', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    gitSync(dir, 'checkout', '--quiet', '-b', 'side');
    commit(dir, { 'other.txt': 'side\n' });
    gitSync(dir, 'checkout', '--quiet', 'main');
    commit(dir, { 'other.txt': 'main\n' });
    expect(() => gitSync(dir, 'merge', 'side')).toThrow();
    Object.assign(process.env, { GIT_DIR: '/nonexistent', GIT_INDEX_FILE: '/nonexistent/index', GIT_WORK_TREE: '/' });
    const found = await workspaceTree(dir, 'bundles/a');
    for (const name of ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_WORK_TREE']) delete process.env[name];
    expect(found).toEqual({ tree: gitSync(dir, 'rev-parse', 'HEAD:bundles/a'), committed: true });
  });

  it('runs no hook and no monitor', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    const mark = path.join(box.dir, 'ran');
    for (const hook of ['post-index-change', 'fsmonitor'])
      write(dir, { [`.git/hooks/${hook}`]: { executable: `#!/bin/sh\ntouch ${mark}\n` } });
    gitSync(dir, 'config', 'core.fsmonitor', '.git/hooks/fsmonitor');
    write(dir, { 'bundles/a/n.py': 'n' });
    await workspaceTree(dir, 'bundles/a');
    expect(fs.existsSync(mark)).toBe(false);
  });

  it('treats an embedded repository as a gitlink; one without a commit, and a file in one, are Problems', async () => {
    const dir = newRepo(box.folder('w'), FILES);
    fs.mkdirSync(path.join(dir, 'bundles/a/inner'));
    newRepo(path.join(dir, 'bundles/a/inner'));
    expect((await problemOf(workspaceTree(dir, 'bundles/a'))).code).toBe('submodule');
    commit(path.join(dir, 'bundles/a/inner'), { 'deep/x': 'x' });
    const found = await withSnapshot(dir, async (snapshot) => {
      const { tree, store } = (await snapshot.tree('bundles/a'))!;
      return gitBytes(store.context, ['ls-tree', tree, 'inner']);
    });
    expect(found.toString()).toMatch(/^160000 commit/);
    gitInput(dir, '', 'add', 'bundles/a/inner');
    expect((await problemOf(workspaceTree(dir, 'bundles/a/inner/deep'))).code).toBe('submodule');
  });

  it('rejects a folder that leaves the workspace, is absolute or is reached through a link', async () => {
    const dir = newRepo(box.folder('w'), { ...FILES, 'bundles/l': { link: 'a' } });
    for (const folder of ['../x', 'bundles/../../x', '/etc', '.git', 'bundles/l', 'bundles/l/lib', '--all']) {
      expect([folder, (await problemOf(workspaceTree(dir, folder))).code]).toEqual([folder, 'unsafe-path']);
    }
  });
});
