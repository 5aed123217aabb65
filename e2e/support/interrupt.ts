import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnv } from './run';
import type { Workspace } from './workspace';

export interface Interrupt {
  signal: 'SIGINT' | 'SIGTERM';
  /** `all`: as a terminal does, the whole group of processes. */
  whom: 'all' | 'nx';
  /** Says that the middle is reached. */
  when: () => boolean | Promise<boolean>;
  /** Whether nx may let what it runs come to its end, and then say that all is well: with a batch it does so now and then. */
  mayFinish?: boolean;
  env?: Record<string, string>;
}

/** Starts nx as a terminal does, in a group of its own, and interrupts it in the middle. Returns its exit code when nothing of it runs any more. */
export async function interrupted(
  workspace: Workspace,
  args: string,
  { signal, whom, when, mayFinish, env }: Interrupt,
): Promise<number> {
  const nx = path.join(workspace.dir, 'node_modules/.bin/nx');
  const child: ChildProcess = spawn(nx, args.split(' '), {
    cwd: workspace.dir,
    env: { ...cleanEnv(), ...workspace.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise<number>((resolve) => child.once('exit', (code, by) => resolve(by ? 128 : code!)));
  for (let waited = 0; !(await when()); waited += 5) {
    if (waited > 60_000 || child.exitCode !== null) throw new Error(`the middle was never reached (exit code ${child.exitCode})`);
    await sleep(5);
  }
  process.kill(whom === 'all' ? -child.pid! : child.pid!, signal);
  const exitCode = await ended;
  if (exitCode === 0 && !mayFinish) throw new Error(`nx ${args} was interrupted, and ended as if all was well`);
  for (let waited = 0; isThere(-child.pid!); waited += 20) {
    if (waited > 15_000) throw new Error('something still runs 15 s after the end of nx');
    await sleep(20);
  }
  return exitCode;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
