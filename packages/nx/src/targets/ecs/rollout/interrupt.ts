import type { RolloutEvent } from '@kdcube/release/internal';
import { familyRevision } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { takeSignals } from '../../../system/signals';

export interface Stop {
  requested(): boolean;
  asked: Promise<void>;
  /** From now on Ctrl-C means what it always means. */
  forget(): void;
}

/** One Ctrl-C arrives several times: from the terminal, and from the processes of Nx between it and this one. Milliseconds. */
const ONE = 1_500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ctrl-C once: the deploy ends between two calls. `words` are said at once, because Nx may close the terminal before the end. Again: it leaves at once. SIGHUP is what a terminal says that was
 * closed, by a person or by an Nx that ended first.
 */
export function onInterrupt(log: Log, words: () => string, now: () => number = Date.now): Stop {
  let askedAt: number | undefined;
  let wake: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (wake = resolve));
  const hear = (signal: NodeJS.Signals) => {
    if (askedAt !== undefined && (signal === 'SIGHUP' || now() - askedAt < ONE)) return;
    if (askedAt !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143);
    askedAt = now();
    // Nobody may listen any more, and the lock and the record are still to be written.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    log.note(words());
    wake();
  };
  const giveBack = takeSignals();
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    requested: () => askedAt !== undefined,
    asked,
    forget: () => {
      giveBack();
      for (const signal of SIGNALS) process.removeListener(signal, hear);
    },
  };
}

/** What ECS has under way, by what was heard so far. */
export function underWay(): { hear(event: RolloutEvent): void; words(): string } {
  const now = new Map<string, string>();
  return {
    hear(event) {
      if (event.event === 'update') now.set(event.service, `goes to ${familyRevision(event.taskDefinition)}`);
      if (event.event === 'task') now.set(event.service, `runs as the task ${event.task}`);
      if (event.event === 'completed' || event.event === 'failed') now.delete(event.service);
    },
    words() {
      const list = [...now].map(([service, what]) => `${service} ${what}`);
      return list.length > 0 ? `ECS goes on by itself: ${list.join('; ')}.` : 'Nothing is under way.';
    },
  };
}
