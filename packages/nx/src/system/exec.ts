import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { KdcubeError } from '@kdcube/release/internal';
import { withExitHandler } from './undo';
import { recordStop, recentStop } from './signals';

/** How long a program may take to end by itself when it is told to stop. Milliseconds. */
const FORCE = 5_000;

/** How a program is run. `args` are handed over as they are: no shell is ever between. */
export interface Run {
  cwd?: string;
  /** Added to this process's environment. `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Written to its standard input. Default: nothing, and no terminal either, so that no prompt can hang. */
  input?: string | Uint8Array;
  /** Milliseconds. Default 10 minutes; 0: none. */
  timeout?: number;
  /** Called with each line of stderr while the program runs (carriage returns end a line too: progress bars). */
  onLine?: (line: string) => void;
  /** What it runs has exit codes of its own: then 130 and 143 do not say that it was stopped. Default: no. */
  ownExitCodes?: boolean;
  /** It takes away what another program has left: then it is started even while this process is being stopped. Default: no. */
  cleansUp?: boolean;
  /** Kept bytes of output. Default 256 MiB. */
  maxBuffer?: number;
}

export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs a program to its end and returns what it said, whatever its exit code. A missing program, a time-out and an interrupt are Problems. */
export async function run(program: string, args: readonly string[], options: Run = {}): Promise<RunResult> {
  const running = start(program, args, options, 600_000);
  const { child, limit } = running;
  const stdout = collect(child?.stdout, options.maxBuffer, limit);
  const ending = await running.ended;
  return { exitCode: exitCodeOf(program, args, options, ending), stdout: stdout(), stderr: ending.stderr };
}

/**
 * Runs a program and hands over its standard output as it comes, for output that does not fit into memory: the reader sets the pace.
 * A reader that stops early ends the program. A non-zero exit code is a Problem, like everything that `run` throws. Default time-out: 1 hour.
 */
export async function* stream(program: string, args: readonly string[], options: Run = {}): AsyncGenerator<Buffer> {
  const { child, ended } = start(program, args, options, 3_600_000);
  try {
    if (child) for await (const chunk of child.stdout!) yield chunk as Buffer;
    const ending = await ended;
    const exitCode = exitCodeOf(program, args, options, ending);
    if (exitCode === 0) return;
    throw new KdcubeError({
      code: 'command-failed',
      message: `${nameOf(program, args)} ended with exit code ${exitCode}.\n${tail(ending.stderr)}`.trimEnd(),
    });
  } finally {
    child?.kill();
  }
}

/** A program that is asked one thing after another. */
export interface Conversation {
  say(text: string): void;
  /** When it has ended, why. It ends by itself when `end` has told it that nothing more will come. */
  ended: Promise<KdcubeError>;
  end(): void;
  /** Whether this process waits for it: one that is asked nothing must not keep it alive. */
  hold(isWaiting: boolean): void;
}

/** Starts a program that answers on its standard output for as long as it is asked. */
export function converse(
  program: string,
  args: readonly string[],
  options: Pick<Run, 'cwd' | 'env'>,
  hear: (chunk: Buffer) => void,
): Conversation {
  const { child, ended } = start(program, args, { ...options, input: undefined, timeout: 0 }, 0, 'pipe');
  child?.stdout!.on('data', hear);
  const pipes = [child?.stdin, child?.stdout, child?.stderr] as unknown as (Pipe | undefined)[];
  const why = (ending: Ending): KdcubeError => {
    try {
      const exitCode = exitCodeOf(program, args, options, ending);
      const message = `${nameOf(program, args)} ended with exit code ${exitCode}.\n${tail(ending.stderr)}`.trimEnd();
      return new KdcubeError({ code: 'command-failed', message });
    } catch (error) {
      return error as KdcubeError;
    }
  };
  return {
    say: (text) => void child?.stdin!.write(text),
    ended: ended.then(why),
    end: () => void child?.stdin!.end(),
    hold(isWaiting) {
      const how = isWaiting ? 'ref' : 'unref';
      for (const each of [child as Pipe | undefined, ...pipes]) each?.[how]();
    },
  };
}

interface Pipe {
  ref(): void;
  unref(): void;
}

interface Running {
  /** Undefined where it could not even be started. */
  child?: ChildProcess;
  ended: Promise<Ending>;
  /** Ends it because it said too much. */
  limit: () => void;
}

