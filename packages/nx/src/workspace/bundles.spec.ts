import * as fs from 'node:fs';
import * as path from 'node:path';
import { printPin } from '@kdcube/release/internal';
import { checkPinnedRef, findBundle } from './bundles';
import { checkBundles } from './check-bundles';
import { withSnapshot } from '../git/snapshot/snapshot';
import { silentLog } from '../system/log';
import { type Acme, acme, ENTRYPOINT } from '../../testing/acme-kit';
import { commit, gitSync, problemOf, write } from '../../testing/git-kit';
import { requireBundle } from './workspace';

jest.setTimeout(120_000);

let ours: Acme;
beforeEach(async () => {
  ours = await acme();
});
afterEach(() => ours.end());

async function find(id: string, offline = false, options: object = {}) {
  const release = await ours.open(options);
  return withSnapshot(ours.root, async (snapshot) => {
    const found = await findBundle(release, requireBundle(release.release, id), snapshot, { offline, log: silentLog });
    return { found, opened: await found.open().then(() => 'opened') };
  });
}

const check = async (online = false, options: object = {}) => {
  const release = await ours.open(options);
  return withSnapshot(ours.root, (snapshot) => checkBundles(release, snapshot, { online, log: silentLog }));
};
const codes = async (online = false) => (await check(online)).problems.map(({ code }) => code);
const moveTag = () => {
  const moved = commit(ours.org, { 'service/there@2-0/entrypoint.py': `${ENTRYPOINT}# moved\n` });
  gitSync(ours.org, 'tag', '--force', 'v2');
  return moved;
};
/** The pinned bundle's repository is unavailable while `work` runs. */
async function unplugged<T>(work: () => Promise<T>): Promise<T> {
  fs.renameSync(ours.org, `${ours.org}.gone`);
  try {
    return await work();
  } finally {
    fs.renameSync(`${ours.org}.gone`, ours.org);
  }
}

