/**
 * The voice of every executor: one line per finished thing, a line on change while waiting, never more than 15 s of silence.
 * Lines are appended, without cursor control: Nx's TUI, CI logs and pipes all show them as they are.
 */
export interface Log {
  /** A finished thing: `done('staged', 'my-bundle', '12 files')` prints `staged   my-bundle  12 files  0.3 s`. */
  done(verb: string, subject: string, what?: string, startedAt?: number): void;
  /** Something under way, on change. */
  progress(text: string): void;
  /** Something a person should know that is not an error. */
  note(text: string): void;
  /** Lines that belong together, such as a table. */
  lines(lines: readonly string[]): void;
  /** One JSON object a line, for tools, when --json is given; nothing otherwise. */
  event(event: Record<string, unknown>): void;
}

/** What a line about something under way begins with. */
export const PROGRESS_PREFIX = '…';

export function progressLine(text: string): string {
  return `${PROGRESS_PREFIX}          ${text}`;
}

/** Lines to stdout, or with `json` only JSON objects there and the words on stderr. `write` is for tests. */
export function createLog(options: { json?: boolean; write?: (stream: 'out' | 'err', line: string) => void } = {}): Log {
  const write = options.write ?? ((stream, line) => void (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`));
  const say = (line: string) => write(options.json ? 'err' : 'out', line);
  return {
    done(verb, subject, what = '', startedAt) {
      const took = startedAt === undefined ? '' : formatDuration(Date.now() - startedAt);
      say([verb.padEnd(10), subject, what, took].filter((part) => part !== '').join('  '));
    },
    progress: (text) => say(progressLine(text)),
    note: (text) =>
      say(
        text
          .split('\n')
          .map((line, index) => `${index === 0 ? 'note       ' : '           '}${line}`)
          .join('\n'),
      ),
    // At once: what other processes say at the same moment must not stand in between.
    lines: (lines) => lines.length > 0 && say(lines.join('\n')),
    event: (event) => options.json && write('out', JSON.stringify(event)),
  };
}

/** A log that says nothing, for library calls and tests. */
export const silentLog: Log = { done() {}, progress() {}, note() {}, lines() {}, event() {} };

/** Milliseconds as a person says them. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1 bundle`, `2 bundles`. */
export function pluralize(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Bytes as a person says them. */
export function formatBytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = -1;
  // 999.5 would be written as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Repeats `text` every 15 s while `work` runs, so that a long step is never silent. */
export async function withHeartbeat<T>(log: Log, text: () => string, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => log.progress(text()), 15_000);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
