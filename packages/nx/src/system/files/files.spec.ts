import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, fileProblem, makeDir, replaceDir, withTemporaryDir, writeFileAtomic } from './files';
import { sourceRemote } from '../../git/mirror/source';
import { withLock } from '../lock/lock';
import { problemOf, type Sandbox, sandbox, snapshot, write } from '../../../testing/git-kit';
import { runAndSignal } from '../../../testing/run-and-signal';

jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

const inside = (...parts: string[]) => path.join(box.dir, 'work', ...parts);

describe('replaceDir', () => {
  it('replaces the whole folder, and leaves no temporary folder', async () => {
    write(inside(), { 'out/old': '1', other: 'x' });
    expect(
      await replaceDir(inside('out'), async (dir) => {
        write(dir, { 'a/b': '2' });
        return 'done';
      }),
    ).toBe('done');
    expect(Object.keys(snapshot(inside()))).toEqual(['/', 'other', 'out/', 'out/a/', 'out/a/b']);
  });

  it('keeps the old folder if `fill` fails', async () => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    const fill = async (dir: string) => {
      write(dir, { half: '' });
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    expect((await problemOf(replaceDir(inside('out'), fill))).code).toBe('disk-full');
    expect(snapshot(inside())).toEqual(before);
  });

  it('never mixes the folders of concurrent calls', async () => {
    const one = (name: string) =>
      replaceDir(inside('out'), async (dir) => {
        write(dir, { first: name, second: name });
        await new Promise((resolve) => setTimeout(resolve, 5));
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => one(String(index))));
    const { first, second } = Object.fromEntries(
      ['first', 'second'].map((name) => [name, fs.readFileSync(inside('out', name), 'utf8')]),
    );
    expect(first).toBe(second);
    expect(fs.readdirSync(inside())).toEqual(['out']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('keeps the old folder when %s ends the process', async (signal) => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    const program = `files.replaceDir(${JSON.stringify(inside('out'))}, (dir) => { fs.writeFileSync(dir + '/half', ''); return forever(); });`;
    expect(await runAndSignal(program, signal)).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(snapshot(inside())).toEqual(before);
  });

  it('leaves no temporary files when a signal comes while asynchronous calls are pending', async () => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    // Pending asynchronous calls still run while the process exits.
    const program = `const { pbkdf2 } = require('node:crypto');
Array.from({ length: 4 }, () => new Promise((resolve) => pbkdf2('a', 'b', 20_000, 64, 'sha512', resolve)));
files.replaceDir(${JSON.stringify(inside('out'))}, forever);
files.writeFileAtomic(${JSON.stringify(inside('file'))}, (async function* () { yield Buffer.from('x'); })());
files.withTemporaryDir(forever, ${JSON.stringify(inside())});
process.on('exit', () => { for (const end = Date.now() + 1_000; Date.now() < end; ); });
process.kill(process.pid, 'SIGINT');
forever();`;
    expect(await runAndSignal(program)).toBe(130);
    expect(snapshot(inside())).toEqual(before);
  });

  it.each([
    ['the new folder after a failure', "throw new Error('no')"],
    ['the old folder after a success', "fs.writeFileSync(dir + '/new', '')"],
  ])('removes %s completely when a signal comes during the removal', async (_, work) => {
    write(inside(), { 'out/old': '1' });
    // The removal has started, and never ends.
    const program = `fs.promises.rm = forever;
files.replaceDir(${JSON.stringify(inside('out'))}, async (dir) => { fs.writeFileSync(dir + '/half', ''); ${work}; }).catch(() => {});`;
    expect(await runAndSignal(program, 'SIGTERM')).toBe(143);
    expect(fs.readdirSync(inside())).toEqual(['out']);
  });
});

/** Larger than any PID. */
const DEAD = 2 ** 30;

describe('temporary folders of killed processes', () => {
  const left = (): string[] => fs.readdirSync(inside()).filter((name) => name !== 'out');
  const replace = () => replaceDir(inside('out'), async () => undefined);
  const kill = async (): Promise<string> => {
    const half = "(dir) => { fs.writeFileSync(dir + '/half', ''); return forever(); }";
    expect(await runAndSignal(`files.replaceDir(${JSON.stringify(inside('out'))}, ${half});`, 'SIGKILL')).toBeNull();
    expect(left()).toHaveLength(1);
    return left()[0]!;
  };

  it('are removed by the next call for the same target only', async () => {
    await kill();
    await replaceDir(inside('ou'), async () => undefined);
    expect(left()).toHaveLength(2);
    await replace();
    expect(left()).toEqual(['ou']);
  });

  it('are kept while their process runs; those of another machine or container for an hour', async () => {
    const [, , , machine, any] = (await kill()).split('.');
    const elsewhere = machine!.replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
    const names = [`.out.${process.pid}.${machine}.${any}.tmp`, `.out.${DEAD}.${elsewhere}.${any}.tmp`];
    for (const name of names) fs.mkdirSync(inside(name));
    await replace();
    expect(left()).toEqual(names.sort());
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_700_000);
    await replace().finally(() => now.mockRestore());
    expect(left()).toEqual([names.find((name) => name.includes(machine!))]);
  });
});

