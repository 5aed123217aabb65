import { existsSync } from 'node:fs';
import { KdcubeError } from '@kdcube/release';

/** How long a program may take to end by itself when it is told to stop. Milliseconds. */
const FORCE = 5_000;

/** How a program is run. `args` are handed over as they are: no shell is ever between. */
export interface Run {
  cwd?: string;
  /** Added to this process's environment. `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Written to its standard input. Default: nothing, and no terminal either, so that no prompt can hang. */
  input?: string | Uint8Array;
  /** Milliseconds. Default 10 minutes. */
  timeout?: number;
  /** Called with each line of stderr while the program runs (carriage returns end a line too: progress bars). */
  onLine?: (line: string) => void;
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
  // execa is ESM and this package is CommonJS: it lives in this file only.
  const { execa } = await import('execa');
  const timeout = options.timeout ?? 600_000;
  const child = execa(program, args, {
    cwd: options.cwd,
    env: options.env,
    input: options.input,
    stdin: options.input === undefined ? 'ignore' : undefined,
    timeout,
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
    maxBuffer: options.maxBuffer ?? 256 * 1024 * 1024,
    forceKillAfterDelay: FORCE,
  });
  if (options.onLine) followLines(child.stderr!, options.onLine);
  // What a stopped program has started itself (ssh by git, buildx by docker) may live on and hold its output open: nobody waits for that.
  const letGo = setTimeout(() => [child.stdout, child.stderr].forEach((output) => output?.destroy()), timeout + FORCE + 1_000);
  const result = await child.finally(() => clearTimeout(letGo));
  const stderr = Buffer.from(result.stderr ?? []).toString('utf8');
  return { exitCode: exitCodeOf(program, args, options, result, stderr), stdout: Buffer.from(result.stdout ?? []), stderr };
}

/**
 * Runs a program and hands over its standard output as it comes, for output that does not fit into memory: the reader sets the pace.
 * A reader that stops early ends the program. A non-zero exit code is a Problem, like everything that `run` throws. Default time-out: 1 hour.
 */
export async function* stream(program: string, args: readonly string[], options: Run = {}): AsyncGenerator<Buffer> {
  const { execa } = await import('execa');
  const child = execa(program, args, {
    cwd: options.cwd,
    env: options.env,
    input: options.input,
    stdin: options.input === undefined ? 'ignore' : undefined,
    timeout: options.timeout ?? 3_600_000,
    encoding: 'buffer',
    reject: false,
    buffer: { stdout: false, stderr: true },
    forceKillAfterDelay: FORCE,
  });
  try {
    for await (const chunk of child.stdout!) yield chunk as Buffer;
    const result = await child;
    const stderr = Buffer.from(result.stderr ?? []).toString('utf8');
    const exitCode = exitCodeOf(program, args, options, result, stderr);
    if (exitCode === 0) return;
    throw new KdcubeError({
      code: 'command-failed',
      message: `${program} ${args[0] ?? ''} ended with exit code ${exitCode}.\n${tail(stderr)}`.trimEnd(),
    });
  } finally {
    child.kill();
  }
}

interface Ending {
  exitCode?: number;
  timedOut: boolean;
  isMaxBuffer: boolean;
  signal?: string;
  cause?: unknown;
  shortMessage?: string;
}

/** Signals by which a program ends itself; every other one came from outside. */
const CRASHES = /^SIG(?:SEGV|BUS|ABRT|ILL|FPE|PIPE)$/;

/** The exit code of a program that ran to its end; every other ending is a Problem. */
function exitCodeOf(program: string, args: readonly string[], options: Run, result: Ending, stderr: string): number {
  if (result.timedOut) {
    throw new KdcubeError({
      code: 'command-timeout',
      message:
        `${program} ${args[0] ?? ''} did not end within ${Math.round((options.timeout ?? 600_000) / 1000)} s and was stopped.\n${tail(stderr)}`.trimEnd(),
    });
  }
  // A program can end well before it is stopped for saying too much; what is kept of its output is a half all the same.
  if (result.isMaxBuffer)
    throw new KdcubeError({ code: 'command-failed', message: `${program} ${args[0] ?? ''} said more than can be kept of it.` });
  if (result.exitCode !== undefined) return result.exitCode;
  const missing = (result.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' && !result.signal;
  // The system says ENOENT for a missing working folder too: that is not a missing program.
  if (missing && options.cwd && !existsSync(options.cwd)) {
    throw new KdcubeError({ code: 'file-failed', message: `The folder ${options.cwd} does not exist.` }, { cause: result.cause });
  }
  throw new KdcubeError(
    missing
      ? { code: 'command-failed', message: `${program} is not on this machine, or not on the PATH.` }
      : {
          code: result.signal && !CRASHES.test(result.signal) ? 'interrupted' : 'command-failed',
          message:
            `${program} ${args[0] ?? ''} was stopped${result.signal ? ` by ${result.signal}` : ''}. ${result.shortMessage ?? ''}`.trimEnd(),
        },
    { cause: result.cause },
  );
}

/** The last lines of a program's stderr: what a person needs to see of a failure. */
export function tail(text: string, lines = 12): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
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
