import * as fs from 'node:fs';
import * as path from 'node:path';
import { changedPaths, currentBranch, headCommit, openWorktree, ownRemoteUrl } from './worktree';
import { commit, gitSync, newRepo, problemOf, sandbox, write, type Sandbox } from '../../testing/git-kit';

// Many small git processes, on machines under load.
jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

describe('openWorkspace', () => {
  it('finds the repository around a folder', async () => {
    const dir = newRepo(box.folder('w'), { 'sub/x': 'x' });
    expect(await openWorktree(dir)).toMatchObject({ root: dir, prefix: '' });
    expect(await openWorktree(path.join(dir, 'sub'))).toMatchObject({
      root: path.join(dir, 'sub'),
      prefix: 'sub/',
      index: path.join(dir, '.git/index'),
    });
  });

  it('outside a repository, hints at the command to run', async () => {
    expect(await problemOf(openWorktree(box.folder('plain')))).toMatchObject({
      code: 'not-a-repository',
      hint: expect.stringContaining('git init'),
    });
    const bare = box.folder('bare');
    gitSync(bare, 'init', '--quiet', '--bare');
    expect((await problemOf(openWorktree(bare))).code).toBe('not-a-repository');
  });

  it('reports a missing folder, not a missing git', async () => {
    expect((await problemOf(openWorktree(path.join(box.dir, 'gone')))).message).toContain('gone does not exist');
  });

  it('reports that git is missing or too old', async () => {
    const before = process.env.PATH;
    const bin = box.folder('bin');
    process.env.PATH = bin;
    const missing = await problemOf(openWorktree(box.dir));
    write(bin, { git: { executable: '#!/bin/sh\necho git version 2.25.1\n' } });
    process.env.PATH = `${bin}${path.delimiter}${before}`;
    const old = await problemOf(openWorktree(box.dir));
    process.env.PATH = before;
    expect([missing.code, old.code]).toEqual(['git-missing', 'git-missing']);
    expect(old.message).toContain('2.25.1');
  });
});

describe('the workspace', () => {
  it('returns its own remote without user information', async () => {
    const dir = newRepo(box.folder('w'));
    expect(await ownRemoteUrl(dir)).toBeUndefined();
    gitSync(dir, 'remote', 'add', 'upstream', 'https://user:secret@example.org/team/repo.git');
    gitSync(dir, 'config', 'url.https://token@example.net/.insteadOf', 'https://user:secret@example.org/');
    expect(await ownRemoteUrl(dir)).toBe('https://example.org/team/repo.git');
    gitSync(dir, 'remote', 'add', 'other', '/x');
    expect(await ownRemoteUrl(dir)).toBeUndefined();
    gitSync(dir, 'remote', 'add', 'origin', 'git@example.org:team/repo.git');
    expect(await ownRemoteUrl(dir)).toBe('git@example.org:team/repo.git');
  });

  it('returns its commit and its branch', async () => {
    const dir = newRepo(box.folder('w'));
    expect([await headCommit(dir), await currentBranch(dir)]).toEqual([undefined, 'main']);
    const id = commit(dir, { a: 'a' });
    gitSync(dir, 'checkout', '--quiet', '--detach');
    expect([await headCommit(dir), await currentBranch(dir)]).toEqual([id, undefined]);
  });

  it('lists uncommitted paths, only below the requested ones', async () => {
    const top = newRepo(box.folder('w'), {
      'ws/pins/a/pin.json': '1',
      'ws/pins/b/pin.json': '1',
      'ws/release.yaml': 'r',
      '.gitignore': 'dist\n',
      outside: 'o',
    });
    const dir = path.join(top, 'ws');
    expect(await changedPaths(dir, ['pins', 'release.yaml', ''])).toEqual([]);
    write(dir, {
      'pins/a/pin.json': '2',
      'pins/b/pin.json': null,
      'pins/c d/pin.json': 'new',
      'pins/dist': 'ignored',
      'notes.txt': 'n',
    });
    gitSync(dir, 'add', 'pins/a');
    const index = fs.statSync(path.join(top, '.git/index')).mtimeMs;
    expect((await changedPaths(dir, ['pins'])).sort()).toEqual(['pins/a/pin.json', 'pins/b/pin.json', 'pins/c d/pin.json']);
    expect(await changedPaths(dir, ['release.yaml', 'missing'])).toEqual([]);
    expect(await changedPaths(dir, [])).toEqual([]);
    expect(await changedPaths(dir, ['*'])).toEqual([]);
    expect(fs.statSync(path.join(top, '.git/index')).mtimeMs).toBe(index);
  });
});
