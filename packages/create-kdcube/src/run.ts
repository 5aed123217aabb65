import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { KdcubeError } from '@kdcube/release/internal';
import { problem } from './problem';

export interface Ran {
  exitCode: number;
  /** The text of stdout and stderr, without colors and credentials. */
  output: string;
}

/** How often a long step reports that it is still running, in milliseconds. */
const HEARTBEAT = 10_000;

/**
 * Runs programs, one at a time, so that an interrupt reaches the running one. No program gets a terminal, so none can prompt.
 */
export function createRunner(cwd: string, print: (line: string) => void) {
  let child: ChildProcess | undefined;
  let folder = cwd;
  let interrupted: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    interrupted = signal;
    child?.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

  async function run(program: string, args: readonly string[], what: string, timeout?: number): Promise<Ran> {
    if (interrupted) throw stopped(interrupted);
    const started = Date.now();
    const beat = setInterval(() => print(`${what}  … ${Math.round((Date.now() - started) / 1000)} s`), HEARTBEAT);
    try {
      return await start(program, args, timeout);
    } finally {
      clearInterval(beat);
      child = undefined;
    }
  }

  function start(program: string, args: readonly string[], timeout?: number): Promise<Ran> {
    return new Promise((resolve, reject) => {
      // Only Windows needs a shell, to find npm.cmd; no argument there contains user input.
      const shell = process.platform === 'win32' && !/\.exe$/i.test(program) && program !== 'git';
      const running = spawn(program, args, {
        cwd: folder,
        env: cleanEnv(process.env),
        stdio: ['ignore', 'pipe', 'pipe'],
        shell,
        timeout,
      });
      child = running;
      const chunks: Buffer[] = [];
      running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      running.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      running.on('error', (error) => reject(error));
      running.on('close', (code) => {
        if (interrupted) reject(stopped(interrupted));
        else resolve({ exitCode: code ?? 1, output: readable(Buffer.concat(chunks).toString('utf8')) });
      });
    });
  }

  return {
    run,
    /** Runs the next programs in another folder. */
    moveTo(other: string): void {
      folder = other;
    },
    /** Throws after Ctrl-C between two programs. */
    check(): void {
      if (interrupted) throw stopped(interrupted);
    },
    done(): void {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    },
  };
}

export type Runner = ReturnType<typeof createRunner>;

/** Runs a program that must succeed, and returns its output; otherwise throws a Problem with the end of its output. */
export async function mustRun(
  runner: Runner,
  program: string,
  args: readonly string[],
  what: string,
  hint?: string,
): Promise<string> {
  const { exitCode, output } = await runner.run(program, args, what).catch((error: unknown) => {
    if (error instanceof KdcubeError) throw error;
    throw problem('command-failed', `${program} could not be started: ${(error as Error).message}.`, hint, error);
  });
  if (exitCode === 0) return output;
  const end = output.split('\n').slice(-15).join('\n');
  throw problem('command-failed', `${what} failed with exit code ${exitCode}.${end ? ` Output:\n${end}` : ''}`, hint);
}

function stopped(signal: string): KdcubeError {
  return problem('interrupted', `Stopped by ${signal}.`);
}

/** The environment without variables of a surrounding Nx run or git hook, which would point to another repository. */
function cleanEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const outer = /^(?:NX_(?:WORKSPACE_|TASK_|CLI_|INVOKED_|CACHE_DIR|LOAD_DOT|TERMINAL)|GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX)$)/;
  const entries = Object.entries(env).filter(([name]) => !outer.test(name));
  // In CI, yarn 4 would refuse to write a lockfile.
  const yarn = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
  return { ...Object.fromEntries(entries), ...yarn, NX_DAEMON: 'false', NX_TUI: 'false', GIT_TERMINAL_PROMPT: '0' };
}

function readable(text: string): string {
  return text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\r/g, '')
    .replace(/\t/g, '  ')
    .replace(/(:\/\/)[^/@\s]+@/g, '$1')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}
