import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, fileProblem, removeNow, replaceDir, withLock, withTemporaryDir, withUndo, writeFileAtomic } from './files';
import { problemOf, type Sandbox, sandbox, snapshot, write } from './testing/git-kit';

jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

const inside = (...parts: string[]) => path.join(box.dir, 'work', ...parts);

/** Runs a program that may use `files` in a process of its own, and ends it with a signal when it says `ready`. Its exit code. */
async function signalled(program: string, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
  const child = spawn(
    process.execPath,
    [
      '-r',
      path.join(__dirname, 'testing/typescript.cjs'),
      '-e',
      `const files = require(${JSON.stringify(path.join(__dirname, 'files.ts'))}); const fs = require('node:fs');
const forever = () => new Promise(() => { console.log('ready'); setInterval(() => {}, 1000); });
${program}`,
    ],
    { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.kill(signal);
  return new Promise((resolve) => child.once('close', resolve));
}

describe('replaceDir', () => {
  it('puts the new folder in the place of the old one, whole, and leaves nothing beside it', async () => {
    write(inside(), { 'out/old': '1', other: 'x' });
    expect(
      await replaceDir(inside('out'), async (dir) => {
        write(dir, { 'a/b': '2' });
        return 'done';
      }),
    ).toBe('done');
    expect(Object.keys(snapshot(inside()))).toEqual(['/', 'other', 'out/', 'out/a/', 'out/a/b']);
  });

  it('leaves what was there when filling fails', async () => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    const fill = async (dir: string) => {
      write(dir, { half: '' });
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    expect((await problemOf(replaceDir(inside('out'), fill))).code).toBe('disk-full');
    expect(snapshot(inside())).toEqual(before);
  });

  it('gives each of many at once a whole folder', async () => {
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

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves what was there when %s ends the process', async (signal) => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    const program = `files.replaceDir(${JSON.stringify(inside('out'))}, (dir) => { fs.writeFileSync(dir + '/half', ''); return forever(); });`;
    expect(await signalled(program, signal)).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(snapshot(inside())).toEqual(before);
  });

  it('leaves nothing when a signal comes while Node’s threads have other work to do first', async () => {
    write(inside(), { 'out/old': '1' });
    const before = snapshot(inside());
    // What waits for a thread is still done while the process ends.
    const program = `const { pbkdf2 } = require('node:crypto');
Array.from({ length: 4 }, () => new Promise((resolve) => pbkdf2('a', 'b', 20_000, 64, 'sha512', resolve)));
files.replaceDir(${JSON.stringify(inside('out'))}, forever);
files.writeFileAtomic(${JSON.stringify(inside('file'))}, 'x');
files.withTemporaryDir(forever, ${JSON.stringify(inside())});
process.on('exit', () => { for (const end = Date.now() + 1_000; Date.now() < end; ); });
process.kill(process.pid, 'SIGINT');
forever();`;
    expect(await signalled(program)).toBe(130);
    expect(snapshot(inside())).toEqual(before);
  });

  it.each([
    ['the new folder after a failure', "throw new Error('no')"],
    ['the old folder after a success', "fs.writeFileSync(dir + '/new', '')"],
  ])('leaves no rest of %s when a signal comes while it is being removed', async (_, work) => {
    write(inside(), { 'out/old': '1' });
    // The removal has begun, and takes for ever.
    const program = `fs.promises.rm = forever;
files.replaceDir(${JSON.stringify(inside('out'))}, async (dir) => { fs.writeFileSync(dir + '/half', ''); ${work}; }).catch(() => {});`;
    expect(await signalled(program, 'SIGTERM')).toBe(143);
    expect(fs.readdirSync(inside())).toEqual(['out']);
  });
});

describe('writeFileAtomic', () => {
  it('makes the folders, writes the content, and leaves no other file', async () => {
    await writeFileAtomic(inside('a/b/c.json'), 'x');
    await writeFileAtomic(inside('a/b/c.json'), Buffer.from('y'));
    expect(fs.readFileSync(inside('a/b/c.json'), 'utf8')).toBe('y');
    expect(fs.readdirSync(inside('a/b'))).toEqual(['c.json']);
  });

  it('names the file when it cannot be written', async () => {
    write(inside(), { a: '' });
    expect(await problemOf(writeFileAtomic(inside('a/b'), 'x'))).toMatchObject({
      code: 'file-failed',
      message: expect.stringContaining(inside('a/b')),
    });
  });
});

describe('withTemporaryDir', () => {
  it('is there for the time of the work, for nobody else, and gone after it', async () => {
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

describe('withUndo', () => {
  const program = (then: string) =>
    `files.withUndo(() => fs.writeFileSync(${JSON.stringify(path.join(box.dir, 'undone'))}, ''), ${then})`;
  const undone = () => fs.existsSync(path.join(box.dir, 'undone'));

  it('undoes when a signal ends the process in the middle', async () => {
    expect(await signalled(`${program('forever')};`)).toBe(130);
    expect(undone()).toBe(true);
  });

  it('undoes nothing once the work has ended, well or not', async () => {
    await signalled(`${program('async () => {}')}.then(forever);`);
    await signalled(`${program("async () => { throw new Error('no'); }")}.catch(forever);`);
    expect(undone()).toBe(false);
    expect(
      await withUndo(
        () => fail(),
        async () => 7,
      ),
    ).toBe(7);
  });
});

describe('removeNow', () => {
  it('removes a folder into which Node’s threads still put files', async () => {
    const place = inside('filling');
    fs.mkdirSync(path.join(place, 'deep'), { recursive: true });
    const names = Array.from({ length: 500 }, (_, index) => path.join(place, 'deep', String(index)));
    const writing = Promise.allSettled(names.map((name) => fs.promises.writeFile(name, '')));
    removeNow(place);
    expect(fs.existsSync(place)).toBe(false);
    await writing;
  });
});

describe('withLock', () => {
  it('lets one in at a time, in this process and in others', async () => {
    let inIt = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (inIt += 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
      inIt -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock('x', work)));
    expect(most).toBe(1);
  });

  it('is free again after a failure, after a signal, and after a kill', async () => {
    await expect(withLock('x', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const program = `process.env.KDCUBE_CACHE_DIR = ${JSON.stringify(process.env.KDCUBE_CACHE_DIR)}; files.withLock('x', forever);`;
    await signalled(program);
    expect(await withLock('x', async () => 'mine', 10_000)).toBe('mine');
    await signalled(program, 'SIGKILL');
    expect(await withLock('x', async () => 'mine', 10_000)).toBe('mine');
  });

  it('is a problem when it takes too long, and says which file it is', async () => {
    await withLock('x', async () => {
      const { code, hint } = await problemOf(withLock('x', async () => undefined, 60));
      expect([code, hint]).toEqual(['already-running', expect.stringContaining(cacheDir('locks'))]);
      await withLock('y', async () => undefined, 60);
    });
  });
});

describe('fileProblem', () => {
  it('knows a full disk, keeps a problem, and names the file of everything else', () => {
    const full = fileProblem(Object.assign(new Error('x'), { code: 'EDQUOT' }), '/a/b');
    expect(full.problems[0]!.code).toBe('disk-full');
    expect(fileProblem(full, '/c')).toBe(full);
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
