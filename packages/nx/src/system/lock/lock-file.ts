import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileProblem } from '../files/files';
import { readRegularFile } from '../files/read-file';
import { removeStaleTemporaries, temporaryName, withFinalNames } from '../files/temporary-names';
import { type LockOwner, type LockState, parseOwner, staleReason } from './owner';

/** The result of an attempt to take a lock. */
type Attempt =
  | { result: 'acquired' }
  /** A stale lock was removed: the next attempt may succeed. */
  | { result: 'removed'; owner: LockOwner | undefined; reason: string }
  | { result: 'locked'; owner: LockOwner | undefined };

/** A lock file has 250 bytes. */
const MAX_BYTES = 4096;

/** Tries to take a lock, or to remove it if it is stale. `checkAge`: also judge locks whose process cannot be checked, which writes a file. */
export function tryLock(file: string, own: LockOwner, checkAge = true): Attempt {
  const state = readLock(file, checkAge);
  if (state === undefined) return createLock(file, own) ? { result: 'acquired' } : { result: 'locked', owner: undefined };
  const { owner } = state;
  const reason = staleReason(state, own);
  if (reason === undefined) return { result: 'locked', owner };
  return removeLock(file, owner?.token, own) ? { result: 'removed', owner, reason } : { result: 'locked', owner };
}

/** Removes the lock of `own`, never that of another process. */
export function releaseLock(file: string, own: LockOwner): void {
  // Twice: the first attempt may only remove the leftovers of a process that was killed while it removed this lock as stale.
  if (!removeLock(file, own.token, own)) removeLock(file, own.token, own);
}

/** Renews the lock of `own`. Returns false if another process has it. */
export function renewLock(file: string, own: LockOwner): boolean {
  if (readLock(file, false)?.owner?.token !== own.token) return false;
  // Unlike utimes, a write sets the time by the file system's clock.
  const handle = fs.openSync(file, 'r+');
  try {
    fs.writeSync(handle, '{', 0);
  } finally {
    fs.closeSync(handle);
  }
  return true;
}

/**
 * Removes a lock file with this token; without a token, a stale one. Of all competing processes, only the one that holds the claim removes
 * it: a second lock whose name ends in the token, so that the lock of the next owner has another claim. A claim left by a killed process is
 * itself a stale lock.
 */
function removeLock(file: string, token: string | undefined, own: LockOwner): boolean {
  const claim = `${file}.${token ?? 'incomplete'}`;
  if (tryLock(claim, own).result !== 'acquired') return false;
  try {
    const state = readLock(file, true);
    const isSame = state !== undefined && state.owner?.token === token;
    if (!isSame || (token === undefined && staleReason(state, own) === undefined)) return false;
    fs.rmSync(file, { force: true });
    return true;
  } catch (error) {
    throw fileProblem(error, file);
  } finally {
    if (readLock(claim, false)?.owner?.token === own.token) fs.rmSync(claim, { force: true });
  }
}

/** Removes what killed processes left behind for this lock: claims and temporary files. */
export async function removeLeftovers(file: string, own: LockOwner): Promise<void> {
  const parent = path.dirname(file);
  const names = fs.readdirSync(parent);
  for (const claim of names.filter((name) => name.startsWith(`${path.basename(file)}.`)).map((name) => path.join(parent, name))) {
    const state = readLock(claim, true);
    if (state && staleReason(state, own) !== undefined) removeLock(claim, state.owner?.token, own);
  }
  const temporaries = names.filter((name) => name.startsWith(`.${path.basename(file)}.`));
  const targets = new Set(temporaries.map((name) => withFinalNames(path.join(parent, name))));
  for (const target of targets) await removeStaleTemporaries(target);
}

function readLock(file: string, checkAge: boolean): LockState | undefined {
  const content = readRegularFile(file, MAX_BYTES);
  if (content.kind === 'missing') return undefined;
  if (content.kind === 'unreadable') throw fileProblem(new Error(`${file}: ${content.reason}`), file);
  const owner = content.kind === 'content' ? parseOwner(content.bytes.toString('utf8')) : undefined;
  if (!checkAge) return { owner };
  const modifiedAt = content.kind === 'content' ? content.modifiedAt : 0;
  return { owner, age: fileSystemTime(file) - modifiedAt };
}

/** The current time by the clock that sets file times in this folder: on a shared file system it may differ from this machine's clock. */
function fileSystemTime(file: string): number {
  const probe = temporaryName(file);
  try {
    fs.writeFileSync(probe, '');
    return fs.statSync(probe).mtimeMs;
  } catch (error) {
    throw fileProblem(error, file);
  } finally {
    fs.rmSync(probe, { force: true });
  }
}

/** Creates a lock file with its content, unless it exists. */
function createLock(file: string, own: LockOwner): boolean {
  const text = JSON.stringify(own);
  const complete = temporaryName(file);
  try {
    fs.writeFileSync(complete, text);
    fs.linkSync(complete, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw fileProblem(error, file);
    return createWithoutLink(file, text, own);
  } finally {
    fs.rmSync(complete, { force: true });
  }
}

/** File systems without hard links, such as exFAT and some network shares. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

function createWithoutLink(file: string, text: string, own: LockOwner): boolean {
  try {
    fs.writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileProblem(error, file);
  }
  // If this process was suspended before it wrote, the file may have been removed as incomplete.
  return readLock(file, false)?.owner?.token === own.token;
}
