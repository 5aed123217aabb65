import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isAlive } from '../programs/is-alive';

/** A hidden name beside `target`, for content that is renamed when complete: `.<name>.<process>.<machine>.<random>.tmp`. */
export function temporaryName(target: string): string {
  const name = [path.basename(target), process.pid, machineId(), randomBytes(4).toString('hex')].join('.');
  return path.join(path.dirname(target), `.${name}.tmp`);
}

const NAME = /^\.(.+)\.(\d+)\.([0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/;

/** The age from which a temporary file of another machine or container is stale: its process cannot be checked from here. Milliseconds. */
const STALE_AFTER = 3_600_000;

/** Removes the temporary files of killed processes beside `target`. */
export async function removeStaleTemporaries(target: string): Promise<void> {
  const parent = path.dirname(target);
  // Synchronous, because these folders are small.
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

/** Whether a path is, or is inside, a temporary file or folder. */
export function isTemporary(place: string): boolean {
  return withFinalNames(place) !== place;
}

/** Replaces temporary names in a text with the final names. */
export function withFinalNames(text: string): string {
  return text.replace(/\.([^/\\]+)\.\d+\.[0-9a-f]{8}\.[0-9a-f]{8}\.tmp(?=[/\\'":]|$)/g, '$1');
}

let cachedId: string | undefined;

/** Eight hex digits, equal for all processes that share a PID namespace. */
function machineId(): string {
  return (cachedId ??= readMachineId());
}

/** PIDs are unique within a container and a boot. If those cannot be read, and on other systems, the id is random, so that processes are never confused. */
function readMachineId(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const parts = [os.hostname(), boot, fs.readlinkSync('/proc/self/ns/pid')];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  } catch {
    return randomBytes(4).toString('hex');
  }
}
