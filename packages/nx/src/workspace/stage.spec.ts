import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fetchCommit } from '../git/mirror/fetch-commit';
import { withSnapshot } from '../git/snapshot/snapshot';
import { resolveTree } from '../git/tree';
import { stageTree } from './stage';
import { commit, gitSync, newRepo, problemOf, sandbox, snapshot, write, type Content, type Sandbox } from '../../testing/git-kit';

// Many small git processes, on machines under load.
jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
const FILES: Record<string, Content> = {
  '.gitattributes': '* text=auto eol=crlf export-subst\nlib/* export-ignore\n*.x filter=upper ident\n',
  'entrypoint.py': 'x = "$Format:%H$"\n',
  'dos.txt': 'one\r\ntwo\r\n',
  'lib/u.py': 'u\n',
  'id.x': '$Id$ lower\n',
  'run.sh': { executable: '#!/bin/sh\n' },
  'raw.bin': BYTES,
  none: '',
  'lib/deep/ü ñ': 'u',
  'lib/link': { link: '../entrypoint.py' },
  'lib/dangling': { link: 'not/there' },
};

/** A repository with these files in bundles/a, the folder's tree, and a stage of it from a mirror. */
function origin(files: Record<string, Content> = FILES): { dir: string; id: string; tree: string } {
  const dir = newRepo(box.folder('origin'));
  // The attributes must not change what is committed: the tree must contain exactly these bytes.
  write(dir, { '.git/info/attributes': '* -text -filter -ident\n' });
  const id = commit(dir, Object.fromEntries(Object.entries(files).map(([name, content]) => [`bundles/a/${name}`, content])));
  gitSync(dir, 'config', 'uploadpack.allowFilter', 'true');
  fs.rmSync(path.join(dir, '.git/info/attributes'));
  return { dir, id, tree: gitSync(dir, 'rev-parse', `${id}:bundles/a`) };
}

const leftovers = (target: string): string[] =>
  fs.readdirSync(path.dirname(target)).filter((name) => name !== path.basename(target));

