import type { Host } from './host';

/** Something on the host that lasts as long as a session there: it ends with the session, whatever ends that. */
export interface Hold {
  /** What the script wrote before it was ready, or before it ended. */
  lines: readonly string[];
  /** Whether the session still runs. */
  isOpen(): boolean;
}

/**
 * Runs a script that writes lines, then `ready`, and then stays until what it made is removed. It removes that itself when its session ends: this
 * process was stopped or killed, or the connection was cut; nobody reads its output then, so it ignores SIGPIPE. If it ends before it is ready, the result is not open.
 */
export async function hold(host: Host, script: string, args: readonly string[], stdin: string): Promise<Hold> {
  const lines: string[] = [];
  let isOpen = true;
  let onReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (onReady = resolve));
  const session = host
    .follow('sh', ['-c', script, 'sh', ...args], (line) => (line === 'ready' ? onReady() : lines.push(line)), { stdin })
    .finally(() => (isOpen = false));
  // Once it is ready, a cut of the connection shows in the next command.
  session.catch(() => undefined);
  await Promise.race([ready, session]);
  return { lines, isOpen: () => isOpen };
}
