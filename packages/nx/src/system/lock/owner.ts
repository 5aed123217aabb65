import { randomBytes } from 'node:crypto';
import * as os from 'node:os';
import { processState, type ProcessIdentity } from './process-identity';

/** The holder of a lock, as recorded in its file. */
export interface LockOwner extends ProcessIdentity {
  /** Unique for each time that a lock is taken. */
  token: string;
  host: string;
  /** ISO 8601. */
  since: string;
}

/** The state of a lock file. */
export interface LockState {
  /** Undefined if the file is incomplete. */
  owner?: LockOwner;
  /** Milliseconds since the owner renewed it, by the clock of the file system; undefined if that was not determined. */
  age?: number;
}

/** The age from which a lock is stale if its process cannot be checked: five heartbeats. Milliseconds. */
export const STALE_AFTER = 150_000;
/** The same for a file without an owner, which a process may still be writing. */
const INCOMPLETE_AFTER = 5_000;

export function newOwner(identity: ProcessIdentity): LockOwner {
  return {
    ...identity,
    token: randomBytes(8).toString('hex'),
    host: os.hostname().slice(0, 100),
    since: new Date().toISOString(),
  };
}

/** The owner in a lock file. The token becomes part of a file name, so only our format is valid. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const { token, pid, namespace, startTime, host, since } = JSON.parse(text) as Partial<Record<keyof LockOwner, unknown>>;
    if (typeof token !== 'string' || !/^[0-9a-f]{16}$/.test(token)) return undefined;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof host !== 'string' || typeof since !== 'string' || Number.isNaN(Date.parse(since))) return undefined;
    const owner = { token, pid, host: host.slice(0, 100), since: new Date(since).toISOString() };
    return typeof namespace === 'string' && typeof startTime === 'string' ? { ...owner, namespace, startTime } : owner;
  } catch {
    return undefined;
  }
}

/** Why a lock is stale; undefined if it is valid. */
export function staleReason({ owner, age }: LockState, own: ProcessIdentity): string | undefined {
  const state = owner === undefined ? 'unknown' : processState(owner, own);
  if (state === 'running') return undefined;
  if (state === 'ended') return 'that process has ended';
  if (age === undefined) return undefined;
  if (owner === undefined) return age > INCOMPLETE_AFTER || age < -STALE_AFTER ? `it was left incomplete ${ago(age)}` : undefined;
  // In the future: the clock of the file system was set back, and the lock has not been renewed since.
  return Math.abs(age) > STALE_AFTER ? `it was not renewed for ${duration(Math.abs(age))}` : undefined;
}

/** `process 12 on build-1, since 2026-03-02 10:30:00 UTC`. */
export function describeOwner(owner: LockOwner | undefined): string {
  if (owner === undefined) return 'a process that has not written its name';
  return `process ${owner.pid} on ${owner.host}, since ${owner.since.slice(0, 19).replace('T', ' ')} UTC`;
}

function ago(age: number): string {
  return age < 0 ? 'before the clock was set back' : `${duration(age)} ago`;
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
