import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnv } from './run';
import type { Workspace } from './workspace';

export interface Interrupt {
  signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
  /** `all`: the whole process group, as a terminal does. */
  whom: 'all' | 'nx';
  /** Whether to send the signal now. */
  when: () => boolean | Promise<boolean>;
  /** Whether nx may finish its tasks and succeed, as it sometimes does with a batch. */
  mayFinish?: boolean;
  env?: Record<string, string>;
}

/** Starts nx in a process group of its own, as a terminal does, and interrupts it. Returns its exit code when no process of the group runs any more. */
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
    if (waited > 60_000 || child.exitCode !== null)
      throw new Error(`the moment for the signal never came (exit code ${child.exitCode})`);
    await sleep(5);
  }
  process.kill(whom === 'all' ? -child.pid! : child.pid!, signal);
  const exitCode = await ended;
  if (exitCode === 0 && !mayFinish) throw new Error(`nx ${args} was interrupted, but succeeded`);
  for (let waited = 0; isRunning(-child.pid!); waited += 20) {
    if (waited > 15_000) throw new Error('a process still runs 15 s after nx has ended');
    await sleep(20);
  }
  return exitCode;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