describe('writeFileAtomic', () => {
  it('creates parent folders, writes the content, and leaves no other file', async () => {
    await writeFileAtomic(inside('a/b/c.json'), 'x');
    await writeFileAtomic(inside('a/b/c.json'), Buffer.from('y'));
    expect(fs.readFileSync(inside('a/b/c.json'), 'utf8')).toBe('y');
    expect(fs.readdirSync(inside('a/b'))).toEqual(['c.json']);
  });

  it('names the file when it cannot be written', async () => {
    write(inside(), { a: '' });
    expect(await problemOf(writeFileAtomic(inside('a/b'), 'x'))).toMatchObject({
      code: 'file-error',
      message: expect.stringContaining(inside('a/b')),
    });
  });
});

describe('withTemporaryDir', () => {
  it('is private, and is removed after the work, also after a failure', async () => {
    for (const fails of [false, true]) {
      let seen = '';
      const work = withTemporaryDir(async (dir) => {
        seen = dir;
        expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
        write(dir, { 'a/b': '' });
        if (fails) throw new Error('no');
      }, inside());
      await (fails ? expect(work).rejects.toThrow('no') : work);
      expect(fs.existsSync(seen)).toBe(false);
    }
  });
});

describe('fileProblem', () => {
  it('reports a full disk, returns a Problem unchanged, and names the file for any other error', () => {
    const full = fileProblem(Object.assign(new Error('x'), { code: 'EDQUOT' }), '/a/b');
    expect(full.problems[0]!.code).toBe('disk-full');
    expect(fileProblem(full, '/c')).toBe(full);
    expect(fileProblem(new Error('x'), '/a/.b.12.0123abcd.4567cdef.tmp').problems[0]!.message).toBe('/a/b: x');
    const temporary = "ENOENT: open '/a/.b.12.0123abcd.4567cdef.tmp'";
    expect(fileProblem(new Error(temporary), '/a/b').problems[0]!.message).toBe("/a/b: ENOENT: open '/a/b'");
    expect(fileProblem(new Error('strange'), '/a/b').problems[0]!.message).toBe('/a/b: strange');
  });
});

describe('cacheDir', () => {
  it('is KDCUBE_CACHE_DIR, else the user’s cache folder', () => {
    process.env.KDCUBE_CACHE_DIR = '/k';
    expect(cacheDir('git')).toBe(path.join('/k', 'git'));
    process.env.KDCUBE_CACHE_DIR = '';
    process.env.XDG_CACHE_HOME = '/xdg';
    expect(cacheDir()).toBe(path.join('/xdg', 'kdcube'));
  });
});

describe('an unusable cache folder', () => {
  const hint = 'KDCUBE_CACHE_DIR=<folder> uses another folder, which must be writable';
  const users: Record<string, () => Promise<unknown>> = {
    'a lock': () => withLock('x', async () => undefined),
    'a file': () => writeFileAtomic(cacheDir('layers', 'ab', 'x'), 'x'),
    'a folder': () => replaceDir(cacheDir('git', 'x'), async () => undefined),
    'an empty folder': async () => makeDir(cacheDir('git')),
    'a remote': () => sourceRemote({ url: 'https://host/r', self: false, root: box.dir }, box.dir),
  };
  // Node's own recursive mkdir never returns for a folder in /proc.
  const places = ['/proc/1/nope', '/proc/self/fd/nope', '/dev/null', '/dev/null/x', '/sys/nope'];

  it.each(Object.entries(users))('is a Problem that names KDCUBE_CACHE_DIR, for %s', async (_, use) => {
    for (const place of places.filter(() => process.platform === 'linux')) {
      process.env.KDCUBE_CACHE_DIR = place;
      expect(await problemOf(use())).toMatchObject({ code: 'file-error', message: expect.stringContaining(place), hint });
    }
    delete process.env.KDCUBE_CACHE_DIR;
    process.env.XDG_CACHE_HOME = '/proc/1/nope';
    expect(await problemOf(use())).toMatchObject({ message: expect.stringContaining('/proc/1/nope/kdcube'), hint });
  });

  it.each(['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ELOOP'])('is a Problem if the system returns %s', (code) => {
    const error = Object.assign(new Error(`${code}: no`), { code });
    for (const file of [cacheDir(), cacheDir('locks'), cacheDir('layers', 'ab', 'x')])
      expect(fileProblem(error, file).problems).toEqual([
        { code: 'file-error', message: `The cache folder ${cacheDir()} cannot be used: ${code}: no.`, hint },
      ]);
    expect(fileProblem(error, `${cacheDir()}-other/x`).problems[0]!.hint).toBeUndefined();
  });
});
