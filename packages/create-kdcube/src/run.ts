import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { CreateError } from './problem';

export interface Ran {
  exitCode: number;
  /** What it said on both outputs, without colours and secrets. */
  said: string;
}

/** Says every 10 seconds that a long step is still going. */
const HEARTBEAT = 10_000;

/**
 * Runs programs, one at a time, so that an interrupt reaches the one that runs. No program gets a terminal: none can ask and wait.
 */
export function createRunner(cwd: string, say: (line: string) => void) {
  let child: ChildProcess | undefined;
  let interrupted: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    interrupted = signal;
    child?.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

  async function run(program: string, args: readonly string[], what: string): Promise<Ran> {
    if (interrupted) throw stopped(interrupted);
    const started = Date.now();
    const beat = setInterval(() => say(`${what}  … ${Math.round((Date.now() - started) / 1000)} s`), HEARTBEAT);
    try {
      return await start(program, args);
    } finally {
      clearInterval(beat);
      child = undefined;
    }
  }

  function start(program: string, args: readonly string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      // Only Windows needs a shell, to find npm.cmd; no argument of ours holds a person's words there.
      const shell = process.platform === 'win32' && !/\.exe$/i.test(program) && program !== 'git';
      const running = spawn(program, args, { cwd, env: cleanEnv(process.env), stdio: ['ignore', 'pipe', 'pipe'], shell });
      child = running;
      const chunks: Buffer[] = [];
      running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      running.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      running.on('error', (error) => reject(error));
      running.on('close', (code) => {
        if (interrupted) reject(stopped(interrupted));
        else resolve({ exitCode: code ?? 1, said: readable(Buffer.concat(chunks).toString('utf8')) });
      });
    });
  }

  return {
    run,
    /** Throws when somebody pressed Ctrl-C between two programs. */
    check(): void {
      if (interrupted) throw stopped(interrupted);
    },
    done(): void {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    },
  };
}

export type Runner = ReturnType<typeof createRunner>;

/** Runs a program that must succeed; else a Problem with the end of what it said. */
export async function mustRun(
  runner: Runner,
  program: string,
  args: readonly string[],
  what: string,
  hint?: string,
): Promise<void> {
  const { exitCode, said } = await runner.run(program, args, what).catch((error: unknown) => {
    if (error instanceof CreateError) throw error;
    throw new CreateError('command-failed', `${program} could not be started: ${(error as Error).message}.`, hint, error);
  });
  if (exitCode === 0) return;
  const end = said.split('\n').slice(-15).join('\n');
  throw new CreateError('command-failed', `${what} failed with exit code ${exitCode}.${end ? ` It said:\n${end}` : ''}`, hint);
}

function stopped(signal: string): CreateError {
  return new CreateError('interrupted', `It was stopped (${signal}).`);
}

/** Without what belongs to an Nx run or a git hook around this one: it would point into another repository. */
function cleanEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign =
    /^(?:NX_(?:WORKSPACE_|TASK_|CLI_|INVOKED_|CACHE_DIR|LOAD_DOT|TERMINAL)|GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX)$)/;
  const kept = Object.entries(env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), NX_DAEMON: 'false', NX_TUI: 'false', GIT_TERMINAL_PROMPT: '0' };
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
