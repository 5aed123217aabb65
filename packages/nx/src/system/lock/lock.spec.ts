import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir } from '../files/files';
import { silentLog } from '../log';
import { releaseLock, renewLock, tryLock } from './lock-file';
import { withLock } from './lock';
import { type LockOwner, newOwner, parseOwner, staleReason } from './owner';
import { ownIdentity } from './process-identity';
import { problemOf, type Sandbox, sandbox } from '../../../testing/git-kit';
import { runAndSignal } from '../../../testing/run-and-signal';

jest.setTimeout(120_000);

/** Replaces fs.linkSync during a test. */
let mockLink: ((from: fs.PathLike, to: fs.PathLike) => void) | undefined;
jest.mock('node:fs', () => {
  const actual = jest.requireActual<typeof fs>('node:fs');
  return { ...actual, linkSync: (from: string, to: string) => (mockLink ?? actual.linkSync)(from, to) };
});

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
  fs.mkdirSync(cacheDir('locks'), { recursive: true });
});
afterEach(() => box.end());
afterEach(() => (mockLink = undefined));

const files = () => fs.readdirSync(cacheDir('locks'));
const lockFile = () => cacheDir('locks', 'x');
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const own = () => newOwner(ownIdentity());
const ended = () => spawnSync(process.execPath, ['--version']).pid;
/** A lock file as written by a process with PID 1 of another container. */
const foreign = (): LockOwner => ({ ...own(), pid: 1, namespace: 'another', startTime: '1' });

/** A log that collects its lines. */
function notes() {
  const lines: string[] = [];
  return {
    lines,
    log: { ...silentLog, note: (text: string) => void lines.push(text), progress: (text: string) => void lines.push(text) },
  };
}

/** Writes a lock file whose owner renewed it this many milliseconds ago. */
function writeLock(content: LockOwner | string, age: number, file = lockFile()): string {
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const at = (fs.statSync(file).mtimeMs - age) / 1000;
  fs.utimesSync(file, at, at);
  return file;
}

describe('withLock', () => {
  it('runs one at a time', async () => {
    let inIt = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (inIt += 1));
      await pause(10);
      inIt -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock('x', work)));
    expect(most).toBe(1);
    expect(files()).toEqual([]);
  });

  it('is released after a failure, a signal and a kill', async () => {
    await expect(withLock('x', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(files()).toEqual([]);
    const program = `process.env.KDCUBE_CACHE_DIR = ${JSON.stringify(process.env.KDCUBE_CACHE_DIR)}; lock.withLock('x', forever);`;
    await runAndSignal(program);
    expect(files()).toEqual([]);
    await runAndSignal(program, 'SIGKILL');
    expect(files()).toHaveLength(1);
    const { lines, log } = notes();
    expect(await withLock('x', async () => 'done', { timeout: 10_000, log })).toBe('done');
    expect(lines).toEqual([
      expect.stringMatching(/^took over the lock of x from process \d+ on .+, since \d{4}-.+ UTC: that process has ended$/),
    ]);
    expect(files()).toEqual([]);
  });

  it('reports a timeout, with the owner and the lock file', async () => {
    await withLock('x', async () => {
      const problem = await problemOf(withLock('x', async () => undefined, { timeout: 60 }));
      expect(problem).toMatchObject({
        code: 'already-running',
        message: expect.stringContaining(`locked x: process ${process.pid} on `),
        hint: expect.stringContaining(cacheDir('locks')),
      });
      await withLock('y', async () => undefined, { timeout: 60 });
    });
  });

  it('reports whether another process had the lock', async () => {
    expect(await withLock('x', async (hasWaited) => hasWaited)).toBe(false);
    const first = withLock('x', () => pause(50));
    expect(await withLock('x', async (hasWaited) => hasWaited)).toBe(true);
    await first;
  });

  it('renews the lock while the work runs, and not afterwards', async () => {
    const [file, before] = await withLock(
      'x',
      async () => {
        const file = cacheDir('locks', files()[0]!);
        const owner = fs.readFileSync(file, 'utf8');
        fs.utimesSync(file, 1, 1);
        while (fs.statSync(file).mtimeMs === 1000) await pause(5);
        expect(fs.readFileSync(file, 'utf8')).toBe(owner);
        return [file, owner];
      },
      { heartbeat: 10 },
    );
    expect(parseOwner(before!)).toMatchObject({ pid: process.pid });
    await pause(50);
    expect(fs.existsSync(file!)).toBe(false);
  });

  it('leaves the lock of a process that took it over, and reports it once', async () => {
    const { lines, log } = notes();
    const next = foreign();
    const file = await withLock(
      'x',
      async () => {
        const file = cacheDir('locks', files()[0]!);
        writeLock(next, 0, file);
        while (lines.length === 0) await pause(5);
        await pause(50);
        return file;
      },
      { heartbeat: 10, log },
    );
    expect(lines).toEqual(['another process took over the lock of x: this process did not renew it in time']);
    expect(parseOwner(fs.readFileSync(file, 'utf8'))).toEqual(next);
  });
});