/** Starts a program, unless this process is being stopped. It ends with this process, whatever ends that. */
function start(
  program: string,
  args: readonly string[],
  options: Run,
  patience: number,
  stdin: 'ignore' | 'pipe' = options.input === undefined ? 'ignore' : 'pipe',
): Running {
  const stopping = options.cleansUp ? undefined : recentStop();
  if (stopping) return notStarted({ stopping });
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [stdin, 'pipe', 'pipe'],
      windowsHide: true,
    });
  } catch (cause) {
    return notStarted({ cause });
  }
  const ending: Ending = { timedOut: false, isMaxBuffer: false, stderr: '' };
  const stop = (): void => void child.kill();
  const limit = (): void => {
    ending.isMaxBuffer = true;
    stop();
  };
  const stderr = collect(child.stderr, options.maxBuffer, limit);
  if (options.onLine) followLines(child.stderr!, options.onLine);
  // A program need not read what it is told.
  child.stdin?.on('error', () => undefined);
  if (options.input !== undefined) child.stdin!.end(options.input);
  const timeout = options.timeout ?? patience;
  child.once('exit', (code, signal) => {
    const by = signal ?? signalOf(code, options);
    if (by) ending.signal = by;
    else ending.exitCode = code ?? undefined;
    if (by && !child.killed) recordStop(nameOf(program, args), by);
  });
  const ended = withExitHandler(stop, () => endOf(child, timeout, ending)).then(() => ({
    ...ending,
    stderr: stderr().toString('utf8'),
  }));
  return { child, ended, limit };
}

function notStarted(why: Pick<Ending, 'cause' | 'stopping'>): Running {
  return { ended: Promise.resolve({ timedOut: false, isMaxBuffer: false, stderr: '', ...why }), limit: () => undefined };
}

async function endOf(child: ChildProcess, timeout: number, ending: Ending): Promise<void> {
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    ending.timedOut = true;
    child.kill();
    force = setTimeout(() => child.kill('SIGKILL'), FORCE);
  };
  const late = timeout > 0 ? setTimeout(stop, timeout) : undefined;
  await new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      ending.cause = cause;
      if (child.pid === undefined) resolve();
    });
    child.once('exit', () => {
      // What a stopped program has started itself (ssh by git, buildx by docker) may live on and hold its output open: nobody waits for that.
      if (ending.timedOut) [child.stdout, child.stderr].forEach((output) => output?.destroy());
    });
    child.once('close', () => resolve());
  });
  clearTimeout(late);
  clearTimeout(force);
}

/** Keeps what a program says, and tells when it is more than can be kept. */
function collect(output: Readable | null | undefined, most = 256 * 1024 * 1024, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  output?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > most) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

interface Ending {
  exitCode?: number;
  timedOut: boolean;
  isMaxBuffer: boolean;
  signal?: string;
  cause?: unknown;
  /** What was stopped, because of which it was not even started. */
  stopping?: string;
  stderr: string;
}

/** Signals by which a program ends itself; every other one came from outside. */
const CRASHES = /^SIG(?:SEGV|BUS|ABRT|ILL|FPE|PIPE)$/;

/** How a program that hears a signal itself, as docker does, says so: 128 and the signal's number. 129 is git's for a wrong command line. */
const HEARD: Record<number, string> = { 130: 'SIGINT', 143: 'SIGTERM' };

function signalOf(code: number | null, { ownExitCodes }: Run): string | undefined {
  return ownExitCodes || code === null ? undefined : HEARD[code];
}

/** The exit code of a program that ran to its end; every other ending is a Problem. */
function exitCodeOf(program: string, args: readonly string[], options: Run, result: Ending): number {
  if (result.timedOut) {
    throw new KdcubeError({
      code: 'command-timeout',
      message:
        `${nameOf(program, args)} did not end within ${Math.round((options.timeout ?? 600_000) / 1000)} s and was stopped.\n${tail(result.stderr)}`.trimEnd(),
    });
  }
  // A program can end well before it is stopped for saying too much; what is kept of its output is a half all the same.
  if (result.isMaxBuffer)
    throw new KdcubeError({ code: 'command-failed', message: `${nameOf(program, args)} said more than can be kept of it.` });
  if (result.stopping)
    throw new KdcubeError({
      code: 'interrupted',
      message: `${nameOf(program, args)} was not started, because ${result.stopping}.`,
    });
  if (result.exitCode !== undefined) return result.exitCode;
  const missing = (result.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' && !result.signal;
  // The system says ENOENT for a missing working folder too: that is not a missing program.
  if (missing && options.cwd && !existsSync(options.cwd)) {
    throw new KdcubeError({ code: 'file-error', message: `The folder ${options.cwd} does not exist.` }, { cause: result.cause });
  }
  throw new KdcubeError(
    missing
      ? { code: 'command-failed', message: `${program} is not on this machine, or not on the PATH.` }
      : {
          code: result.signal && !CRASHES.test(result.signal) ? 'interrupted' : 'command-failed',
          message: result.signal
            ? `${nameOf(program, args)} was stopped by ${result.signal}.`
            : `${nameOf(program, args)} could not be run: ${wordsOf(result.cause)}.`,
        },
    { cause: result.cause },
  );
}

function nameOf(program: string, args: readonly string[]): string {
  return `${program} ${args[0] ?? ''}`.trimEnd();
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'it was stopped';
}

/** The last lines of a program's stderr: what a person needs to see of a failure. */
export function tail(text: string, lines = 12): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** The first one: of some programs that is what went wrong, and what follows is advice, such as where help is to be had. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}

function followLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split(/[\r\n]+/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part) onLine(part);
  });
  stream.on('end', () => rest && onLine(rest));
}
