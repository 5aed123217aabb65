import { printableJson, printableLines } from '@kdcube/release/internal';

/**
 * The output of every executor: one line for each finished step, one line on change while waiting, and at least one line every 15 s. Any
 * text may come from outside (git, registries, AWS, docker, records), so it is escaped here, once. Lines are appended without cursor
 * control, so that Nx's TUI, CI logs and pipes show them unchanged.
 */
export interface Log {
  /** A finished step: `done('staged', 'my-bundle', '12 files')` prints `staged   my-bundle  12 files  0.3 s`. */
  done(verb: string, subject: string, what?: string, startedAt?: number): void;
  /** Progress of the current step, on change. */
  progress(text: string): void;
  /** A note for the user that is not an error. */
  note(text: string): void;
  /** A block of lines, such as a table. */
  lines(lines: readonly string[]): void;
  /** Prints one line with a JSON object with --json, else nothing. */
  event(event: Record<string, unknown>): void;
}

/** The prefix of progress lines. */
export const PROGRESS_PREFIX = '…';

export function progressLine(text: string): string {
  return `${PROGRESS_PREFIX}          ${text}`;
}

/** Writes text to stdout, or with `json` to stderr and JSON objects to stdout. `rewrite` changes each line, including JSON; `write` is for batches and tests. */
export function createLog(
  options: { json?: boolean; write?: (stream: 'out' | 'err', line: string) => void; rewrite?: (text: string) => string } = {},
): Log {
  const { rewrite = (text: string) => text } = options;
  const send = options.write ?? ((stream, line) => void (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`));
  const write = (stream: 'out' | 'err', line: string) => send(stream, rewrite(line));
  const print = (text: string) => write(options.json ? 'err' : 'out', printableLines(text));
  return {
    done(verb, subject, what = '', startedAt) {
      const took = startedAt === undefined ? '' : formatDuration(Date.now() - startedAt);
      print([verb.padEnd(10), subject, what, took].filter((part) => part !== '').join('  '));
    },
    progress: (text) => print(progressLine(text)),
    note: (text) =>
      print(
        text
          .split('\n')
          .map((line, index) => `${index === 0 ? 'note       ' : '           '}${line}`)
          .join('\n'),
      ),
    // One write, so that the output of other processes cannot interleave.
    lines: (lines) => lines.length > 0 && print(lines.join('\n')),
    event: (event) => options.json && write('out', printableJson(event)),
  };
}

/** A log without output, for library calls and tests. */
export const silentLog: Log = { done() {}, progress() {}, note() {}, lines() {}, event() {} };

/** A duration for people: `1.5 s`, `2 min 3 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1 bundle`, `2 bundles`. */
export function pluralize(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A size for people: `9.9 kB`. */
export function formatBytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = -1;
  // 999.5 would be rounded to 1000.
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
