import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { withExitHandler } from '../files/cleanup';
import { cacheDir, makeDir } from '../files/files';
import { type Log, silentLog } from '../log';
import { releaseLock, removeLeftovers, renewLock, tryLock } from './lock-file';
import { describeOwner, type LockOwner, newOwner, STALE_AFTER } from './owner';
import { ownIdentity, type ProcessIdentity } from './process-identity';

interface LockOptions {
  /** How long to wait for another process, in milliseconds. Default: 10 minutes. */
  timeout?: number;
  log?: Pick<Log, 'progress' | 'note'>;
  /** For tests. */
  identity?: ProcessIdentity;
  /** For tests: the interval at which the lock is renewed, in milliseconds. */
  heartbeat?: number;
}

/**
 * Runs `work` while no other process that uses this cache folder holds the lock `name`, not even in another container or on another
 * machine. Waits up to `timeout` with a progress line every 15 s, then throws the Problem `already-running`. `hasWaited`: another process
 * held the lock before.
 */
export async function withLock<T>(
  name: string,
  work: (hasWaited: boolean) => Promise<T>,
  { timeout = 600_000, log = silentLog, identity = ownIdentity(), heartbeat = STALE_AFTER / 5 }: LockOptions = {},
): Promise<T> {
  const file = cacheDir('locks', createHash('sha256').update(name).digest('hex').slice(0, 32));
  makeDir(path.dirname(file));
  const own = newOwner(identity);
  const hasWaited = await acquireLock({ name, file, own, timeout, log });
  return withExitHandler(
    () => releaseLock(file, own),
    async () => {
      const timer = setInterval(() => {
        if (!keepLock(file, own, name, log)) clearInterval(timer);
      }, heartbeat);
      timer.unref();
      try {
        return await work(hasWaited);
      } finally {
        clearInterval(timer);
        // Still registered: a signal during the removal must not leave the lock.
        releaseLock(file, own);
      }
    },
  );
}

interface Wait {
  name: string;
  file: string;
  own: LockOwner;
  timeout: number;
  log: Pick<Log, 'progress' | 'note'>;
}

/** Returns whether another process held the lock. */
async function acquireLock({ name, file, own, timeout, log }: Wait): Promise<boolean> {
  const startedAt = performance.now();
  let reportedAt = startedAt;
  let checkedAt = -Infinity;
  for (let hasWaited = false; ; hasWaited = true) {
    const now = performance.now();
    const checkAge = now - checkedAt >= CHECK_AGE_EVERY;
    if (checkAge) checkedAt = now;
    const attempt = tryLock(file, own, checkAge);
    if (attempt.result === 'acquired') return hasWaited;
    if (attempt.result === 'removed') {
      log.note(`took over the lock of ${name} from ${describeOwner(attempt.owner)}: ${attempt.reason}`);
      await removeLeftovers(file, own);
      continue;
    }
    if (now - reportedAt > 15_000) {
      reportedAt = now;
      log.progress(`waiting for ${describeOwner(attempt.owner)}, which has locked ${name}${whenStale(attempt.owner, own)}`);
    }
    if (now - startedAt > timeout) throw alreadyRunning(name, file, attempt.owner, timeout);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const CHECK_AGE_EVERY = 1_000;

/** When the wait ends if the owner is gone and its process cannot be checked from here. */
function whenStale(owner: LockOwner | undefined, own: LockOwner): string {
  if (owner === undefined || (owner.namespace !== undefined && owner.namespace === own.namespace)) return '';
  return `; it runs in another container or on another machine, and its lock ends ${STALE_AFTER / 1000} s after it was last renewed`;
}

function alreadyRunning(name: string, file: string, owner: LockOwner | undefined, timeout: number): KdcubeError {
  return new KdcubeError({
    code: 'already-running',
    message: `Another process has locked ${name}: ${describeOwner(owner)}. Waited ${Math.round(timeout / 1000)} s.`,
    hint: `stop it, or delete ${file}`,
  });
}

/** Renews the lock. Returns false if another process has it. */
function keepLock(file: string, own: LockOwner, name: string, log: Pick<Log, 'note'>): boolean {
  try {
    const isRenewed = renewLock(file, own);
    if (!isRenewed) log.note(`another process took over the lock of ${name}: this process did not renew it in time`);
    return isRenewed;
  } catch {
    // The next heartbeat retries; a lock that cannot be renewed becomes stale.
    return true;
  }
}
