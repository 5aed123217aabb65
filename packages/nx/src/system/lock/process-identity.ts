import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { isAlive } from '../is-alive';

/** What identifies a process among all that share a file system. */
export interface ProcessIdentity {
  pid: number;
  /** Equal for all processes whose PIDs can be compared: one boot of one machine, one PID namespace. Undefined where it cannot be determined. */
  namespace?: string;
  /** Tells a process from an earlier one with the same PID. */
  startTime?: string;
}

/** The identity of this process. Without `namespace` on systems without /proc, such as macOS. */
export function ownIdentity(): ProcessIdentity {
  const namespace = readNamespace();
  const startTime = namespace === undefined ? undefined : readStatus(process.pid)?.startTime;
  return startTime === undefined ? { pid: process.pid } : { pid: process.pid, namespace, startTime };
}

/** Whether the process still runs: `unknown` where its PID cannot be compared with PIDs of this process. */
export function processState(of: ProcessIdentity, own: ProcessIdentity): 'running' | 'ended' | 'unknown' {
  if (of.namespace === undefined || of.namespace !== own.namespace) return 'unknown';
  if (!isAlive(of.pid)) return 'ended';
  const status = readStatus(of.pid);
  // /proc may hide the processes of other users.
  if (status === undefined) return 'unknown';
  return status.startTime === of.startTime && !status.isZombie ? 'running' : 'ended';
}

/** A container that has ended may leave its namespace number to a later one: the start time tells their processes apart. */
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

/** The start time in ticks since the boot, and whether the process has ended without its parent having noticed, as without an init process in a container. */
function readStatus(pid: number): { startTime: string; isZombie: boolean } | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may contain anything.
    const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[18];
    return startTime === undefined ? undefined : { startTime, isZombie: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}
