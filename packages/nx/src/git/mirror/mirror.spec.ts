import * as fs from 'node:fs';
import * as path from 'node:path';
import { gitBytes } from '../git';
import { fetchCommit } from './fetch-commit';
import { findLocalStore } from './local-store';
import { resolveRef } from './resolve-ref';
import { type GitStore, missingObjects } from './store';
import type { RepoSource } from './source';
import { createLog } from '../../system/log';
import { fetchBlobs } from './fetch-blobs';
import { listTree, resolveTree } from '../tree';
import { readBlobs } from '../blobs';
import { commit, gitAsync, gitSync, newRepo, problemOf, snapshot } from '../../../testing/git-kit';
import { servedGit, type GitServer } from '../../../testing/git-http';

// Many small git processes, on machines under load.
jest.setTimeout(120_000);

const at = servedGit();

const FILES = {
  'bundles/a/entrypoint.py': 'a\n',
  'bundles/a/lib/x.py': 'x\n',
  'bundles/b/entrypoint.py': 'b\n',
  'big.bin': 'B'.repeat(50_000),
};
const from = (url: string): RepoSource => ({ url, self: false, root: at.box.dir });

/** A repository on a server: [its folder, its URL, the server]. */
async function remoteRepo(
  files: Parameters<typeof commit>[1] = FILES,
): Promise<{ dir: string; url: string; server: GitServer; id: string }> {
  const root = at.box.folder('server');
  const dir = path.join(root, 'repo');
  fs.mkdirSync(dir);
  const id = commit(newRepo(dir), files);
  gitSync(dir, 'config', 'uploadpack.allowFilter', 'true');
  const server = await at.serve(root);
  return { dir, url: `${server.url}/repo`, server, id };
}

async function contents(store: GitStore, tree: string): Promise<Record<string, string>> {
  const entries = await listTree(store, tree);
  const found: Record<string, string> = {};
  let next = 0;
  for await (const { chunks } of readBlobs(
    store,
    entries.map(({ oid }) => oid),
  )) {
    let text = '';
    for await (const chunk of chunks) text += chunk.toString('latin1');
    found[entries[next++]!.path] = text;
  }
  return found;
}

const A = { 'entrypoint.py': 'a\n', 'lib/x.py': 'x\n' };
const mirrors = (): string[] =>
  fs.readdirSync(path.join(at.box.dir, 'cache/git')).map((name) => path.join(at.box.dir, 'cache/git', name));
const fetches = (server: GitServer): number => server.requests.splice(0).filter((each) => each.endsWith(' fetch')).length;

async function read(source: RepoSource, id: string, folder = 'bundles/a', ref?: string): Promise<Record<string, string>> {
  const store = await fetchCommit(source, id, { ref });
  const tree = await resolveTree(store, id, folder);
  await fetchBlobs(store, tree!);
  return contents(store, tree!);
}

