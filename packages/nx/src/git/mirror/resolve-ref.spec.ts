import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import type { RepoSource } from './source';
import { resolveRef } from './resolve-ref';
import { commit, gitInput, gitSync, newRepo, problemOf, write } from '../../../testing/git-kit';
import { servedGit } from '../../../testing/git-http';

// Many small git processes, on machines under load.
jest.setTimeout(120_000);

const at = servedGit();

const from = (url: string): RepoSource => ({ url, self: false, root: at.box.dir });

describe('resolveRef', () => {
  it('reads tags of every kind, branches and commits', async () => {
    const dir = newRepo(at.box.folder('repo'));
    const first = commit(dir, { a: '1' });
    gitSync(dir, 'tag', 'light');
    gitSync(dir, 'tag', '-a', 'noted', '-m', 'x');
    gitSync(dir, 'tag', '-a', 'noted-twice', 'noted', '-m', 'y');
    gitSync(dir, 'tag', 'both');
    const second = commit(dir, { a: '2' });
    gitSync(dir, 'branch', 'both');
    const url = `file://${dir}`;
    for (const ref of ['light', 'noted', 'noted-twice', 'both', 'refs/tags/noted'])
      expect([ref, await resolveRef(from(url), ref)]).toEqual([ref, { commit: first, kind: 'tag' }]);
    for (const ref of ['main', 'refs/heads/main', 'refs/heads/both'])
      expect([ref, await resolveRef(from(url), ref)]).toEqual([ref, { commit: second, kind: 'branch' }]);
    expect(await resolveRef(from(url), first)).toEqual({ commit: first, kind: 'commit' });
    expect(await resolveRef(from(dir), 'light')).toEqual({ commit: first, kind: 'tag' });
    gitSync(dir, 'tag', '--force', 'light', second);
    expect((await resolveRef(from(url), 'light')).commit).toBe(second);
  });

  it('matches only the exact name', async () => {
    const dir = newRepo(at.box.folder('repo'), { a: '1' });
    gitSync(dir, 'tag', 'team/v1.0.0');
    gitSync(dir, 'tag', 'v1.0.0-rc.1');
    gitSync(dir, 'update-ref', 'refs/notes/v1.0.0', 'HEAD');
    gitSync(dir, 'update-ref', 'refs/tags/x/refs/tags/v1.0.0', 'HEAD');
    for (const ref of ['v1.0.0', 'HEAD', 'v1*', 'heads/main', 'main^{}', 'tags/v1.0.0-rc.1'])
      expect([ref, (await problemOf(resolveRef(from(`file://${dir}`), ref))).code]).toEqual([ref, 'ref-not-found']);
  });

  it('suggests similar tags, and explains a short commit id', async () => {
    const dir = newRepo(at.box.folder('repo'), { a: '1' });
    for (const tag of ['v1.2.0', 'v1.2.1', 'v1.3.0', 'v2.0.0', 'nightly']) gitSync(dir, 'tag', tag);
    const { code, message, hint } = await problemOf(resolveRef(from(`file://${dir}`), '1.2.1'));
    expect(code).toBe('ref-not-found');
    expect(message).toContain('"1.2.1"');
    expect(hint).toMatch(/^did you mean v1\.2\.1/);
    expect(hint!.split(', ').length).toBeLessThanOrEqual(3);
    expect((await problemOf(resolveRef(from(`file://${dir}`), gitSync(dir, 'rev-parse', '--short=10', 'HEAD')))).hint).toContain(
      'in full',
    );
  });

  it('reports a missing commit, and an id of another object', async () => {
    const dir = newRepo(at.box.folder('repo'), { a: '1' });
    gitSync(dir, 'tag', '-a', 'noted', '-m', 'x');
    for (const id of ['0123456789'.repeat(4), gitSync(dir, 'rev-parse', 'HEAD^{tree}'), gitSync(dir, 'rev-parse', 'noted')]) {
      expect([id, (await problemOf(resolveRef(from(`file://${dir}`), id))).code]).toEqual([id, 'ref-not-found']);
    }
  });

  it('reports an empty repository', async () => {
    expect((await problemOf(resolveRef(from(`file://${newRepo(at.box.folder('empty'))}`), 'v1'))).code).toBe('repo-empty');
  });

  it('reports an unreachable repository', async () => {
    const port = await closedPort();
    const notFound = await at.serve(at.box.folder('nothing'), { status: 404 });
    const urls = [
      `file://${at.box.dir}/missing`,
      path.join(at.box.dir, 'missing'),
      `file://${at.box.dir}`,
      `http://127.0.0.1:${port}/x.git`,
      `${notFound.url}/x.git`,
    ];
    urls.push('https://name.invalid/x.git');
    for (const url of urls) {
      const problem = await problemOf(resolveRef(from(url), 'v1'));
      expect([url, problem.code]).toEqual([url, 'repo-unreachable']);
      expect(problem.message).toContain(url);
      expect([url, (await problemOf(resolveRef(from(url), 'a'.repeat(40)))).code]).toEqual([url, 'repo-unreachable']);
    }
  });

  it('reports a repository that requires a password, whatever might prompt for it', async () => {
    const mark = path.join(at.box.dir, 'asked');
    write(at.box.dir, { askpass: { executable: `#!/bin/sh\ntouch ${mark}\necho secret\n` } });
    Object.assign(process.env, {
      GIT_ASKPASS: path.join(at.box.dir, 'askpass'),
      SSH_ASKPASS: path.join(at.box.dir, 'askpass'),
      DISPLAY: ':0',
    });
    gitSync(at.box.dir, 'config', '--global', 'core.askPass', path.join(at.box.dir, 'askpass'));
    for (const status of [401, 403]) {
      const { url } = await at.serve(at.box.folder('x'), { status });
      expect([status, (await problemOf(resolveRef(from(`${url}/x.git`), 'v1'))).code]).toEqual([status, 'repo-denied']);
      expect([status, (await problemOf(resolveRef(from(`${url}/x.git`), 'a'.repeat(40)))).code]).toEqual([status, 'repo-denied']);
    }
    expect(fs.existsSync(mark)).toBe(false);
  });

  it('keeps the user’s ssh command and disables its prompts', async () => {
    const log = path.join(at.box.dir, 'ssh.log');
    write(at.box.dir, {
      'my ssh': { executable: `#!/bin/sh\necho "$@" >> ${log}\necho 'git@h: Permission denied (publickey).' >&2\nexit 255\n` },
    });
    process.env.GIT_SSH_COMMAND = `'${path.join(at.box.dir, 'my ssh')}' -i key`;
    expect((await problemOf(resolveRef(from('git@example.org:team/repo.git'), 'v1'))).code).toBe('repo-denied');
    delete process.env.GIT_SSH_COMMAND;
    gitSync(at.box.dir, 'config', '--global', 'core.sshCommand', `'${path.join(at.box.dir, 'my ssh')}' -i other`);
    expect((await problemOf(resolveRef(from('ssh://git@example.org/team/repo.git'), 'v1'))).code).toBe('repo-denied');
    const lines = fs
      .readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('upload-pack'));
    expect(lines.map((line) => /^-i (\w+) -o BatchMode=yes .*git@example\.org/.exec(line)?.[1])).toEqual(['key', 'other']);
  });

  it('distinguishes an unknown ssh host from denied access', async () => {
    write(at.box.dir, { ssh: { executable: `#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n` } });
    process.env.GIT_SSH_COMMAND = path.join(at.box.dir, 'ssh');
    expect(await problemOf(resolveRef(from('git@example.org:team/repo.git'), 'v1'))).toMatchObject({
      code: 'repo-denied',
      hint: expect.stringContaining('known_hosts'),
    });
  });

  it('never lets a ref or a URL become an option or a transport', async () => {
    const dir = newRepo(at.box.folder('repo'), { a: '1' });
    const mark = path.join(at.box.dir, 'ran');
    for (const ref of [`--upload-pack=touch ${mark}`, `-u touch ${mark}`, '-rf', ''])
      expect([ref, (await problemOf(resolveRef(from(`file://${dir}`), ref))).code]).toEqual([ref, 'ref-not-found']);
    for (const url of [
      `ext::sh -c touch% ${mark}`,
      `--upload-pack=touch ${mark}`,
      `ssh://-oProxyCommand=touch${mark}/x`,
      `-oProxyCommand=x:y`,
      'git://example.org/x',
      'http://example.org/x',
      'fd::17',
      'a\nb',
      'relative/path',
    ]) {
      expect([url, (await problemOf(resolveRef(from(url), 'v1'))).code]).toEqual([url, 'unsafe-url']);
      expect([url, (await problemOf(resolveRef(from(url), 'a'.repeat(40)))).code]).toEqual([url, 'unsafe-url']);
    }
    gitSync(at.box.dir, 'config', '--global', `url.ext::sh -c touch% ${mark} .insteadOf`, 'https://evil.example/');
    expect((await problemOf(resolveRef(from('https://evil.example/x'), 'v1'))).code).toBe('unsafe-url');
    expect(fs.existsSync(mark)).toBe(false);
  });

  it('reads its own remote inside the checkout, with its credentials; other repositories do not get them', async () => {
    const root = at.box.folder('server');
    const dir = path.join(root, 'repo');
    fs.mkdirSync(dir);
    const id = commit(newRepo(dir), { a: '1' });
    const { url } = await at.serve(root, { authorization: 'Basic secret' });
    const checkout = at.box.folder('checkout');
    // Not a clone: a synchronous git would wait for the server, which runs in this process.
    newRepo(checkout);
    gitSync(checkout, 'remote', 'add', 'origin', `${url}/repo`);
    gitSync(checkout, 'config', `http.${url}/.extraheader`, 'Authorization: Basic secret');
    expect(await resolveRef({ url: `${url}/repo`, self: true, root: checkout }, 'main')).toEqual({ commit: id, kind: 'branch' });
    expect((await problemOf(resolveRef({ url: `${url}/repo`, self: false, root: checkout }, 'main'))).code).toBe('repo-denied');
  });

  it('never shows the secret of its own remote', async () => {
    const { url } = await at.serve(at.box.folder('x'), { status: 401 });
    const checkout = newRepo(at.box.folder('checkout'), { a: '1' });
    gitSync(checkout, 'remote', 'add', 'origin', `${url.replace('//', '//user:s3cret@')}/x.git`);
    const problem = await problemOf(resolveRef({ url: `${url}/x.git`, self: true, root: checkout }, 'v1'));
    expect(problem.code).toBe('repo-denied');
    expect(JSON.stringify(problem)).not.toMatch(/s3cret|user:/);
  });

  it('is not affected by the repository that it is called in', async () => {
    const here = newRepo(at.box.folder('here'), { a: '1' });
    gitSync(here, 'tag', 'v1');
    const upstream = newRepo(at.box.folder('there'));
    const id = commit(upstream, { b: '2' });
    gitSync(upstream, 'tag', 'v1');
    gitInput(here, '', 'config', `url.file://${here}.insteadOf`, `file://${upstream}`);
    process.env.GIT_DIR = path.join(here, '.git');
    const found = await resolveRef({ url: `file://${upstream}`, self: false, root: here }, 'v1');
    delete process.env.GIT_DIR;
    expect(found.commit).toBe(id);
  });
});

function closedPort(): Promise<number> {
  const server = net.createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}
