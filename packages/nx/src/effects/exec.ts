import { KdcubeError } from '@kdcube/release';

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
    forceKillAfterDelay: 5_000,
  });
  if (options.onLine) followLines(child.stderr!, options.onLine);
  const result = await child;
  const stderr = Buffer.from(result.stderr ?? []).toString('utf8');
  if (result.timedOut) {
    throw new KdcubeError({
      code: 'command-timeout',
      message: `${program} ${args[0] ?? ''} did not end within ${Math.round(timeout / 1000)} s and was stopped.\n${tail(stderr)}`.trimEnd(),
    });
  }
  if (result.exitCode === undefined) {
    const missing = (result.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' && !result.signal;
    throw new KdcubeError(
      missing
        ? { code: 'command-failed', message: `${program} is not on this machine, or not on the PATH.` }
        : {
            code: result.signal ? 'interrupted' : 'command-failed',
            message: `${program} ${args[0] ?? ''} was stopped${result.signal ? ` by ${result.signal}` : ''}. ${result.shortMessage}`,
          },
      { cause: result.cause },
    );
  }
  return { exitCode: result.exitCode, stdout: Buffer.from(result.stdout ?? []), stderr };
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
