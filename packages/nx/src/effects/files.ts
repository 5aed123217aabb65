import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release';
import { areSignalsTaken } from './signals';
import type { Log } from './log';
import { silent } from './log';

/** Where mirrors and other things that can be made again are kept: KDCUBE_CACHE_DIR, else the user's cache folder. */
export function cacheDir(...below: string[]): string {
  const base =
    process.env.KDCUBE_CACHE_DIR || path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kdcube');
  return path.join(base, ...below);
}

/**
 * Makes a folder under a hidden name beside `target`, lets `fill` fill it, and puts it in `target`'s place in one rename.
 * Whatever fails or interrupts `fill`, `target` stays as it was and nothing half-written is left.
 */
export async function replaceDir<T>(target: string, fill: (dir: string) => Promise<T>): Promise<T> {
  const dir = temporaryName(target);
  return withCleanup(dir, async () => {
    fs.mkdirSync(dir, { recursive: true });
    await sweep(target);
    const result = await fill(dir);
    const old = temporaryName(target);
    await withCleanup(old, async () => swap(dir, target, old));
    return result;
  }).catch((error) => {
    throw fileProblem(error, target);
  });
}

/** Removes what a process that was killed outright left beside `target`. An hour's wait spares those that only another container can see. */
async function sweep(target: string): Promise<void> {
  const parent = path.dirname(target);
  for (const name of await fs.promises.readdir(parent)) {
    const [, of, pid] = /^\.(.+)\.(\d+)\.[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (of !== path.basename(target) || isAlive(Number(pid))) continue;
    const place = path.join(parent, name);
    const stat = await fs.promises.lstat(place).catch(() => undefined);
    if (stat && Date.now() - stat.ctimeMs > 3_600_000) await fs.promises.rm(place, { recursive: true, force: true });
  }
}

/**
 * Puts `dir` in the place of `target`, which steps aside as `old`: rename cannot replace a folder that is not empty.
 * Both renames happen in one go, so that no signal handler of this process runs between them. When another process puts its own
 * folder there in the same moment, this one steps in after it: both succeed, and the last one stays.
 */
function swap(dir: string, target: string, old: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      fs.renameSync(target, attempt === 1 ? old : path.join(old, String(attempt)));
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
    }
    try {
      return fs.renameSync(dir, target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt === 100) {
        if (attempt === 1 && fs.existsSync(old)) fs.renameSync(old, target);
        throw error;
      }
      fs.mkdirSync(old, { recursive: true });
    }
  }
}

/** Writes a file in one step: a reader sees the old content or the new, never a half. */
export async function writeFileAtomic(file: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = temporaryName(file);
  await withCleanup(temporary, async () => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(temporary, '');
    await fs.promises.writeFile(temporary, content, { flag: 'r+' });
    await fs.promises.rename(temporary, file);
  }).catch((error) => {
    throw fileProblem(error, file);
  });
}

/** A folder of its own for the time of `work`, removed whatever happens. `beside`: a folder on the same disk as the result. */
export async function withTemporaryDir<T>(work: (dir: string) => Promise<T>, beside: string = os.tmpdir()): Promise<T> {
  const dir = temporaryName(path.join(beside, 'kdcube'));
  return withCleanup(dir, async () => {
    try {
      fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileProblem(error, dir);
    }
    return work(dir);
  });
}

/**
 * Runs `work` while no other process holds the lock `name` on this machine. Waits up to `timeout` ms, then it is a Problem; says so every 15 s. `work` is told whether
 * somebody else had it meanwhile.
 */
export async function withLock<T>(
  name: string,
  work: (waited: boolean) => Promise<T>,
  timeout = 600_000,
  log: Pick<Log, 'progress'> = silent,
): Promise<T> {
  const file = cacheDir('locks', createHash('sha256').update(name).digest('hex').slice(0, 32));
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  const startedAt = Date.now();
  let said = startedAt;
  let waited = false;
  while (!tryLock(file)) {
    waited = true;
    if (Date.now() - said > 15_000) {
      said = Date.now();
      log.progress(`waiting for another process, which has ${name}`);
    }
    if (Date.now() - startedAt > timeout) {
      throw new KdcubeError({
        code: 'already-running',
        message: `Another process has held ${name} for ${Math.round(timeout / 1000)} s.`,
        hint: `end it, or delete ${file}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const unlock = (): void => removeNow(file);
  return withUndo(unlock, async () => {
    try {
      return await work(waited);
    } finally {
      // In one go: once the file is gone it may be another's, whose lock no signal may take away here.
      unlock();
    }
  });
}

function tryLock(file: string): boolean {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileProblem(error, file);
  }
  try {
    const owner = Number(fs.readFileSync(file, 'utf8'));
    // An empty file belongs to a process that is just writing its number, unless it is old.
    const abandoned = owner > 0 ? !isAlive(owner) : Date.now() - fs.statSync(file).mtimeMs > 5_000;
    if (abandoned) fs.rmSync(file, { force: true });
  } catch (error) {
    ignoreMissing(error as NodeJS.ErrnoException);
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const pending = new Set<() => void>();
let listening = false;

/**
 * Runs `work` and removes `place` after it, also when a signal ends the process in the middle. `work` makes the place itself in one go, not by `fs.promises`: what waits for one of Node's threads is done
 * even while the process ends, and would be there again behind the clean-up.
 */
async function withCleanup<T>(place: string, work: () => Promise<T>): Promise<T> {
  return withUndo(
    () => removeNow(place),
    async () => {
      try {
        return await work();
      } finally {
        // Still part of what is undone: a signal in the middle of the removal must not leave the rest.
        await fs.promises.rm(place, { recursive: true, force: true });
      }
    },
  );
}

/** How long a folder is emptied that fills again, or that others empty too. Milliseconds. */
const REFILLED = 1_000;
/** What no while will mend. All else may: a file came or went meanwhile, or a program that is about to end still has it open. */
const FOR_GOOD = ['EROFS', 'EACCES'];

/** Removes a file, or a folder with all that is in it, before this returns. What waits for one of Node's threads is done meanwhile, and may put a file where just none was: the next look finds it. */
export function removeNow(place: string): void {
  for (const deadline = Date.now() + REFILLED; ;) {
    try {
      return fs.rmSync(place, { recursive: true, force: true });
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (FOR_GOOD.includes(code) || Date.now() >= deadline) throw error;
    }
  }
}

/** Runs `work`. When a signal ends the process in the middle, `undo` is called first; when `work` ends by itself, in whatever way, it is not. */
export async function withUndo<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
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
      if (areSignalsTaken()) return;
      clean();
      process.exit(128 + number);
    });
  }
}

function temporaryName(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** An error of the file system as a Problem; a Problem stays what it is. Files are named as they will be called, not as while they are made. */
export function fileProblem(error: unknown, file: string): KdcubeError {
  if (error instanceof KdcubeError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const named = (text: string) => text.replace(/\.([^/\\]+)\.\d+\.[0-9a-f]{8}\.tmp(?=[/\\]|$)/g, '$1');
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new KdcubeError(
      { code: 'disk-full', message: `No space is left on the disk of ${named(file)}.`, hint: `df -h ${firstThere(named(file))}` },
      { cause: error },
    );
  }
  return new KdcubeError({ code: 'file-failed', message: `${named(file)}: ${message ?? String(error)}` }, { cause: error });
}

/** The nearest folder above a file that is still there after the clean-up. */
function firstThere(file: string): string {
  const above = path.dirname(file);
  return above === file || fs.existsSync(above) ? above : firstThere(above);
}
