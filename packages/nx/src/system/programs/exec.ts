import { execa, type Options, type Result, type ResultPromise } from 'execa';
import { LIMITS, KdcubeError } from '@kdcube/release/internal';
import {
  type Command,
  couldNotRun,
  endedBySignal,
  failedWith,
  nameOf,
  notStarted,
  outputTooLarge,
  timedOut,
} from './exec-problems';
import { followLines } from '../lines';
import { recordStop, recentStop } from './signals';
import { withExitHandler } from '../files/cleanup';

export { firstLine, tail } from './exec-problems';

/** How a program is run. `args` are passed as they are, never through a shell. */
export interface RunOptions {
  cwd?: string;
  /** Added to this process's environment. `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Written to its standard input. Default: nothing, and no terminal either, so that no prompt can hang. */
  input?: string | Uint8Array;
  /** Whether its standard input stays open after `input`, so that the program notices when this process ends. Default: no. */
  keepsInputOpen?: boolean;
  /** Milliseconds. Default: 10 minutes; 0: no timeout. */
  timeout?: number;
  /** Called with each line of stderr while the program runs. A carriage return ends a line too, for progress bars. */
  onLine?: (line: string) => void;
  /** The program has its own meaning for the exit codes 130 and 143, which otherwise mean that a signal stopped it. Default: no. */
  hasOwnExitCodes?: boolean;
  /** The program cleans up after another one, so it runs even while this process is being stopped. Default: no. */
  isCleanup?: boolean;
  /** It gets a process group of its own, which Ctrl-C in a terminal does not reach: this process decides when it stops. Default: no. */
  isDetached?: boolean;
  /** The output limit, for stdout and for stderr. Bytes. Default 256 MiB. */
  maxBuffer?: number;
}

export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code. A missing program, a timeout and a signal are Problems. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return start(program, args, options, { timeout: 600_000 }).result;
}

/**
 * Runs a program and yields its standard output as it arrives, with back-pressure, for output that does not fit into memory. If the reader
 * stops early, the program is stopped. A non-zero exit code is a Problem, like everything that `run` throws. Default timeout: 1 hour.
 */
export async function* stream(program: string, args: readonly string[], options: RunOptions = {}): AsyncGenerator<Buffer> {
  const { command, child, result } = start(program, args, options, { timeout: 3_600_000, isStreamed: true });
  try {
    if (child) for await (const chunk of child.stdout) yield chunk as Buffer;
  } catch (error) {
    // A stopped program closes its output early: its result has the reason.
    await result;
    throw error;
  }
  const { exitCode, stderr } = await result;
  if (exitCode !== 0) throw failedWith(command, exitCode, stderr);
}

/** Runs a program to its end and calls `onOutput` with each line of its standard output, which is not kept. No timeout by default. */
export async function follow(
  program: string,
  args: readonly string[],
  options: RunOptions,
  onOutput: (line: string) => void,
): Promise<Omit<RunResult, 'stdout'>> {
  const { child, result } = start(program, args, options, { timeout: 0, isStreamed: true });
  if (child) followLines(child.stdout, onOutput);
  const { exitCode, stderr } = await result;
  return { exitCode, stderr };
}

/** A running program that responds to requests on its standard input. */
export interface Session {
  write(text: string): void;
  /** Closes the program's input, which ends the program. */
  end(): void;
  /** Ends the program with a signal, for one that does not read its input. */
  stop(): void;
  /** Resolves when the program has ended, with the reason. */
  ended: Promise<KdcubeError>;
  /** Whether the program keeps this process alive: only while a response is awaited. */
  keepAlive(isWaiting: boolean): void;
}

/** Starts a program that responds to requests on its standard output. */
export function openSession(
  program: string,
  args: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env' | 'onLine' | 'isDetached' | 'isCleanup'>,
  onData: (chunk: Buffer) => void,
): Session {
  const { command, child, result } = start(program, args, options, { timeout: 0, isStreamed: true, stdin: 'pipe' });
  child?.stdout.on('data', onData);
  const handles = [child, child?.stdin, child?.stdout, child?.stderr] as unknown as (Partial<Handle> | undefined)[];
  return {
    write: (text) => void child?.stdin!.write(text),
    end: () => void child?.stdin!.end(),
    stop: () => void child?.kill(),
    ended: result.then(
      ({ exitCode, stderr }) => failedWith(command, exitCode, stderr),
      (error: KdcubeError) => error,
    ),
    keepAlive(isWaiting) {
      for (const handle of handles) handle?.[isWaiting ? 'ref' : 'unref']?.();
    },
  };
}

interface Handle {
  ref(): void;
  unref(): void;
}

