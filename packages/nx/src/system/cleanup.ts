import * as fs from 'node:fs';
import { areSignalsDeferred } from './signals';

const pending = new Set<() => void>();
let listening = false;

/**
 * Runs `work` and removes `place` after it, also when a signal ends the process in the middle. `work` makes the place itself in one go, not by `fs.promises`: what waits for one of Node's threads is done
 * even while the process ends, and would be there again behind the clean-up.
 */
export async function withCleanup<T>(place: string, work: () => Promise<T>): Promise<T> {
  return withExitHandler(
    () => removeSync(place),
    async () => {
      try {
        return await work();
      } finally {
        // Mostly it has got its name by then: to look takes less than to have one of Node's threads find nothing.
        const kind = fileKind(place);
        // Still part of what is undone: a signal in the middle of the removal must not leave the rest.
        if (kind === 'folder') await fs.promises.rm(place, { recursive: true, force: true });
        // In one go: a lock may be another's once it is gone, and no signal may take that one away here.
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
    // Who removes it says why it cannot be.
    return 'file';
  }
}

/** How long a folder is emptied that fills again, or that others empty too. Milliseconds. */
const RETRY_FOR = 1_000;
/** What no while will mend. All else may: a file came or went meanwhile, or a program that is about to end still has it open. */
const PERMANENT_ERRORS = ['EROFS', 'EACCES'];

/** Removes a file, or a folder with all that is in it, before this returns. What waits for one of Node's threads is done meanwhile, and may put a file where just none was: the next look finds it. */
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

/** Runs `work`. When a signal ends the process in the middle, `undo` is called first; when `work` ends by itself, in whatever way, it is not. */
export async function withExitHandler<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  listen();
  pending.add(undo);
  try {
    return await work();
  } finally {
    pending.delete(undo);
  }
}

function listen(): void {
  if (listening) return;
  listening = true;
  const clean = () => {
    for (const undo of pending) {
      pending.delete(undo);
      try {
        undo();
      } catch {
        // The others are still to be undone, and the process ends as it was told to.
      }
    }
  };
  process.on('exit', clean);
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => {
      if (areSignalsDeferred()) return;
      clean();
      process.exit(128 + number);
    });
  }
}
