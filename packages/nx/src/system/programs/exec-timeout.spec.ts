import { run, stream } from './exec';

const limits: number[] = [];
jest.mock('execa', () => {
  const actual = jest.requireActual<{ execa: (program: string, args: string[], options: object) => unknown }>('execa');
  return {
    ...actual,
    // The program is stopped at once, whatever its timeout.
    execa: (program: string, args: string[], options: { timeout: number }) => {
      limits.push(options.timeout);
      return actual.execa(program, args, { ...options, timeout: 50 });
    },
  };
});

const FOREVER = [process.execPath, ['-e', 'setInterval(() => {}, 9e8)']] as const;

async function drain(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of source) void chunk;
}

test.each([
  ['run', undefined, 600],
  ['run', 7_000, 7],
  ['stream', undefined, 3_600],
  ['stream', 600_000, 600],
  ['stream', 1_000, 1],
] as const)('%s with the timeout %s reports the %i s that were used', async (how, timeout, seconds) => {
  limits.length = 0;
  const work = how === 'run' ? run(...FOREVER, { timeout }) : drain(stream(...FOREVER, { timeout }));
  await expect(work).rejects.toMatchObject({
    problems: [{ code: 'command-timeout', message: expect.stringContaining(`did not end within ${seconds} s`) }],
  });
  expect(limits).toEqual([seconds * 1000]);
});