/** execa's options for every program. */
const SETTINGS = {
  encoding: 'buffer',
  reject: false,
  stripFinalNewline: false,
  // The time between SIGTERM and SIGKILL. Milliseconds.
  forceKillAfterDelay: 5_000,
  // execa would add signal handlers; `withExitHandler` stops the program instead.
  cleanup: false,
  // Regardless of NODE_DEBUG: arguments may contain secrets.
  verbose: 'none',
} as const satisfies Options;

/** No child process needs the signing key. */
export const OWN_SECRETS = { KDCUBE_SIGNING_KEY: undefined, KDCUBE_SIGNING_PASSWORD: undefined };

type Child = ResultPromise<typeof SETTINGS>;

interface Started {
  command: Command;
  /** Undefined if the program could not be started. */
  child?: Child;
  result: Promise<RunResult>;
}

/** Starts a program, unless this process is being stopped. The program is stopped when this process exits. */
function start(
  program: string,
  args: readonly string[],
  options: RunOptions,
  { timeout, isStreamed = false, stdin = 'ignore' }: { timeout: number; isStreamed?: boolean; stdin?: 'ignore' | 'pipe' },
): Started {
  const { cwd, env, input, keepsInputOpen, maxBuffer = LIMITS.programOutput.max } = options;
  const command = { program, args, cwd, timeout: options.timeout ?? timeout };
  const stop = options.isCleanup ? undefined : recentStop();
  if (stop) return { command, result: failed(notStarted(command, stop)) };
  let child: Child;
  try {
    child = execa(program, args, {
      ...SETTINGS,
      ...(keepsInputOpen ? { stdin: 'pipe' } : input === undefined ? { stdin } : { input }),
      ...{
        cwd,
        env: { ...OWN_SECRETS, ...env },
        detached: options.isDetached ?? false,
        maxBuffer,
        timeout: command.timeout,
        buffer: { stdout: !isStreamed },
      },
    }) as unknown as Child;
  } catch (cause) {
    return { command, result: failed(couldNotRun(command, cause)) };
  }
  if (options.onLine) followLines(child.stderr, options.onLine);
  watch(child, command, options);
  if (keepsInputOpen && input !== undefined) child.stdin!.write(input);
  const result = withExitHandler(
    () => {
      child.kill();
      stopGroup(child, options);
    },
    async () => resultOf(command, options, (await child) as Result<typeof SETTINGS>),
  );
  // The reader of a stream may already have stopped.
  result.catch(() => undefined);
  return { command, child, result };
}

function failed(problem: KdcubeError): Promise<never> {
  const result = Promise.reject<never>(problem);
  result.catch(() => undefined);
  return result;
}

/** Handles closed pipes and stopped programs, which execa does not. */
function watch(child: Child, command: Command, options: RunOptions): void {
  const outputs = [child.stdout, child.stderr];
  // A program need not read its input.
  child.stdin?.on('error', () => undefined);
  // When an output is closed early (limit exceeded, reader stopped), stop the program: if it writes nothing more, it does not notice.
  for (const output of outputs) output.once('close', () => output.readableEnded || child.kill());
  child.once('exit', (code, signal) => {
    // Children of a stopped program (ssh of git, buildx of docker) may keep its output open: do not wait for them.
    if (child.killed) {
      stopGroup(child, options);
      return outputs.forEach((output) => output.destroy());
    }
    const by = signal ?? signalOf(code, options);
    if (by) recordStop(nameOf(command), by);
  });
}

/** Stops the children of a detached program that is being stopped: they have its process group. */
function stopGroup({ pid }: Child, { isDetached }: RunOptions): void {
  if (!isDetached || pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // All of them have ended.
  }
}

function resultOf(command: Command, options: RunOptions, result: Result<typeof SETTINGS>): RunResult {
  const stderr = bufferOf(result.stderr).toString('utf8');
  if (result.timedOut) throw timedOut(command, stderr);
  // Never return a partial output, even if the program has succeeded.
  if (result.isMaxBuffer) throw outputTooLarge(command);
  const signal = result.signal ?? signalOf(result.exitCode, options);
  if (signal) throw endedBySignal(command, signal);
  if (result.exitCode === undefined) throw couldNotRun(command, result.cause);
  return { exitCode: result.exitCode, stdout: bufferOf(result.stdout), stderr };
}

/** Empty if the output was not buffered. */
function bufferOf(bytes: Uint8Array | undefined): Buffer {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.alloc(0);
}

/** A program that handles a signal itself, as docker does, exits with 128 plus the signal's number. 129 is git's exit code for a wrong command line. */
const SIGNAL_CODES: Record<number, string> = { 130: 'SIGINT', 143: 'SIGTERM' };

function signalOf(exitCode: number | null | undefined, { hasOwnExitCodes }: RunOptions): string | undefined {
  return hasOwnExitCodes ? undefined : SIGNAL_CODES[exitCode ?? 0];
}