describe('a mirror', () => {
  it('fetches folders first, and then only the requested blobs in one request; nothing twice', async () => {
    const { url, server, id, dir } = await remoteRepo();
    const store = await fetchCommit(from(url), id);
    expect(fetches(server)).toBe(1);
    const tree = await resolveTree(store, id, 'bundles/a');
    expect(tree).toBe(gitSync(dir, 'rev-parse', `${id}:bundles/a`));
    expect((await missingObjects(store, tree!)).length).toBe(2);
    await fetchBlobs(store, tree!);
    expect(fetches(server)).toBe(1);
    expect(await contents(store, tree!)).toEqual(A);
    const rest = ['bundles/b/entrypoint.py', 'big.bin'].map((name) => gitSync(dir, 'rev-parse', `HEAD:${name}`));
    expect((await missingObjects(store, gitSync(dir, 'rev-parse', 'HEAD^{tree}'))).sort()).toEqual(rest.sort());
    expect(await read(from(url), id)).toEqual(A);
    expect(server.requests).toEqual([]);
  });

  it('fetches only the new objects of the next commit, and works offline for existing ones', async () => {
    const { url, server, id, dir } = await remoteRepo();
    await read(from(url), id);
    const next = commit(dir, { 'bundles/a/entrypoint.py': 'a2\n' });
    expect(await read(from(url), next)).toEqual({ ...A, 'entrypoint.py': 'a2\n' });
    await server.close();
    expect(await read(from(url), id)).toEqual(A);
    expect((await problemOf(read(from(url), id, 'bundles/b'))).code).toBe('repo-unreachable');
  });

  it('fetches no missing objects while it only reads', async () => {
    const { url, server, id } = await remoteRepo();
    const store = await fetchCommit(from(url), id);
    server.requests.length = 0;
    const entries = await listTree(store, (await resolveTree(store, id, 'bundles/a'))!);
    expect((await problemOf(contents(store, (await resolveTree(store, id, 'bundles/a'))!))).code).toBe('command-failed');
    expect(entries).toHaveLength(2);
    expect(server.requests).toEqual([]);
  });

  it('works without filters on the server, over file:// and for a plain path', async () => {
    const dir = newRepo(at.box.folder('repo'), FILES);
    const id = gitSync(dir, 'rev-parse', 'HEAD');
    expect(await read(from(`file://${dir}`), id)).toEqual(A);
    expect(await read(from(dir), id)).toEqual(A);
    expect(mirrors().length).toBe(2);
  });

  it('works if the server serves neither commits nor blobs by id', async () => {
    Object.assign(process.env, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.version', GIT_CONFIG_VALUE_0: '0' });
    const dir = newRepo(at.box.folder('repo'));
    const old = commit(dir, { ...FILES, 'bundles/a/entrypoint.py': 'old\n' });
    const tagged = commit(dir, FILES);
    gitSync(dir, 'tag', '-a', 'v1', '-m', 'x');
    commit(dir, { other: 'o' });
    gitSync(dir, 'config', 'uploadpack.allowFilter', 'true');
    const source = from(`file://${dir}`);
    expect(await read(source, tagged, 'bundles/a', 'v1')).toEqual(A);
    expect(gitSync(mirrors()[0]!, 'rev-list', '--count', tagged)).toBe('1');
    // The branch has moved: the commit is now behind its ref.
    expect(await read(source, old, 'bundles/a', 'main')).toEqual({ ...A, 'entrypoint.py': 'old\n' });
    expect((await problemOf(read(source, 'b'.repeat(40), 'bundles/a', 'main'))).code).toBe('ref-not-found');
  });

  it('is rebuilt, once, if it is damaged', async () => {
    const dir = newRepo(at.box.folder('repo'), FILES);
    gitSync(dir, 'config', 'uploadpack.allowFilter', 'true');
    const id = gitSync(dir, 'rev-parse', 'HEAD');
    const source = from(`file://${dir}`);
    await read(source, id);
    const mirror = mirrors()[0]!;
    const packs = (): string[] =>
      fs.readdirSync(path.join(mirror, 'objects/pack')).map((name) => path.join(mirror, 'objects/pack', name));
    const damage: Record<string, () => void> = {
      'no HEAD': () => fs.rmSync(path.join(mirror, 'HEAD')),
      'HEAD is garbage': () => fs.writeFileSync(path.join(mirror, 'HEAD'), 'garbage'),
      'config is garbage': () => fs.writeFileSync(path.join(mirror, 'config'), '[[['),
      'no objects': () => fs.rmSync(path.join(mirror, 'objects'), { recursive: true }),
      'cut packs': () =>
        packs()
          .filter((each) => each.endsWith('.pack'))
          .forEach((each) => (fs.chmodSync(each, 0o644), fs.truncateSync(each, 40))),
      'no packs': () =>
        packs()
          .filter((each) => each.endsWith('.pack'))
          .forEach((each) => fs.rmSync(each)),
      'a file in its place': () => (fs.rmSync(mirror, { recursive: true }), fs.writeFileSync(mirror, 'x')),
    };
    for (const [name, harm] of Object.entries(damage)) {
      harm();
      expect([name, await read(source, id)]).toEqual([name, A]);
    }
    const next = commit(dir, { 'bundles/a/entrypoint.py': 'n\n' });
    fs.writeFileSync(path.join(mirror, 'shallow.lock'), '');
    expect(await read(source, next)).toEqual({ ...A, 'entrypoint.py': 'n\n' });
  });

  it.each(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_COUNT'])('works with safe.bareRepository=explicit from %s', async (place) => {
    const { dir, url, id } = await remoteRepo();
    gitSync(dir, 'tag', 'v1');
    if (place === 'GIT_CONFIG_COUNT')
      Object.assign(process.env, {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.bareRepository',
        GIT_CONFIG_VALUE_0: 'explicit',
      });
    else gitSync(dir, 'config', '--global', 'safe.bareRepository', 'explicit');
    try {
      const bare = at.box.folder('bare');
      gitSync(dir, 'clone', '--quiet', '--bare', dir, bare);
      const sources = [from(url), from(`file://${dir}`), from(`file://${bare}`)];
      for (const source of sources) {
        expect(await resolveRef(source, 'v1')).toEqual({ commit: id, kind: 'tag' });
        expect(await resolveRef(source, id)).toEqual({ commit: id, kind: 'commit' });
        expect(await read(source, id)).toEqual(A);
        const tree = await resolveTree(await fetchCommit(source, id), id, 'bundles/a');
        expect(await findLocalStore(source, id, tree!)).toBeDefined();
      }
      const next = [commit(dir, { 'bundles/a/entrypoint.py': 'n\n' }), commit(dir, { 'bundles/a/lib/x.py': 'n\n' })];
      await Promise.all(next.map((each) => read(sources[0]!, each)));
      fs.rmSync(path.join(mirrors()[0]!, 'objects'), { recursive: true });
      expect(await read(sources[0]!, id)).toEqual(A);
    } finally {
      for (const name of ['GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0']) delete process.env[name];
      if (place === 'GIT_CONFIG_GLOBAL') gitSync(dir, 'config', '--global', '--unset-all', 'safe.bareRepository');
    }
  });

  it('prints the progress of a server without its control characters', async () => {
    const dir = newRepo(at.box.folder('repo'), FILES);
    const hook = path.join(at.box.dir, 'hook');
    fs.writeFileSync(hook, `#!/bin/sh\nprintf '\\033]0;owned\\007\\033[2J 50%%\\n' >&2\nexec "$@"\n`, { mode: 0o755 });
    gitSync(dir, 'config', '--global', 'uploadpack.packObjectsHook', hook);
    // The progress is printed every few seconds.
    let now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += 6_000));
    let output = '';
    try {
      const log = createLog({ write: (_, line) => (output += `${line}\n`) });
      await fetchCommit(from(`file://${dir}`), gitSync(dir, 'rev-parse', 'HEAD'), { log });
    } finally {
      clock.mockRestore();
      gitSync(dir, 'config', '--global', '--unset-all', 'uploadpack.packObjectsHook');
    }
    expect(output).toContain('\\x1b]0;owned\\x07\\x1b[2J 50%');
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('supports concurrent fetches', async () => {
    const { url, id } = await remoteRepo();
    const found = await Promise.all(
      ['bundles/a', 'bundles/a', 'bundles/b', 'bundles/a/lib'].map((folder) => read(from(url), id, folder)),
    );
    expect(found).toEqual([A, A, { 'entrypoint.py': 'b\n' }, { 'x.py': 'x\n' }]);
  });

  it('contains no URL, and ignores replaced objects', async () => {
    const { url, id } = await remoteRepo();
    await read(from(url), id);
    const mirror = mirrors()[0]!;
    expect(Object.values(snapshot(mirror)).join('\n')).not.toContain('127.0.0.1');
    expect(path.basename(mirror)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reads repositories with SHA-256 ids', async () => {
    const dir = at.box.folder('sha256');
    gitSync(dir, 'init', '--quiet', '--object-format=sha256');
    const id = commit(dir, FILES);
    expect(id).toHaveLength(64);
    expect(await read(from(`file://${dir}`), id)).toEqual(A);
  });

  it('rejects objects that fsck rejects', async () => {
    const dir = newRepo(at.box.folder('hostile'));
    const blob = gitBytes({ cwd: dir }, ['hash-object', '-w', '--stdin'], { input: 'x' });
    const tree = await gitBytes({ cwd: dir }, ['mktree'], { input: `100644 blob ${(await blob).toString().trim()}\t.git\n` });
    const id = gitSync(dir, 'commit-tree', '-m', 'x', tree.toString().trim());
    gitSync(dir, 'update-ref', 'refs/heads/main', id);
    expect((await problemOf(fetchCommit(from(`file://${dir}`), id))).code).toBe('unsafe-name');
  });
});

describe('the own repository', () => {
  it('uses the objects of the checkout without contacting the remote', async () => {
    const { url, server, id } = await remoteRepo();
    const checkout = at.box.folder('checkout');
    await gitAsync(checkout, 'clone', '--quiet', url, '.');
    server.requests.length = 0;
    expect(await read({ url, self: true, root: checkout }, id)).toEqual(A);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['full', []],
    ['shallow', ['--depth=1']],
    ['partial', ['--filter=blob:none']],
    ['treeless', ['--filter=tree:0']],
  ])('fetches the missing objects of a %s clone, and does not change its kind', async (kind, options) => {
    const { url, server, dir, id } = await remoteRepo();
    const checkout = at.box.folder('checkout');
    await gitAsync(checkout, 'clone', '--quiet', ...options, url, '.');
    const between = commit(dir, { 'bundles/a/entrypoint.py': 'new\n' });
    commit(dir, { 'bundles/a/entrypoint.py': 'newest\n', 'bundles/a/more.py': 'm\n' });
    gitSync(dir, 'tag', 'v9');
    const state = () =>
      ['config', 'FETCH_HEAD', 'packed-refs', 'HEAD'].map(
        (name) => fs.existsSync(path.join(checkout, '.git', name)) && fs.readFileSync(path.join(checkout, '.git', name), 'utf8'),
      );
    const before = [state(), gitSync(checkout, 'for-each-ref'), gitSync(checkout, 'rev-list', '--count', 'HEAD')];
    server.requests.length = 0;
    const source = { url, self: true, root: checkout };
    expect(await read(source, between)).toEqual({ ...A, 'entrypoint.py': 'new\n' });
    expect(fetches(server)).toBeLessThanOrEqual(kind === 'treeless' ? 6 : 2);
    expect(await read(source, between)).toEqual({ ...A, 'entrypoint.py': 'new\n' });
    expect(await read(source, id)).toEqual(A);
    expect([state(), gitSync(checkout, 'for-each-ref'), gitSync(checkout, 'rev-list', '--count', 'HEAD')]).toEqual(before);
    expect(gitSync(checkout, 'rev-parse', '--is-shallow-repository')).toBe(String(kind === 'shallow'));
    expect(gitSync(checkout, 'fsck', '--connectivity-only', '--no-dangling')).toBe('');
  });

  it('reports a missing remote', async () => {
    const checkout = newRepo(at.box.folder('alone'), { a: '1' });
    expect((await problemOf(fetchCommit({ url: 'x', self: true, root: checkout }, 'c'.repeat(40)))).code).toBe('unknown-repo');
  });
});

describe('treeOf', () => {
  it('walks only folders', async () => {
    const dir = newRepo(at.box.folder('repo'), {
      'bundles/a/x': '1',
      ':(top)/y': '2',
      l: { link: 'bundles' },
      'bundles/up': { link: '../..' },
    });
    const inner = path.join(dir, 'sub');
    fs.mkdirSync(inner);
    newRepo(inner, { z: 'z' });
    const id = commit(dir, {});
    const store: GitStore = { context: { cwd: path.join(dir, 'bundles') } };
    expect(await resolveTree(store, id, '')).toBe(gitSync(dir, 'rev-parse', 'HEAD^{tree}'));
    expect(await resolveTree(store, id, './bundles//a/')).toBe(gitSync(dir, 'rev-parse', 'HEAD:bundles/a'));
    expect(await resolveTree(store, id, ':(top)')).toBe(gitSync(dir, 'rev-parse', 'HEAD::(top)'));
    for (const missing of ['x', 'bundles/a/x', 'bundles/a/x/y', 'a', 'Bundles', 'bund*'])
      expect([missing, await resolveTree(store, id, missing)]).toEqual([missing, undefined]);
    for (const unsafe of ['../x', '/bundles', 'bundles/../..', 'l', 'l/a', 'bundles/up', 'bundles/up/x', '.git', '-x']) {
      expect([unsafe, (await problemOf(resolveTree(store, id, unsafe))).code]).toEqual([unsafe, 'unsafe-path']);
    }
    expect((await problemOf(resolveTree(store, id, 'sub/z'))).code).toBe('submodule');
  });
});

describe('readBlobs', () => {
  it('streams a large file in small chunks, and skips unread files', async () => {
    const dir = newRepo(at.box.folder('repo'), { big: Buffer.alloc(40_000_000, 'abc'), small: 's', none: '' });
    const store: GitStore = { context: { cwd: dir } };
    const [big, none, small] = ['big', 'none', 'small'].map((name) => gitSync(dir, 'rev-parse', `HEAD:${name}`)) as [
      string,
      string,
      string,
    ];
    const seen: [string, number, number][] = [];
    for await (const { oid, size, chunks } of readBlobs(store, [small, big, none, big, small])) {
      let most = 0;
      if (seen.length !== 1) for await (const chunk of chunks) most = Math.max(most, chunk.length);
      seen.push([oid, size, most]);
    }
    expect(seen.map(([oid, size]) => [oid, size])).toEqual([
      [small, 1],
      [big, 40_000_000],
      [none, 0],
      [big, 40_000_000],
      [small, 1],
    ]);
    expect(seen[3]![2]).toBeGreaterThan(0);
    expect(seen[3]![2]).toBeLessThan(1_000_000);
  });

  it('detects content that does not match its id', async () => {
    const dir = newRepo(at.box.folder('repo'), { one: 'one', two: 'two' });
    const [one, two] = ['one', 'two'].map((name) => gitSync(dir, 'rev-parse', `HEAD:${name}`)) as [string, string];
    const file = (oid: string): string => path.join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
    fs.chmodSync(file(one), 0o644);
    fs.copyFileSync(file(two), file(one));
    const tree = gitSync(dir, 'rev-parse', 'HEAD^{tree}');
    expect((await problemOf(contents({ context: { cwd: dir } }, tree))).code).toBe('command-failed');
  });

  it('lists every name that is not UTF-8', async () => {
    const dir = newRepo(at.box.folder('repo'));
    const blob = gitSync(dir, 'hash-object', '-w', '-t', 'blob', '/dev/null');
    const tree = await gitBytes({ cwd: dir }, ['mktree', '-z'], {
      input: Buffer.from(`100644 blob ${blob}\tcaf\xe9\x00100644 blob ${blob}\tok\x00100644 blob ${blob}\t\xff\x00`, 'latin1'),
    });
    const problem = listTree({ context: { cwd: dir } }, tree.toString().trim());
    await expect(problem).rejects.toMatchObject({ problems: [{ code: 'unsafe-name' }, { code: 'unsafe-name' }] });
  });
});