describe('a lock counts as stale', () => {
  const PROC = fs.existsSync('/proc/self/stat');
  const identity = ownIdentity();

  (PROC ? it : it.skip)('by its process alone, where PIDs can be compared', () => {
    for (const age of [0, 149_999, 150_001, 86_400_000]) {
      expect(staleReason({ owner: own(), age }, identity)).toBeUndefined();
      expect(staleReason({ owner: { ...own(), pid: ended() }, age }, identity)).toBe('that process has ended');
      // A later process with the same PID.
      expect(staleReason({ owner: { ...own(), startTime: '1' }, age }, identity)).toBe('that process has ended');
    }
    expect(staleReason({ owner: { ...own(), pid: ended() } }, identity)).toBe('that process has ended');
  });

  (PROC ? it : it.skip)('by its process, if that has ended and its parent has not noticed', async () => {
    // The shell starts a process, and then becomes a program that does not wait for it.
    const { spawn } = await import('node:child_process');
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const zombie = Number(await new Promise((resolve) => parent.stdout.once('data', (data) => resolve(String(data)))));
      const state = () => fs.readFileSync(`/proc/${zombie}/stat`, 'utf8').split(') ')[1]!.split(' ');
      while (state()[0] !== 'Z') await pause(5);
      const owner = { ...own(), pid: zombie, startTime: state()[19]! };
      expect(staleReason({ owner, age: 0 }, identity)).toBe('that process has ended');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  const others: Record<string, [LockOwner, typeof identity]> = {
    'another container': [foreign(), identity],
    'a system without /proc': [{ ...foreign(), namespace: undefined, startTime: undefined }, identity],
    'the same system without /proc': [{ ...own(), namespace: undefined, startTime: undefined }, { pid: process.pid }],
    'a container, seen from a system without /proc': [foreign(), { pid: 1 }],
  };
  it.each(Object.entries(others))('by its age, for %s', (_, [owner, seenBy]) => {
    for (const age of [-150_000, -1, 0, 1, 149_999, 150_000, undefined])
      expect([age, staleReason({ owner, age }, seenBy)]).toEqual([age, undefined]);
    expect(staleReason({ owner, age: 150_001 }, seenBy)).toBe('it was not renewed for 3 min');
    expect(staleReason({ owner, age: 86_400_000 }, seenBy)).toBe('it was not renewed for 1440 min');
    expect(staleReason({ owner, age: -150_001 }, seenBy)).toBe('it was not renewed for 3 min');
  });

  it('by its age, if it is incomplete', () => {
    for (const age of [-150_000, -60_000, -1, 0, 1, 4_999, 5_000, undefined])
      expect([age, staleReason({ age }, identity)]).toEqual([age, undefined]);
    for (const age of [5_001, 60_000])
      expect(staleReason({ age }, identity)).toBe(`it was left incomplete ${Math.round(age / 1000)} s ago`);
    expect(staleReason({ age: -150_001 }, identity)).toBe('it was left incomplete before the clock was set back');
  });
});

describe('an existing lock file', () => {
  it('is incomplete without a valid owner, and is removed only when it is old', () => {
    const invalid = ['', '\n', '0', '12', '{}', '[]', 'null', '{"pid":1', 'x'.repeat(5000)];
    const wrong = {
      token: ['../../../x', '', 'ABCDEF0123456789', '../0123456789abcdef', '0123456789abcdef/..', 1],
      pid: [0, -1, 1.5, '1'],
      host: [1],
      since: ['x', 1],
    };
    const wrongFields = Object.entries(wrong).flatMap(([key, values]) =>
      values.map((value) => JSON.stringify({ ...own(), [key]: value })),
    );
    for (const content of [...invalid, ...wrongFields]) {
      if (content.length <= 4096) {
        writeLock(content, 2_000);
        expect([content, tryLock(lockFile(), own())]).toEqual([content, { result: 'locked', owner: undefined }]);
        expect(fs.readFileSync(lockFile(), 'utf8')).toBe(content);
      }
      writeLock(content, 8_000);
      expect([content, tryLock(lockFile(), own()).result]).toEqual([content, 'removed']);
      expect(files()).toEqual([]);
    }
  });

  it('of another container is respected while it is renewed, and taken over afterwards, by the clock of the file system', async () => {
    // This machine's clock is wrong by a day.
    const now = Date.now();
    for (const skew of [-86_400_000, 0, 86_400_000]) {
      const clock = jest.spyOn(Date, 'now').mockReturnValue(now + skew);
      const owner = foreign();
      writeLock(owner, 140_000);
      expect(tryLock(lockFile(), own())).toEqual({ result: 'locked', owner });
      writeLock(owner, 160_000);
      expect(tryLock(lockFile(), own(), false)).toEqual({ result: 'locked', owner });
      expect(tryLock(lockFile(), own())).toEqual({ result: 'removed', owner, reason: 'it was not renewed for 3 min' });
      expect(tryLock(lockFile(), own())).toEqual({ result: 'acquired' });
      fs.rmSync(lockFile());
      clock.mockRestore();
    }
  });

  it('explains which process it waits for, and when the wait ends', async () => {
    const file = await withLock('x', async () => cacheDir('locks', files()[0]!));
    const { lines, log } = notes();
    for (const [owner, text] of [
      [
        { ...foreign(), host: 'build-1' },
        /^waiting for process 1 on build-1, since \d.+ UTC, which has locked x; it runs in another container or on another machine, and its lock ends 150 s after/,
      ],
      [own(), new RegExp(`^waiting for process ${process.pid} on .+ UTC, which has locked x$`)],
    ] as const) {
      writeLock(owner, 0, file);
      let now = 0;
      const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 8_000));
      await problemOf(withLock('x', async () => undefined, { timeout: 30_000, log }));
      clock.mockRestore();
      expect(lines.splice(0)[0]).toMatch(text);
    }
  });

  it.each(['a folder', 'a FIFO'])('that is %s is a Problem, not a stack trace or an endless wait', async (kind) => {
    const file = await withLock('x', async () => cacheDir('locks', files()[0]!));
    if (kind === 'a folder') fs.mkdirSync(file);
    else spawnSync('mkfifo', [file]);
    expect(await problemOf(withLock('x', async () => undefined))).toMatchObject({
      code: 'file-error',
      message: expect.stringContaining(kind),
    });
  });
});

