import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The preload in the folder of this run, where every user may read it. */
export const COMPILE_CACHE = 'compile-cache.cjs';

/** The folder of this run, made by global-setup.ts. */
export function runFolder(): string {
  const folder = process.env.KD_E2E_RUN;
  if (!folder) throw new Error('KD_E2E_RUN is not set: run the suites through e2e/jest.config.js.');
  return folder;
}

/**
 * Creates something once in a run, in the first suite that needs it, and returns the same JSON value in every suite (each is a process).
 * A failure is stored too: the other suites fail with the same message. Waits at most 10 minutes.
 */
export async function once<T>(name: string, make: () => Promise<T>): Promise<T> {
  const lock = path.join(runFolder(), `${name}.lock`);
  const result = path.join(runFolder(), `${name}.json`);
  if (take(lock)) {
    const outcome = await make().then(
      (value) => ({ value }),
      (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    fs.writeFileSync(`${result}.part`, JSON.stringify(outcome));
    fs.renameSync(`${result}.part`, result);
  }
  for (let waited = 0; waited < 600_000; waited += 50) {
    if (fs.existsSync(result)) return read<T>(name, result);
    if (!isRunning(Number(fs.readFileSync(lock, 'utf8')))) throw new Error(`the process that was creating "${name}" ended`);
    await sleep(50);
  }
  throw new Error(`"${name}" was not created within 10 minutes`);
}

function read<T>(name: string, file: string): T {
  const outcome = JSON.parse(fs.readFileSync(file, 'utf8')) as { value: T } | { error: string };
  if ('error' in outcome) throw new Error(`"${name}" could not be created: ${outcome.error}`);
  return outcome.value;
}

function take(lock: string): boolean {
  try {
    // Written to a temporary file and linked, so that no process reads a lock without a PID.
    const own = `${lock}.${process.pid}`;
    fs.writeFileSync(own, String(process.pid));
    fs.linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
