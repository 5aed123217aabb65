import * as fs from 'node:fs';
import { areSignalsDeferred } from '../programs/signals';

const pending = new Set<() => void>();
let listening = false;

/**
 * Runs `work` and removes `place` afterwards, even if a signal ends the process. `work` must create `place` synchronously: a pending
 * `fs.promises` call still runs while the process exits, and would recreate it after the cleanup.
 */
export async function withCleanup<T>(place: string, work: () => Promise<T>): Promise<T> {
  return withExitHandler(
    () => removeSync(place),
    async () => {
      try {
        return await work();
      } finally {
        // Usually it has been renamed by now: a synchronous lstat is cheaper than an asynchronous rm of a missing file.
        const kind = fileKind(place);
        // Still registered: a signal during the removal must not leave a part.
        if (kind === 'folder') await fs.promises.rm(place, { recursive: true, force: true });
        // Synchronous: once a lock file is removed, another process may create a new one, which the exit handler must not remove.
        if (kind === 'file') removeSync(place);
      }
    },
  );
}

function fileKind(place: string): 'folder' | 'file' | undefined {
  try {
    const stat = fs.lstatSync(place, { throwIfNoEntry: false });
    return stat && (stat.isDirectory() ? 'folder' : 'file');
  } catch {
    // The removal reports the error.
    return 'file';
  }
}

/** How long to retry the removal of a folder while files are being added or removed. Milliseconds. */
const RETRY_FOR = 1_000;
/** Errors for which a retry does not help. Other errors may come from a file that was added or removed meanwhile, or that an ending program still has open. */
const PERMANENT_ERRORS = ['EROFS', 'EACCES'];

/** Removes a file or a folder synchronously. Retries, because pending asynchronous writes may still add files. */
export function removeSync(place: string): void {
  for (const deadline = Date.now() + RETRY_FOR; ;) {
    try {
      return fs.rmSync(place, { recursive: true, force: true });
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (PERMANENT_ERRORS.includes(code) || Date.now() >= deadline) throw error;
    }
  }
}

/** Runs `work`. `cleanup` is called only if the process exits before `work` has ended. */
export async function withExitHandler<T>(cleanup: () => void, work: () => Promise<T>): Promise<T> {
  listen();
  pending.add(cleanup);
  try {
    return await work();
  } finally {
    pending.delete(cleanup);
  }
}

function listen(): void {
  if (listening) return;
  listening = true;
  const runAll = () => {
    // The latest first: a program is stopped before what it works on is removed.
    for (const cleanup of [...pending].reverse()) {
      pending.delete(cleanup);
      try {
        cleanup();
      } catch {
        // The other handlers must still run, and the process must exit.
      }
    }
  };
  process.on('exit', runAll);
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => {
      if (areSignalsDeferred()) return;
      runAll();
      process.exit(128 + number);
    });
  }
}
