import { run, stream } from './exec';
import { resetStop } from './signals';

afterEach(resetStop);

async function lengthOf(source: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const chunk of source) count += chunk.length;
  return count;
}

const node = (code: string) => stream(process.execPath, ['-e', code]);

describe('stream', () => {
  it('yields all output, and stops the program when the reader stops', async () => {
    expect(await lengthOf(node('process.stdout.write(Buffer.alloc(5_000_000))'))).toBe(5_000_000);
    for await (const chunk of node('setInterval(() => process.stdout.write("x"), 1)')) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('throws a Problem with the error output of a failed program, after its output', async () => {
    await expect(lengthOf(node('console.log(1); console.error("why"); process.exit(3)'))).rejects.toMatchObject({
      problems: [{ code: 'command-failed', message: expect.stringMatching(/exit code 3\.\nwhy/) }],
    });
    await expect(lengthOf(stream('no-such-program-here', []))).rejects.toMatchObject({ problems: [{ code: 'command-failed' }] });
  });
});

describe('run', () => {
  it('distinguishes a crash from a stop, and a missing folder from a missing program', async () => {
    const kill = (signal: string) =>
      run(process.execPath, ['-e', `process.kill(process.pid, '${signal}'); setTimeout(() => {}, 9e9)`]);
    await expect(kill('SIGSEGV')).rejects.toMatchObject({ problems: [{ code: 'command-failed' }] });
    await expect(run(process.execPath, ['-v'], { cwd: '/no/such/folder' })).rejects.toMatchObject({
      problems: [{ code: 'file-error' }],
    });
    await expect(kill('SIGTERM')).rejects.toMatchObject({ problems: [{ code: 'interrupted' }] });
  });
});
