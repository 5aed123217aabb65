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

describe('external text', () => {
  const hostile: Record<string, string> = {
    'a color (CSI)': '\u001b[31mred\u001b[0m',
    'a cleared screen': '\u001b[2J\u001b[H',
    'a title (OSC 0) with BEL': '\u001b]0;owned\u0007',
    'a link (OSC 8)': '\u001b]8;;https://evil.example\u001b\\docs\u001b]8;;\u001b\\',
    'a clipboard write (OSC 52)': '\u001b]52;c;aWQ=\u0007',
    'a device control string (DCS)': '\u001bP$q"p\u001b\\',
    'CSI as one C1 control': '\u009b2J',
    'OSC as one C1 control': '\u009d0;owned\u009c',
    'a carriage return that overwrites': 'failed\rpushed',
    'a carriage return before a line end': 'failed\r\npushed',
    backspaces: 'no\b\byes',
    'a vertical tab and a form feed': 'a\u000bb\u000cc',
    'NUL and DEL': 'a\u0000b\u007f',
    'a bidi override': 'safe\u202egpj.exe',
    'a bidi isolate': 'a\u2066b\u2069',
    'a bidi mark': 'a\u200fb\u200e\u061c',
    'a line separator of Unicode': 'a\u2028b\u2029c',
  };
  const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

  it.each(Object.entries(hostile))('%s never reaches a terminal, in any way', (_, text) => {
    for (const json of [false, true]) {
      const { log, lines } = record(json);
      log.done('staged', text, text, Date.now());
      log.progress(text);
      log.note(text);
      log.lines([text, `${text}\nnext`]);
      log.event({ event: text, [text]: [text] });
      expect(lines.length).toBe(json ? 5 : 4);
      for (const line of lines) expect(line).not.toMatch(acting);
      if (json) expect(JSON.parse(lines[4]!.slice(4))).toEqual({ event: text, [text]: [text] });
    }
  });

  it('is unchanged if it is harmless: several lines, letters of all alphabets, emoji', () => {
    const { log, lines } = record();
    log.lines(['größe → 日本語', '👩‍🚀 ok']);
    expect(lines).toEqual(['out größe → 日本語\n👩‍🚀 ok']);
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
