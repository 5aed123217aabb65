import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { cacheDir, fileProblem, ignoreMissing, makeDir } from './files';
import type { Log } from './log';
import { silentLog } from './log';
import { isAlive } from './is-alive';
import { withCleanup } from './cleanup';

/**
 * Runs `work` while no other process holds the lock `name` on this machine. Waits up to `timeout` ms with a progress line every 15 s; then throws the Problem `already-running`.
 * `waited`: another process held the lock before.
 */
export async function withLock<T>(
  name: string,
  work: (waited: boolean) => Promise<T>,
  timeout = 600_000,
  log: Pick<Log, 'progress'> = silentLog,
): Promise<T> {
  const file = cacheDir('locks', createHash('sha256').update(name).digest('hex').slice(0, 32));
  makeDir(path.dirname(file));
  const startedAt = Date.now();
  let reportedAt = startedAt;
  let waited = false;
  while (!tryLock(file)) {
    waited = true;
    if (Date.now() - reportedAt > 15_000) {
      reportedAt = Date.now();
      log.progress(`waiting for another process, which has locked ${name}`);
    }
    if (Date.now() - startedAt > timeout) {
      throw new KdcubeError({
        code: 'already-running',
        message: `Another process has locked ${name} for ${Math.round(timeout / 1000)} s.`,
        hint: `stop it, or delete ${file}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return withCleanup(file, () => work(waited));
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
    // An empty file belongs to a process that has not written its PID yet, unless the file is old.
    const abandoned = owner > 0 ? !isAlive(owner) : Date.now() - fs.statSync(file).mtimeMs > 5_000;
    if (abandoned) fs.rmSync(file, { force: true });
  } catch (error) {
    ignoreMissing(error as NodeJS.ErrnoException);
  }
  return false;
}
