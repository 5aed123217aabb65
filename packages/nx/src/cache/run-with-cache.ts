import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError, printable } from '@kdcube/release/internal';
import { withCleanup } from '../system/files/cleanup';
import { deferSignals } from '../system/programs/signals';
import type { Arguments } from './args';
import { probe } from './probe';
import { type Proxy, type ProxyCounts, startProxy } from './proxy';
import type { CacheServer, TimeLimits } from './server';

const SERVER = 'NX_SELF_HOSTED_REMOTE_CACHE_SERVER';
const TOKEN = 'NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN';

export interface CacheRun extends Arguments {
  env: NodeJS.ProcessEnv;
  /** Where notes go: what the command prints to stdout is its own. */
  note: (line: string) => void;
  limits?: { probe: TimeLimits; use: TimeLimits };
}

const LIMITS = { probe: { idle: 5_000, total: 10_000 }, use: { idle: 15_000, total: 120_000 } };

/** Runs the command with the cache, if that works, and resolves to its exit code. */
export async function runWithCache({ command, readOnly, env, note, limits = LIMITS }: CacheRun): Promise<number> {
  const address = env[SERVER] ?? '';
  if (address === '') return runCommand(command, { ...env, [SERVER]: undefined });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-cache-'));
  return withCleanup(folder, async () => {
    const server = serverOf(address, env[TOKEN]);
    const name = server ? printable(server.url.host) : SERVER;
    const skip = (what: string) => note(`The cache ${name} ${what}. This run goes on without it.`);
    const problem = server ? await probe(server, folder, limits.probe) : 'is not the address of a server';
    if (!server || problem !== undefined) {
      skip(problem!);
      return runCommand(command, { ...env, [SERVER]: undefined, [TOKEN]: undefined });
    }
    const proxy = await startProxy({ server, readOnly, folder, limits: limits.use, onFailure: skip });
    const exitCode = await runCommand(command, withProxy(env, proxy)).finally(() => proxy.close());
    note(`The cache ${name}: ${summary(proxy.counts, readOnly)}.`);
    return exitCode;
  });
}

function serverOf(address: string, token = ''): CacheServer | undefined {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  // A line break of a secret that was pasted.
  const trimmed = token.trim();
  return { url: new URL(address), ...(/^[\x21-\x7e]+$/.test(trimmed) && { token: trimmed }) };
}

/** The token of the server is not for the tasks. */
function withProxy(env: NodeJS.ProcessEnv, { url, token }: Proxy): NodeJS.ProcessEnv {
  const direct = [env.NO_PROXY ?? env.no_proxy, url.hostname].filter((each) => each !== undefined && each !== '').join(',');
  return { ...env, [SERVER]: url.origin, [TOKEN]: token, NO_PROXY: direct, no_proxy: direct };
}

function summary({ restored, missing, stored, refused }: ProxyCounts, readOnly: boolean): string {
  return [
    `${restored} restored`,
    `${missing} not there`,
    readOnly ? 'nothing stored (--read-only)' : `${stored} stored`,
    ...(refused > 0 ? [`${refused} refused because the bytes are not those of an entry`] : []),
  ].join(', ');
}

/** Runs a program of the workspace to its end. It has our terminal, and gets the signals that we get. */
function runCommand([program, ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const bin = path.join(process.cwd(), 'node_modules/.bin');
  const child = spawn(program!, args, { stdio: 'inherit', env: { ...env, PATH: `${bin}${path.delimiter}${env.PATH ?? ''}` } });
  const resume = deferSignals();
  const stop = forwardSignals(child);
  return new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(program!, cause)));
    child.once('close', (code, signal) => resolve(code ?? 128 + (os.constants.signals[signal!] ?? 0)));
  }).finally(() => {
    stop();
    resume();
  });
}

function forwardSignals(child: ChildProcess): () => void {
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    // Ctrl-C in a terminal reaches the command itself.
    const handler = () => void (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return () => handlers.forEach(([signal, handler]) => process.off(signal, handler));
}

function notStarted(program: string, cause: unknown): KdcubeError {
  return new KdcubeError(
    {
      code: 'command-failed',
      message: `${printable(program)} could not be started: ${printable((cause as Error).message)}.`,
      hint: 'npm ci    installs the programs of this workspace',
    },
    { cause },
  );
}