describe('stageTree', () => {
  it('writes blobs byte for byte, with fixed modes and times, whatever the umask', async () => {
    const { dir, id, tree } = origin();
    const store = await fetchCommit({ url: `file://${dir}`, self: false, root: dir }, id);
    const expected: Record<string, string> = { '/': 'dir 755', 'lib/': 'dir 755', 'lib/deep/': 'dir 755' };
    for (const [name, content] of Object.entries(FILES)) {
      if (typeof content === 'string') expected[name] = `file 644 ${Buffer.from(content).toString('latin1')}`;
      else if (Buffer.isBuffer(content)) expected[name] = `file 644 ${content.toString('latin1')}`;
      else if ('link' in (content as object)) expected[name] = `link ${(content as { link: string }).link}`;
      else expected[name] = `file 755 ${(content as { executable: string }).executable}`;
    }
    const first = path.join(box.folder('out'), 'a');
    const second = path.join(box.folder('out'), 'a');
    const before = process.umask(0o077);
    const staged = await stageTree(store, tree, first);
    process.umask(0);
    await stageTree(store, tree, second);
    process.umask(before);
    expect(snapshot(first)).toEqual(expected);
    expect(snapshot(second, { times: true })).toEqual(snapshot(first, { times: true }));
    expect(Object.values(snapshot(first, { times: true })).every((each) => each.endsWith(` ${Date.UTC(1980, 0, 1)}`))).toBe(true);
    expect(staged).toEqual({ files: 11, bytes: expect.any(Number) });
    expect(staged.bytes).toBe(
      Object.values(expected)
        .filter((each) => each.startsWith('file'))
        .reduce((sum, each) => sum + each.length - 'file 644 '.length, 0),
    );
  });

  it('gives the same result from every kind of clone, from the mirror and from the workspace', async () => {
    const { dir, id, tree } = origin();
    const source = { url: `file://${dir}`, self: false, root: dir };
    const expected = path.join(box.folder('out'), 'a');
    await stageTree(await fetchCommit(source, id), tree, expected);
    gitSync(box.dir, 'config', '--global', 'filter.upper.smudge', 'tr a-z A-Z');
    const clones = [
      ['--config', 'core.autocrlf=true'],
      ['--config', 'core.fileMode=false', '--config', 'core.symlinks=false'],
      ['--depth=1'],
      ['--filter=blob:none', '--no-checkout'],
    ];
    for (const options of clones) {
      const clone = box.folder('clone');
      gitSync(clone, 'clone', '--quiet', ...options, source.url, '.');
      const store = await fetchCommit({ ...source, self: true, root: clone }, id);
      const out = path.join(box.folder('out'), 'a');
      await stageTree(store, (await resolveTree(store, id, 'bundles/a'))!, out);
      expect([options, snapshot(out, { times: true })]).toEqual([options, snapshot(expected, { times: true })]);
    }
  });

  it('writes the workspace as it is, committed or not', async () => {
    const dir = newRepo(box.folder('w'), { 'bundles/a/entrypoint.py': 'old\n', '.gitignore': '*.tmp\n' });
    write(dir, { 'bundles/a/entrypoint.py': 'new\n', 'bundles/a/more.py': 'm\n', 'bundles/a/x.tmp': 'no' });
    const out = path.join(box.folder('out'), 'a');
    await withSnapshot(dir, async (snapshot) => {
      const { tree, store } = (await snapshot.tree('bundles/a'))!;
      await stageTree(store, tree, out);
    });
    expect(snapshot(out)).toEqual({ '/': 'dir 755', 'entrypoint.py': 'file 644 new\n', 'more.py': 'file 644 m\n' });
  });

  it('replaces the old folder as a whole', async () => {
    const { dir, tree } = origin({ 'entrypoint.py': '1' });
    const out = path.join(box.folder('out'), 'a');
    write(out, { 'stale.py': 's', 'entrypoint.py/was/a/folder': 'f' });
    await stageTree({ context: { cwd: dir } }, tree, out);
    expect(snapshot(out)).toEqual({ '/': 'dir 755', 'entrypoint.py': 'file 644 1' });
    expect(leftovers(out)).toEqual([]);
  });

  it('follows no existing symlink', async () => {
    const { dir, tree } = origin({ 'entrypoint.py': '1' });
    const [outside, parent] = [box.folder('outside'), box.folder('out')];
    write(outside, { 'kept.txt': 'k' });
    fs.symlinkSync(outside, path.join(parent, 'a'));
    await stageTree({ context: { cwd: dir } }, tree, path.join(parent, 'a'));
    expect(fs.readdirSync(outside)).toEqual(['kept.txt']);
    expect(snapshot(path.join(parent, 'a'))).toEqual({ '/': 'dir 755', 'entrypoint.py': 'file 644 1' });
  });

  it('succeeds when many calls stage one target', async () => {
    const { dir, id, tree } = origin();
    const store = await fetchCommit({ url: `file://${dir}`, self: false, root: dir }, id);
    const out = path.join(box.folder('out'), 'a');
    const staged = await Promise.all(Array.from({ length: 8 }, () => stageTree(store, tree, out)));
    expect(new Set(staged.map(({ bytes }) => bytes)).size).toBe(1);
    expect(fs.readFileSync(path.join(out, 'raw.bin'))).toEqual(BYTES);
    expect(leftovers(out)).toEqual([]);
  });

  it('reports every problem of a tree at once, and writes nothing', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`;
    const { dir, tree } = origin({
      'model.bin': pointer,
      'Readme.md': 'a',
      'README.md': 'b',
      out: { link: '../../x' },
      'aux.py': 'c',
      long: { link: 'x/'.repeat(800) },
    });
    const out = path.join(box.folder('out'), 'a');
    write(out, { 'before.py': 'b' });
    const at = { file: 'release.yaml', line: 7, col: 3 };
    const error = stageTree({ context: { cwd: dir } }, tree, out, { subject: 'bundle a', at });
    await expect(error).rejects.toMatchObject({
      problems: expect.arrayContaining([
        { code: 'lfs-pointer', message: expect.stringContaining('bundle a: '), hint: expect.any(String), at },
      ]),
    });
    const codes = await error.catch(({ problems }: { problems: { code: string }[] }) => problems.map(({ code }) => code).sort());
    expect(codes).toEqual(['case-clash', 'lfs-pointer', 'symlink-escape', 'symlink-escape', 'unsafe-name']);
    expect(snapshot(out)).toEqual({ '/': 'dir 755', 'before.py': 'file 644 b' });
    expect(leftovers(out)).toEqual([]);
  });

  it('repairs a damaged mirror', async () => {
    const { dir, id, tree } = origin();
    const source = { url: `file://${dir}`, self: false, root: dir };
    const [first, second] = [path.join(box.folder('out'), 'a'), path.join(box.folder('out'), 'a')];
    await stageTree(await fetchCommit(source, id), tree, first);
    const packs = path.join(box.dir, 'cache/git', fs.readdirSync(path.join(box.dir, 'cache/git'))[0]!, 'objects/pack');
    // The newer pack has the blobs; its middle is overwritten, so that git finds the objects but cannot read them.
    const [newest] = fs
      .readdirSync(packs)
      .filter((name) => name.endsWith('.pack'))
      .map((name) => path.join(packs, name))
      .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
    fs.chmodSync(newest!, 0o644);
    const bytes = fs.readFileSync(newest!);
    fs.writeFileSync(newest!, bytes.fill(0xff, 14, bytes.length - 20));
    const store = await fetchCommit(source, id);
    await stageTree(store, tree, second);
    expect(snapshot(second)).toEqual(snapshot(first));
  });

  it('reports a full disk, and leaves no files', async () => {
    const disk = box.folder('disk');
    const mounted =
      process.platform === 'linux' &&
      process.getuid?.() === 0 &&
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
    if (!mounted) return console.warn('skipped: a small disk needs root on Linux');
    try {
      const { dir, tree } = origin({ big: Buffer.alloc(3_000_000, 'x'), 'entrypoint.py': '1' });
      expect((await problemOf(stageTree({ context: { cwd: dir } }, tree, path.join(disk, 'out/a')))).code).toBe('disk-full');
      expect(fs.readdirSync(path.join(disk, 'out'))).toEqual([]);
      process.env.KDCUBE_CACHE_DIR = path.join(disk, 'cache');
      write(dir, { 'bundles/a/big': Buffer.from(Array.from({ length: 2_000_000 }, () => Math.floor(Math.random() * 256))) });
      const id = commit(dir, {});
      const store = await fetchCommit({ url: `file://${dir}`, self: false, root: dir }, id);
      expect(
        (await problemOf(stageTree(store, gitSync(dir, 'rev-parse', 'HEAD:bundles/a'), path.join(box.folder('out'), 'a')))).code,
      ).toBe('disk-full');
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('keeps the old folder if %s interrupts it', async (signal) => {
    const { dir, tree } = origin(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f/${index}`, `${index}`])));
    const parent = box.folder('out');
    const target = path.join(parent, 'a');
    write(target, { 'before.py': 'b' });
    const child = stageInProcess(dir, tree, target);
    await until(() => fs.readdirSync(parent).some((name) => name !== 'a' && fs.existsSync(path.join(parent, name, 'f/10'))));
    child.kill(signal);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(snapshot(target)).toEqual({ '/': 'dir 755', 'before.py': 'file 644 b' });
    expect(leftovers(target)).toEqual([]);
  });

  it('gives the same result when two processes stage one target', async () => {
    const { dir, tree } = origin(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f/${index}`, `${index}`])));
    const target = path.join(box.folder('out'), 'a');
    const codes = await Promise.all(
      [1, 2, 3].map(() => new Promise((resolve) => stageInProcess(dir, tree, target).on('close', resolve))),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(fs.readdirSync(path.join(target, 'f'))).toHaveLength(300);
    expect(leftovers(target)).toEqual([]);
  });
});

function stageInProcess(cwd: string, tree: string, target: string): ChildProcess {
  const code = `require(process.argv[1]).stageTree({ context: { cwd: process.argv[2] } }, process.argv[3], process.argv[4]).catch((error) => { console.error(error); process.exit(1); })`;
  const args = [
    '-r',
    path.join(__dirname, '../../testing/typescript.cjs'),
    '-e',
    code,
    path.join(__dirname, 'stage.ts'),
    cwd,
    tree,
    target,
  ];
  return spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}