describe('findBundle', () => {
  it('finds a workspace bundle by its git tree, and reports uncommitted changes', async () => {
    const { found } = await find('here@1-0');
    expect(found).toMatchObject({ place: 'bundles/here@1-0', committed: true });
    expect(found.content.tree).toBe(gitSync(ours.root, 'rev-parse', 'HEAD:bundles/here@1-0'));
    write(ours.root, { 'bundles/here@1-0/new.py': '' });
    const changed = (await find('here@1-0')).found;
    expect(changed.committed).toBe(false);
    expect(changed.content.tree).not.toBe(found.content.tree);
  });

  it('finds a pinned bundle by its pin, and fetches it only when it is opened', async () => {
    const { content } = await unplugged(async () => {
      const release = await ours.open();
      return withSnapshot(ours.root, (snapshot) =>
        findBundle(release, requireBundle(release.release, 'there@2-0'), snapshot, { offline: false, log: silentLog }),
      );
    });
    expect(content).toEqual({ id: 'there@2-0', folder: 'there@2-0', tree: ours.pin.tree });
    expect((await find('there@2-0')).opened).toBe('opened');
  });

  it('reports where a workspace bundle is expected', async () => {
    fs.rmSync(path.join(ours.root, 'bundles'), { recursive: true });
    expect(await problemOf(find('here@1-0'))).toMatchObject({
      code: 'bundle-not-found',
      message: expect.stringContaining('bundles/here@1-0'),
    });
  });

  it('rejects a missing and a stale pin, without contacting the remote', async () => {
    await unplugged(async () => {
      write(ours.root, { 'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, ref: 'v1' }) });
      expect((await problemOf(find('there@2-0'))).code).toBe('pin-stale');
      write(ours.root, { 'pins/bundles/there@2-0/pin.json': null });
      expect((await problemOf(find('there@2-0'))).code).toBe('pin-missing');
    });
  });

  it('reports both commits if the tag was moved; offline, uses the pinned content', async () => {
    await find('there@2-0');
    const moved = moveTag();
    const { code, message } = await problemOf(find('there@2-0'));
    expect([code, message.includes(moved), message.includes(ours.pin.commit)]).toEqual(['tag-moved', true, true]);
    expect((await find('there@2-0', true)).opened).toBe('opened');
  });

  it('offline, uses the copy on this machine, or reports that there is none', async () => {
    expect(await problemOf(find('there@2-0', true))).toMatchObject({
      code: 'bundle-not-found',
      hint: expect.stringContaining('--offline'),
    });
    await find('there@2-0');
    await unplugged(async () => {
      expect((await find('there@2-0', true)).opened).toBe('opened');
      expect(await problemOf(find('there@2-0'))).toMatchObject({
        code: 'repo-unreachable',
        hint: expect.stringContaining('--offline'),
      });
    });
  });

  it('rejects a pin whose commit does not have its tree, as after a merge', async () => {
    const other = commit(ours.org, { 'service/there@2-0/entrypoint.py': `${ENTRYPOINT}# other\n` });
    const tree = gitSync(ours.org, 'rev-parse', `${other}:service/there@2-0`);
    write(ours.root, { 'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, tree }) });
    expect(await problemOf(find('there@2-0'))).toMatchObject({
      code: 'pin-stale',
      message: expect.stringContaining('contradicts itself'),
    });
    write(ours.root, { 'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, path: 'elsewhere' }) });
    expect((await problemOf(find('there@2-0'))).message).toContain('no folder');
  });
});

describe('checkPinnedRef', () => {
  const source = () => ({ url: `file://${ours.org}`, self: false as const, root: ours.root });

  it('does not contact the remote for a full commit id', async () => {
    await unplugged(() => checkPinnedRef(source(), { id: 'x', ref: ours.pin.commit }, ours.pin, silentLog));
  });

  it('does not accept a branch in place of a deleted tag; a branch may move if branches are allowed', async () => {
    gitSync(ours.org, 'tag', '--delete', 'v2');
    gitSync(ours.org, 'branch', 'v2');
    expect((await problemOf(checkPinnedRef(source(), { id: 'x', ref: 'v2' }, ours.pin, silentLog))).code).toBe('mutable-ref');
    commit(ours.org, { 'README.md': '' });
    gitSync(ours.org, 'branch', '--force', 'v2', 'HEAD');
    await checkPinnedRef(source(), { id: 'x', ref: 'v2' }, ours.pin, silentLog, true);
    expect((await problemOf(find('there@2-0'))).code).toBe('mutable-ref');
    expect((await find('there@2-0', false, { mode: 'git', alwaysPull: true })).opened).toBe('opened');
  });
});

describe('checkBundles', () => {
  it('reports nothing for valid bundles, and lists those that it could not check', async () => {
    expect(await check()).toEqual({ problems: [], unchecked: ['there@2-0'], lists: [] });
    expect(await check(true)).toEqual({ problems: [], unchecked: [], lists: [] });
    expect(await unplugged(() => check())).toEqual({ problems: [], unchecked: [], lists: [] });
  });

  it('reports every problem of every bundle at once, and contacts a remote only with `online`', async () => {
    ours.commit({ 'bundles/here@1-0/entrypoint.py': 'from services.x import y\n', 'bundles/here@1-0/services/x.py': '' });
    await check(true);
    moveTag();
    const offline = await codes();
    expect(offline).toEqual(expect.arrayContaining(['entrypoint-none', 'absolute-import']));
    expect(offline).not.toContain('tag-moved');
    expect(await codes(true)).toEqual(expect.arrayContaining(['entrypoint-none', 'absolute-import', 'tag-moved']));
  });

  it('reports what cannot be staged', async () => {
    fs.symlinkSync('../../secret', path.join(ours.root, 'bundles/here@1-0/link'));
    expect(await codes()).toContain('symlink-escape');
  });

  it('reports an inconsistent pin in the copy on this machine', async () => {
    await check(true);
    const other = commit(ours.org, { 'service/there@2-0/entrypoint.py': `${ENTRYPOINT}# other\n` });
    gitSync(ours.org, 'tag', 'v3');
    write(ours.root, {
      'pins/bundles/there@2-0/pin.json': printPin({
        ...ours.pin,
        tree: gitSync(ours.org, 'rev-parse', `${other}:service/there@2-0`),
      }),
    });
    // Its tree is not on this machine, so the pin cannot be checked. Once the other commit is fetched, it can.
    expect(await check()).toEqual({ problems: [], unchecked: ['there@2-0'], lists: [] });
    expect(await codes(true)).toEqual(['pin-stale']);
  });

  it('does not check very large files', async () => {
    ours.commit({ 'bundles/here@1-0/data.py': `x = """${'a'.repeat(3 * 1024 * 1024)}"""\nfrom services import x\n` });
    expect(await codes()).toEqual([]);
  });
});
