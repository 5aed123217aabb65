import * as fs from 'node:fs';

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Waits until a process has ended. If no process asks for the exit code of an orphan, it stays as a zombie. */
export function untilEnded(pid: string): Promise<void> {
  const hasEnded = () => {
    try {
      return /^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  };
  return until(hasEnded);
}
