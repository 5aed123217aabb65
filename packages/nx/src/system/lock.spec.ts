import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir } from './files';
import { withLock } from './lock';
import { problemOf, type Sandbox, sandbox } from '../../testing/git-kit';
import { runAndSignal } from '../../testing/run-and-signal';

jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

describe('withLock', () => {
  it('runs one at a time', async () => {
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

  it('is released after a failure, a signal and a kill', async () => {
    await expect(withLock('x', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const program = `process.env.KDCUBE_CACHE_DIR = ${JSON.stringify(process.env.KDCUBE_CACHE_DIR)}; lock.withLock('x', forever);`;
    await runAndSignal(program);
    expect(await withLock('x', async () => 'done', 10_000)).toBe('done');
    await runAndSignal(program, 'SIGKILL');
    expect(await withLock('x', async () => 'done', 10_000)).toBe('done');
  });

  it('reports a time-out, with the lock file', async () => {
    await withLock('x', async () => {
      const { code, hint } = await problemOf(withLock('x', async () => undefined, 60));
      expect([code, hint]).toEqual(['already-running', expect.stringContaining(cacheDir('locks'))]);
      await withLock('y', async () => undefined, 60);
    });
  });
});

describe('a lock file that is there already', () => {
  const WRITTEN_AT = 1_800_000_000_000;

  function lockFile(): Promise<string> {
    const folder = cacheDir('locks');
    return withLock('x', async () => path.join(folder, fs.readdirSync(folder)[0]!));
  }

  /** Tries once to get a lock whose file has this content and this age in milliseconds. Returns the content that is left; undefined if the lock counts as abandoned. */
  async function contentAfterTry(content: string, age: number): Promise<string | undefined> {
    const file = await lockFile();
    fs.writeFileSync(file, content);
    fs.utimesSync(file, WRITTEN_AT / 1000, WRITTEN_AT / 1000);
    const work = jest.fn();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(WRITTEN_AT + age);
    try {
      expect((await problemOf(withLock('x', work, -1))).code).toBe('already-running');
    } finally {
      clock.mockRestore();
    }
    expect(work).not.toHaveBeenCalled();
    const left = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
    fs.rmSync(file, { force: true });
    return left;
  }

  const withoutPid = ['', '\n', '0', '-1', 'x'];
  it.each([-60_000, 0, 1, 4_999, 5_000])('is being written, if it has no PID and is %d ms old', async (age) => {
    for (const content of withoutPid) expect(await contentAfterTry(content, age)).toBe(content);
  });

  it.each([5_001, 60_000, 86_400_000])('is abandoned, if it has no PID and is %d ms old', async (age) => {
    for (const content of withoutPid) expect(await contentAfterTry(content, age)).toBeUndefined();
  });

  it.each([0, 5_000, 5_001, 86_400_000])('is judged by its process alone, if it has a PID and is %d ms old', async (age) => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    expect(await contentAfterTry(String(process.pid), age)).toBe(String(process.pid));
    expect(await contentAfterTry(String(ended), age)).toBeUndefined();
  });

  it('goes to the next process, once it is abandoned', async () => {
    const file = await lockFile();
    fs.writeFileSync(file, '');
    fs.utimesSync(file, 1, 1);
    expect(await withLock('x', async () => fs.readFileSync(file, 'utf8'), 10_000)).toBe(String(process.pid));
    expect(fs.existsSync(file)).toBe(false);
  });
});
