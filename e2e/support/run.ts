import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { COMPILE_CACHE, runFolder } from './once';

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** stdout, then stderr: for messages on either. */
  output: string;
}

export interface RunOptions {
  cwd?: string;
  /** Added to cleanEnv(). `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  input?: string;
  /** Milliseconds. Default 4 minutes: less than a test may take, so that the output is not lost. */
  timeout?: number;
  /** Called as soon as the process runs, for tests that interrupt it. */
  onStart?: (child: ChildProcess) => void;
}

/** Runs a program without a terminal and without input, to its end. Never throws for an exit code; exit code 128 after a signal. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const env = { ...cleanEnv(), ...options.env };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 240_000,
  });
  const chunks: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout!.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  if (options.input !== undefined) child.stdin!.end(options.input);
  options.onStart?.(child);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
  const stdout = Buffer.concat(chunks.stdout).toString('utf8');
  const stderr = Buffer.concat(chunks.stderr).toString('utf8');
  return { exitCode, stdout, stderr, output: stdout + stderr };
}

/** The same, but throws with the output for an exit code other than 0: for the setup of tests. */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await run(program, args, options);
  if (ran.exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with exit code ${ran.exitCode}\n${ran.output}`);
  return ran;
}

/** Nx's default: each plugin in a process of its own. */
export const ISOLATED_PLUGINS = { NX_ISOLATE_PLUGINS: 'true' };

/**
 * This process's environment without the variables of npm, Nx, jest and the user's settings, as in a customer's CI.
 * Git commits have a fixed author, and no program may prompt for a password.
 */
export function cleanEnv(): Record<string, string | undefined> {
  const foreign = /^(npm_|NX_|JEST_|KD_|KDCUBE_|GIT_|AWS_|DOCKER_|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$|INIT_CWD$)/i;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return {
    ...own,
    CI: 'true',
    NO_COLOR: '1',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // Without a daemon Nx starts a process for each plugin at each command, which is half of a short one. ISOLATED_PLUGINS restores the default.
    NX_ISOLATE_PLUGINS: 'false',
    // Nx 24 shares one cache in the home folder among clones of a repository, and ours have the same first commit in every run: each has its own.
    NX_CACHE_DIRECTORY: '.nx/cache',
    KDCUBE_CACHE_DIR: ensure(path.join(runFolder(), 'cache')),
    ...compileCache(),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ann Author',
    GIT_AUTHOR_EMAIL: 'ann@example.com',
    GIT_COMMITTER_NAME: 'Ann Author',
    GIT_COMMITTER_EMAIL: 'ann@example.com',
    NO_PROXY: [process.env.NO_PROXY, '127.0.0.1', 'localhost'].filter(Boolean).join(','),
  };
}

/** Node compiles each script once in a run, not in each process: a third of what an nx command takes. */
function compileCache(): Record<string, string> {
  const folder = ensure(path.join(runFolder(), 'compiled'));
  const preload = JSON.stringify(path.join(runFolder(), COMPILE_CACHE));
  return { NODE_OPTIONS: `--require ${preload}`, E2E_COMPILE_CACHE: folder, NODE_COMPILE_CACHE: folder };
}

/** A new folder in the run's folder; `name` is a prefix. */
export function freshFolder(name: string): string {
  return fs.mkdtempSync(path.join(ensure(path.join(runFolder(), 'work')), `${name}-`));
}

function ensure(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}
