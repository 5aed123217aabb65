import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isAlive } from './process';

/** What is made beside its place, hidden, and renamed when it is whole: `.<name>.<process>.<machine>.<any>.tmp`. */
export function temporaryName(target: string): string {
  const name = [path.basename(target), process.pid, machineId(), randomBytes(4).toString('hex')].join('.');
  return path.join(path.dirname(target), `.${name}.tmp`);
}

const NAME = /^\.(.+)\.(\d+)\.([0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/;

/** How old something must be that a process left which may be another machine's or container's: whether that one still lives cannot be seen from here. Milliseconds. */
const STALE_AFTER = 3_600_000;

/** Removes what a process that was killed outright left beside `target`. */
export async function removeStaleTemporaries(target: string): Promise<void> {
  const parent = path.dirname(target);
  // Without one of Node's threads: these folders are small, and whoever sweeps them is in a hurry.
  for (const name of fs.readdirSync(parent)) {
    const [, of, pid, where] = NAME.exec(name) ?? [];
    if (of !== path.basename(target)) continue;
    const place = path.join(parent, name);
    if (isAlive(Number(pid))) continue;
    if (where === machineId() || (await isOld(place))) await fs.promises.rm(place, { recursive: true, force: true });
  }
}

async function isOld(place: string): Promise<boolean> {
  const stat = await fs.promises.lstat(place).catch(() => undefined);
  return stat !== undefined && Date.now() - stat.ctimeMs > STALE_AFTER;
}

/** Whether a path is, or is inside of, something that is still being made. */
export function isTemporary(place: string): boolean {
  return withFinalNames(place) !== place;
}

/** A text in which files are called as they will be, not as while they are made. */
export function withFinalNames(text: string): string {
  return text.replace(/\.([^/\\]+)\.\d+\.[0-9a-f]{8}\.[0-9a-f]{8}\.tmp(?=[/\\'":]|$)/g, '$1');
}

let known: string | undefined;

/** Eight hex digits that are the same for all processes which can see each other by number. */
function machineId(): string {
  return (known ??= readMachineId());
}

/** On Linux a container has numbers of its own, and a machine begins anew with them when it starts. Where that cannot be read, and on other systems, no other process is known. */
function readMachineId(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const parts = [os.hostname(), boot, fs.readlinkSync('/proc/self/ns/pid')];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  } catch {
    return randomBytes(4).toString('hex');
  }
}