describe('a lock is removed only by its owner, or by one process that found it stale', () => {
  it('not by another owner', () => {
    const [first, second] = [own(), own()];
    expect(tryLock(lockFile(), first)).toEqual({ result: 'acquired' });
    releaseLock(lockFile(), second);
    expect(renewLock(lockFile(), second)).toBe(false);
    expect(tryLock(lockFile(), second)).toEqual({ result: 'locked', owner: first });
    releaseLock(lockFile(), first);
    expect(files()).toEqual([]);
    releaseLock(lockFile(), first);
    expect(renewLock(lockFile(), first)).toBe(false);
  });

  it('not by a process that found it stale before another one took it over', () => {
    const stale = foreign();
    const next = own();
    writeLock(stale, 200_000);
    // The next owner appears between the first check and the removal.
    mockLink = (from, to) => {
      mockLink = undefined;
      fs.rmSync(lockFile());
      fs.writeFileSync(lockFile(), JSON.stringify(next));
      fs.linkSync(from, to);
    };
    expect(tryLock(lockFile(), own())).toEqual({ result: 'locked', owner: stale });
    expect(mockLink).toBeUndefined();
    expect(parseOwner(fs.readFileSync(lockFile(), 'utf8'))).toEqual(next);
    expect(files()).toEqual(['x']);
  });

  it.each(['with', 'without'])('and is taken by one of two processes that find it free at once (%s hard links)', (how) => {
    const next = own();
    mockLink = (from, to) => {
      mockLink = undefined;
      fs.writeFileSync(lockFile(), JSON.stringify(next));
      if (how === 'without') throw Object.assign(new Error('no'), { code: 'EPERM' });
      fs.linkSync(from, to);
    };
    expect(tryLock(lockFile(), own())).toEqual({ result: 'locked', owner: undefined });
    expect(parseOwner(fs.readFileSync(lockFile(), 'utf8'))).toEqual(next);
    expect(files()).toEqual(['x']);
  });

  it('not while another process removes it', () => {
    const stale = foreign();
    writeLock(stale, 200_000);
    writeLock(own(), 0, `${lockFile()}.${stale.token}`);
    expect(tryLock(lockFile(), own())).toEqual({ result: 'locked', owner: stale });
    expect(files()).toHaveLength(2);
  });

  it('even if a process was killed while it removed a stale lock', () => {
    const stale = foreign();
    writeLock(stale, 200_000);
    const claim = { ...own(), pid: ended() };
    writeLock(claim, 0, `${lockFile()}.${stale.token}`);
    const next = own();
    const results = [];
    for (let count = 0; count < 5 && results.at(-1) !== 'acquired'; count += 1) results.push(tryLock(lockFile(), next).result);
    expect(results.at(-1)).toBe('acquired');
    expect(files()).toEqual(['x']);
  });

  it('also where the file system has no hard links', () => {
    mockLink = () => {
      throw Object.assign(new Error('no'), { code: 'EPERM' });
    };
    const [first, second] = [own(), own()];
    expect(tryLock(lockFile(), first).result).toBe('acquired');
    expect(tryLock(lockFile(), second).result).toBe('locked');
    releaseLock(lockFile(), first);
    expect(tryLock(lockFile(), second).result).toBe('acquired');
    expect(files()).toEqual(['x']);
  });
});

it('leftovers of killed processes are removed with the next take-over, but not those of other locks', async () => {
  const file = await withLock('x', async () => cacheDir('locks', files()[0]!));
  writeLock({ ...own(), pid: ended() }, 0, file);
  writeLock({ ...own(), pid: ended() }, 0, `${file}.0123456789abcdef`);
  writeLock(own(), 0, `${file}.fedcba9876543210`);
  writeLock('', 0, cacheDir('locks', `.${path.basename(file)}.${ended()}.00000000.00000000.tmp`));
  writeLock({ ...own(), pid: ended() }, 0, cacheDir('locks', 'another'));
  await withLock('x', async () => undefined);
  // Whether a process of another machine has ended is unknown for an hour.
  const temporary = files().filter((name) => name.startsWith('.'));
  expect(temporary).toHaveLength(1);
  expect(
    files()
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual([`${path.basename(file)}.fedcba9876543210`, 'another'].sort());
});
