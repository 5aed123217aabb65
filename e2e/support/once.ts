import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The folder of this run, made by global-setup.ts. */
export function runFolder(): string {
  const folder = process.env.KD_E2E_RUN;
  if (!folder) throw new Error('KD_E2E_RUN is not set: run the suites through e2e/jest.config.js.');
  return folder;
}

/**
 * Makes something once in a run, whichever suite asks first, and gives every suite (each is a process) the same JSON value.
 * A failure is remembered too: the others then fail at once, with the same message. Waits at most 10 minutes.
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
    if (!isRunning(Number(fs.readFileSync(lock, 'utf8'))))
      throw new Error(`the process that was to make "${name}" ended before it was made`);
    await sleep(50);
  }
  throw new Error(`"${name}" was not made within 10 minutes`);
}

function read<T>(name: string, file: string): T {
  const outcome = JSON.parse(fs.readFileSync(file, 'utf8')) as { value: T } | { error: string };
  if ('error' in outcome) throw new Error(`"${name}" could not be made: ${outcome.error}`);
  return outcome.value;
}

function take(lock: string): boolean {
  try {
    // Written beside and linked, so that nobody ever reads a lock that does not say yet who holds it.
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
