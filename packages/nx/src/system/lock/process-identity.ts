import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { isAlive } from '../programs/is-alive';

/** What identifies a process among all processes that share a file system. */
export interface ProcessIdentity {
  pid: number;
  /** Equal for all processes whose PIDs can be compared: one boot of one machine, one PID namespace. Undefined if it cannot be determined. */
  namespace?: string;
  /** Distinguishes a process from an earlier one with the same PID. */
  startTime?: string;
}

/** The identity of this process. Without `namespace` on systems without /proc, such as macOS. */
export function ownIdentity(): ProcessIdentity {
  const namespace = readNamespace();
  const startTime = namespace === undefined ? undefined : readStatus(process.pid)?.startTime;
  return startTime === undefined ? { pid: process.pid } : { pid: process.pid, namespace, startTime };
}

/** Whether the process still runs: `unknown` if its PID cannot be compared with PIDs of this process. */
export function processState(of: ProcessIdentity, own: ProcessIdentity): 'running' | 'ended' | 'unknown' {
  if (of.namespace === undefined || of.namespace !== own.namespace) return 'unknown';
  if (!isAlive(of.pid)) return 'ended';
  const status = readStatus(of.pid);
  // /proc may hide the processes of other users.
  if (status === undefined) return 'unknown';
  return status.startTime === of.startTime && !status.isZombie ? 'running' : 'ended';
}

/** A later container may reuse the namespace number of one that has ended: the start time distinguishes their processes. */
function readNamespace(): string | undefined {
  try {
    // /proc may belong to another PID namespace than this process.
    if (fs.readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Start times depend on the time namespace, which old kernels do not have.
    const time = fs.existsSync('/proc/self/ns/time') ? fs.readlinkSync('/proc/self/ns/time') : '';
    const parts = [boot, fs.readlinkSync('/proc/self/ns/pid'), time];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  } catch {
    return undefined;
  }
}

/** The start time in ticks since the boot, and whether the process is a zombie: ended, but not reaped by its parent, as in a container without an init process. */
function readStatus(pid: number): { startTime: string; isZombie: boolean } | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may contain any character.
    const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[18];
    return startTime === undefined ? undefined : { startTime, isZombie: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}
