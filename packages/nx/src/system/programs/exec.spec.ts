import * as path from 'node:path';
import { run, tail } from './exec';
import { resetStop, deferSignals } from './signals';
import { problemOf, type Sandbox, sandbox } from '../../../testing/git-kit';

jest.setTimeout(120_000);

let box: Sandbox;
beforeAll(() => {
  box = sandbox();
});
afterAll(() => box.end());
afterEach(resetStop);

const node = (code: string, options: Parameters<typeof run>[2] = {}) => run(process.execPath, ['-e', code], options);

describe('run', () => {
  it('returns the output of a program, whatever its exit code', async () => {
    const { exitCode, stdout, stderr } = await node('console.log("out"); console.error("err"); process.exit(3)');
    expect([exitCode, stdout.toString(), stderr]).toEqual([3, 'out\n', 'err\n']);
  });

  it('passes arguments unchanged, without a shell', async () => {
    const hostile = ['$(touch x)', '`id`', 'a b', '"; rm -rf /', '*', '', '--upload-pack=x'];
    const { stdout } = await run(process.execPath, [
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...hostile,
    ]);
    expect(JSON.parse(stdout.toString())).toEqual(hostile);
  });

  it('gives no terminal and no input, so that no prompt can block', async () => {
    const { stdout } = await node('process.stdin.on("end", () => console.log(String(process.stdin.isTTY))).resume()');
    expect(stdout.toString()).toBe('undefined\n');
    expect((await node('process.stdin.pipe(process.stdout)', { input: 'hello' })).stdout.toString()).toBe('hello');
  });

  it('keeps the input open on request, until this process ends', async () => {
    const program = `
      process.stdin.once('data', (input) => { console.log(String(input)); setTimeout(() => process.exit(), 200); });
      process.stdin.once('end', () => console.log('closed'));`;
    const { stdout } = await node(program, { input: 'hello', keepsInputOpen: true });
    expect(stdout.toString()).toBe('hello\n');
    const { stdout: closed } = await node(program, { input: 'hello' });
    expect(closed.toString()).toBe('hello\nclosed\n');
  });

  it('adds variables and removes them', async () => {
    process.env.KD_TEST_A = '1';
    const { stdout } = await node('console.log(process.env.KD_TEST_A, process.env.KD_TEST_B)', {
      env: { KD_TEST_A: undefined, KD_TEST_B: '2' },
    });
    delete process.env.KD_TEST_A;
    expect(stdout.toString()).toBe('undefined 2\n');
  });

  it('passes the signing key to no program', async () => {
    Object.assign(process.env, { KDCUBE_SIGNING_KEY: 'key', KDCUBE_SIGNING_PASSWORD: 'horse' });
    const printed = await node('console.log(Object.keys(process.env).filter((name) => name.startsWith("KDCUBE_SIGNING")))');
    for (const name of ['KDCUBE_SIGNING_KEY', 'KDCUBE_SIGNING_PASSWORD']) delete process.env[name];
    expect(printed.stdout.toString()).toBe('[]\n');
  });

  it('calls onLine with each line of stderr as it arrives; a carriage return ends a line too', async () => {
    const lines: string[] = [];
    await node('process.stderr.write("10%\\r20%\\r\\n\\nlast")', { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['10%', '20%', 'last']);
  });

  it('reports a missing program, and a missing folder', async () => {
    expect(await problemOf(run('kdcube-no-such-program', []))).toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('kdcube-no-such-program is not on this machine'),
    });
    const cwd = path.join(box.dir, 'nowhere');
    expect(await problemOf(node('0', { cwd }))).toMatchObject({ code: 'file-error', message: expect.stringContaining(cwd) });
  });

  it('stops a program at its timeout, reports its last output, and does not wait for its children', async () => {
    const { code, message } = await problemOf(run('sh', ['-c', 'echo stuck >&2; sleep 130'], { timeout: 2_000 }));
    expect([code, message]).toEqual(['command-timeout', expect.stringMatching(/did not end within 2 s[^]*stuck/)]);
  });

  it.each([
    ['SIGTERM', 'interrupted'],
    ['SIGSEGV', 'command-failed'],
  ])('distinguishes a stopped program from a crashed one: %s', async (signal, code) => {
    expect((await problemOf(node(`process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`))).code).toBe(code);
  });

  describe('after a program was stopped from outside, as Nx does with the children of a process before the process itself', () => {
    const killed = (signal: string) => problemOf(node(`process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`));
    const next = () =>
      node('console.log(1)').then(
        ({ stdout }) => stdout.toString(),
        (error) => error.problems[0],
      );

    it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('starts no other program: %s', async (signal) => {
      await killed(signal);
      expect(await next()).toEqual({
        code: 'interrupted',
        message: expect.stringMatching(`^.*node -e was not started, because .*node -e was stopped by ${signal}.$`),
      });
    });

    it.each([130, 143])('recognizes a program that handled the signal by its exit code, as docker: %s', async (code) => {
      const received = () => node(`process.exit(${code})`);
      expect(await problemOf(received())).toMatchObject({
        code: 'interrupted',
        message: expect.stringMatching(/ -e was stopped by SIG(INT|TERM)\.$/),
      });
      expect(await next()).toMatchObject({ code: 'interrupted' });
      resetStop();
      expect((await node(`process.exit(${code})`, { hasOwnExitCodes: true })).exitCode).toBe(code);
      expect(await next()).toBe('1\n');
    });

    it('starts cleanup programs', async () => {
      await killed('SIGTERM');
      expect((await node('console.log(1)', { isCleanup: true })).stdout.toString()).toBe('1\n');
    });

    it('starts other programs again if this process was not stopped for a while', async () => {
      await killed('SIGTERM');
      const now = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000);
      expect(await next().finally(() => now.mockRestore())).toBe('1\n');
    });

    it('starts other programs after a timeout, after SIGKILL, and while signals are deferred', async () => {
      await problemOf(node('setInterval(() => {}, 1000)', { timeout: 500 }));
      expect(await next()).toBe('1\n');
      await killed('SIGKILL');
      expect(await next()).toBe('1\n');
      const resume = deferSignals();
      await killed('SIGINT').finally(resume);
      expect(await next()).toBe('1\n');
      await killed('SIGINT');
      const resumeAgain = deferSignals();
      expect(await next().finally(resumeAgain)).toBe('1\n');
    });
  });

  it('reports output above the limit, and returns no partial output', async () => {
    const work = node('process.stdout.write("x".repeat(100_000))', { maxBuffer: 1_000 });
    expect((await problemOf(work)).code).toBe('command-failed');
  });
});

it('tail returns the last lines', () => {
  expect(tail('1\n2\n3\n\n', 2)).toBe('2\n3');
  expect(tail('')).toBe('');
});
