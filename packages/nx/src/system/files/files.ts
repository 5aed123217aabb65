import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { recordEffect } from '../journal';
import { isTemporary, removeStaleTemporaries, temporaryName, withFinalNames } from './temporary-names';
import { withCleanup } from './cleanup';

/** The cache for mirrors, layers and other reproducible content: KDCUBE_CACHE_DIR, else the user's cache folder. */
export function cacheDir(...below: string[]): string {
  const base =
    process.env.KDCUBE_CACHE_DIR || path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kdcube');
  return path.join(base, ...below);
}

/**
 * Replaces the folder `target`: `fill` writes to a temporary folder beside it, which is then renamed.
 * If `fill` fails or is interrupted, `target` is unchanged and the temporary folder is removed.
 */
export async function replaceDir<T>(target: string, fill: (dir: string) => Promise<T>): Promise<T> {
  const dir = temporaryName(target);
  return withCleanup(dir, async () => {
    makeDir(dir);
    await removeStaleTemporaries(target);
    const result = await fill(dir);
    const old = temporaryName(target);
    await withCleanup(old, async () => {
      swapDirs(dir, target, old);
      recordFile('wrote', target);
    });
    return result;
  }).catch((error) => {
    throw fileProblem(error, target);
  });
}

/**
 * Renames `target` to `old` and `dir` to `target`, because rename cannot replace a non-empty folder. Synchronous, so that no signal handler of this process runs
 * between the two. If another process replaces `target` at the same time, this one retries: both succeed, and the last one wins.
 */
function swapDirs(dir: string, target: string, old: string): void {
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
      makeDir(old);
    }
  }
}

/** Writes a file atomically: a reader sees either the old or the new content. */
export async function writeFileAtomic(file: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = temporaryName(file);
  await withCleanup(temporary, async () => {
    makeDir(path.dirname(file));
    if (isSmall(content)) {
      fs.writeFileSync(temporary, content);
      fs.renameSync(temporary, file);
    } else {
      fs.writeFileSync(temporary, '');
      await fs.promises.writeFile(temporary, content, { flag: 'r+' });
      await fs.promises.rename(temporary, file);
    }
    recordFile('wrote', file);
  }).catch((error) => {
    throw fileProblem(error, file);
  });
}

/** Temporary files and the cache are not recorded: only this plugin reads them. */
function recordFile(verb: 'wrote' | 'removed', file: string): void {
  if (!isTemporary(file) && !isInCache(file)) recordEffect({ kind: 'file', verb, file });
}

function isInCache(file: string): boolean {
  return file === cacheDir() || file.startsWith(cacheDir() + path.sep);
}

/** Removes a folder with everything in it, if it exists. */
export async function removeDir(dir: string): Promise<void> {
  if (!fs.existsSync(dir)) return;
  await fs.promises.rm(dir, { recursive: true, force: true });
  recordFile('removed', dir);
}

/** Whether the content is written synchronously, which is faster for small files. */
function isSmall(content: string | Uint8Array | AsyncIterable<Uint8Array>): content is string | Uint8Array {
  return typeof content === 'string' ? content.length <= SMALL : content instanceof Uint8Array && content.length <= SMALL;
}

/** Bytes, or UTF-16 units of a string. */
const SMALL = 256 * 1024;

/** Runs `work` with a temporary folder, which is always removed afterwards. `beside`: a folder on the same disk as the result. */
export async function withTemporaryDir<T>(work: (dir: string) => Promise<T>, beside: string = os.tmpdir()): Promise<T> {
  const dir = temporaryName(path.join(beside, 'kdcube'));
  return withCleanup(dir, async () => {
    makeDir(dir, 0o700);
    return work(dir);
  });
}

/** Creates a folder and its parents, with this mode. Node's own `recursive` never returns in file systems such as /proc, where creating a folder fails with ENOENT. */
export function makeDir(dir: string, mode?: number): void {
  try {
    createFolder(dir, mode);
  } catch (error) {
    throw fileProblem(error, dir);
  }
}

function createFolder(dir: string, mode?: number): void {
  if (isFolder(dir)) return;
  const above = path.dirname(dir);
  if (above !== dir) createFolder(above, mode);
  try {
    fs.mkdirSync(dir, { mode });
  } catch (error) {
    // Another process may have created it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(dir)) throw error;
  }
}

function isFolder(dir: string): boolean {
  return fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Converts a file system error to a Problem; a Problem is returned unchanged. Temporary names are replaced by final ones. */
export function fileProblem(error: unknown, file: string): KdcubeError {
  if (error instanceof KdcubeError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new KdcubeError(
      {
        code: 'disk-full',
        message: `${withFinalNames(file)} cannot be written: no space left on the disk.`,
        hint: `df -h ${nearestExisting(withFinalNames(file))}`,
      },
      { cause: error },
    );
  }
  if (isInCache(file)) {
    return new KdcubeError(
      {
        code: 'file-error',
        message: `The cache folder ${cacheDir()} cannot be used: ${withFinalNames(message ?? String(error))}.`,
        hint: 'KDCUBE_CACHE_DIR=<folder> uses another folder, which must be writable',
      },
      { cause: error },
    );
  }
  return new KdcubeError(
    { code: 'file-error', message: withFinalNames(`${file}: ${message ?? String(error)}`) },
    { cause: error },
  );
}

/** The nearest existing folder above a file. */
function nearestExisting(file: string): string {
  const above = path.dirname(file);
  return above === file || fs.existsSync(above) ? above : nearestExisting(above);
}
