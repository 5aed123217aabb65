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
