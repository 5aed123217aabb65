import { createHash } from 'node:crypto';

/** A request token of AWS, the same for the same parts: 64 hexadecimal digits. */
export function sha256Id(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
