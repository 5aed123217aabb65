import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '@kdcube/release/internal';

/** A clock that AWS puts right. */
export interface AwsClock extends Clock {
  /** What time an answer of AWS says it is. Says whether this clock was wrong. */
  observe(at: number): boolean;
}

/** What a machine has: a clock that somebody may set at any moment, and one that only counts. */
export interface Machine {
  wall(): number;
  counted(): number;
  sleep(milliseconds: number): Promise<void>;
}

const MACHINE: Machine = {
  wall: Date.now,
  counted: () => performance.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};

/** An answer says whole seconds, and is on its way for a moment: less than this is no error. Milliseconds. */
const SLACK = 3_000;

/**
 * Time as AWS has it: events, tasks and deployments carry its times, and are compared with this. Between two answers it is counted, so that a machine whose clock is set in the middle of a rollout
 * notices nothing; answers put it right where it is wrong from the beginning, or where the machine slept.
 */
export function awsClock(machine: Machine = MACHINE): AwsClock {
  let offset = machine.wall() - machine.counted();
  const now = () => machine.counted() + offset;
  return {
    now,
    sleep: machine.sleep,
    observe(at) {
      const error = at - now();
      if (!Number.isFinite(error) || Math.abs(error) <= SLACK) return false;
      offset += error;
      return true;
    },
  };
}
