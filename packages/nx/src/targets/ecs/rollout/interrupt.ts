import type { RolloutEvent, StopSignal } from '@kdcube/release/internal';
import { familyRevision } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { deferSignals } from '../../../system/programs/signals';

export interface Interrupt extends StopSignal {
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void;
}

/** One Ctrl-C arrives several times: from the terminal, and from the processes of Nx in between. Milliseconds. */
const SAME_KEYPRESS = 1_500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first Ctrl-C stops the deploy between two calls. Its message is printed at once, because Nx may close the terminal before the end. The second one exits at once. SIGHUP means that the
 * terminal was closed.
 */
export function onInterrupt(log: Log, message: () => string, now: () => number = Date.now): Interrupt {
  let requestedAt: number | undefined;
  let resolveRequested: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => (resolveRequested = resolve));
  const handle = (signal: NodeJS.Signals) => {
    if (requestedAt !== undefined && (signal === 'SIGHUP' || now() - requestedAt < SAME_KEYPRESS)) return;
    if (requestedAt !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143);
    requestedAt = now();
    // The reader may be gone, and the lock and the record must still be written.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    log.note(message());
    resolveRequested();
  };
  const restoreSignals = deferSignals();
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    isRequested: () => requestedAt !== undefined,
    requested,
    dispose: () => {
      restoreSignals();
      for (const signal of SIGNALS) process.removeListener(signal, handle);
    },
  };
}

/** Follows what ECS is working on. */
export function trackInFlight(): { update(event: RolloutEvent): void; describe(): string } {
  const inFlight = new Map<string, string>();
  return {
    update(event) {
      if (event.event === 'update') inFlight.set(event.service, `is being updated to ${familyRevision(event.taskDefinition)}`);
      if (event.event === 'task-started') inFlight.set(event.service, `runs as the task ${event.task}`);
      if (event.event === 'completed' || event.event === 'failed') inFlight.delete(event.service);
    },
    describe() {
      const list = [...inFlight].map(([service, what]) => `${service} ${what}`);
      return list.length > 0 ? `ECS continues on its own: ${list.join('; ')}.` : 'Nothing is in progress.';
    },
  };
}
