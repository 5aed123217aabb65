import { formatBytes, createLog, formatDuration, silentLog, withHeartbeat } from './log';

function record(json = false) {
  const lines: string[] = [];
  return { log: createLog({ json, write: (stream, line) => void lines.push(`${stream} ${line}`) }), lines };
}

describe('createLog', () => {
  it('prints one line for a finished step', () => {
    const { log, lines } = record();
    log.done('staged', 'my-bundle', '12 files', Date.now());
    log.done('reused', 'x');
    log.progress('fetching');
    log.note('first\nsecond');
    log.event({ event: 'staged' });
    expect(lines[0]).toMatch(/^out staged {6}my-bundle {2}12 files {2}0\.\d s$/);
    expect(lines.slice(1)).toEqual(['out reused      x', 'out …          fetching', 'out note       first\n           second']);
  });

  it('with --json, prints only JSON objects to stdout, and text to stderr', () => {
    const { log, lines } = record(true);
    log.done('staged', 'my-bundle');
    log.progress('fetching');
    log.note('hello');
    log.event({ event: 'staged', text: 'a\nb' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['err', 'err', 'err', 'out']);
    expect(JSON.parse(lines[3]!.slice(4))).toEqual({ event: 'staged', text: 'a\nb' });
  });

  it('prints no cursor control', () => {
    const { log, lines } = record();
    log.done('a', 'b');
    log.progress('c');
    expect(lines.join('')).not.toContain(String.fromCharCode(27));
  });
});

describe('withHeartbeat', () => {
  afterEach(() => jest.useRealTimers());

  it('prints the current text every 15 s until the work ends', async () => {
    jest.useFakeTimers();
    const output: string[] = [];
    let step = 1;
    let end = (_: string) => {};
    const work = withHeartbeat(
      { ...silentLog, progress: (text) => output.push(text) },
      () => `step ${step}`,
      new Promise<string>((resolve) => (end = resolve)),
    );
    jest.advanceTimersByTime(15_000);
    step = 2;
    jest.advanceTimersByTime(15_000);
    end('done');
    expect(await work).toBe('done');
    jest.advanceTimersByTime(60_000);
    expect(output).toEqual(['step 1', 'step 2']);
  });

  it('stops after a failure too', async () => {
    jest.useFakeTimers();
    const output: string[] = [];
    const log = { ...silentLog, progress: (text: string) => void output.push(text) };
    await expect(withHeartbeat(log, () => 'x', Promise.reject(new Error('no')))).rejects.toThrow('no');
    jest.advanceTimersByTime(60_000);
    expect(output).toEqual([]);
  });
});

it('formats durations and sizes', () => {
  expect([0, 949, 59_900, 59_960, 60_000, 119_400, 119_900, 3_600_000].map(formatDuration)).toEqual([
    '0.0 s',
    '0.9 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 0 s',
    '1 min 59 s',
    '2 min 0 s',
    '60 min 0 s',
  ]);
  expect([0, 999, 1000, 9_940, 12_345, 999_600, 1e6, 5.5e9, 2e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '12 kB',
    '1.0 MB',
    '1.0 MB',
    '5.5 GB',
    '2000 TB',
  ]);
});
