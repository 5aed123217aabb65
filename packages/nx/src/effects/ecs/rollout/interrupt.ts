import type { Log } from '../../log';

export interface Stop {
  requested(): boolean;
  asked: Promise<void>;
  /** From now on Ctrl-C means what it always means. */
  forget(): void;
}

/** Ctrl-C once: the deploy ends between two calls and says what is in flight. Again: it leaves at once. */
export function onInterrupt(log: Log): Stop {
  let requested = false;
  let wake: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (wake = resolve));
  const hear = (signal: NodeJS.Signals) => {
    if (requested) process.exit(signal === 'SIGINT' ? 130 : 143);
    requested = true;
    log.note('stopping between two calls; once more to leave at once. ECS goes on with what is under way.');
    wake();
  };
  // Before whoever ends the process on a signal.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependListener(signal, hear);
  return {
    requested: () => requested,
    asked,
    forget: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, hear);
    },
  };
}
