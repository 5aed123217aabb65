import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '@kdcube/release/internal';

/** A clock that is corrected by the Date header of AWS responses. */
export interface AwsClock extends Clock {
  /** Takes the time of a response of AWS. Returns whether the clock was corrected. */
  observe(at: number): boolean;
}

/** The machine's clocks: the wall clock, which may be set at any moment, and a monotonic one. */
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

/** A response has whole seconds, and takes a moment to arrive: a smaller difference is no error. Milliseconds. */
const SLACK = 3_000;

/**
 * The time at AWS: the times of events, tasks and deployments are compared with it. Between two responses the monotonic clock counts, so that setting the machine's clock during a rollout has no
 * effect. A response corrects it if the machine's clock was wrong from the start, or if the machine slept.
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
