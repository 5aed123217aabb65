import { performance } from 'node:perf_hooks';
import type { Clock } from '@kdcube/release';
import { KdcubeError } from '@kdcube/release';
import type { Log } from '../../log';

/** A clock that AWS puts right. */
export interface AwsClock extends Clock {
  /** What time an answer of AWS says it is. Says whether this clock was wrong. */
  heard(at: number): boolean;
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
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
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
    heard(at) {
      const error = at - now();
      if (!Number.isFinite(error) || Math.abs(error) <= SLACK) return false;
      offset += error;
      return true;
    },
  };
}

/**
 * The machine's clock. Beside AWS_ENDPOINT_URL, which names a stand-in for AWS, KDCUBE_CLOCK may name the clock that the stand-in keeps (packages/ecs-double/README.md): a rollout of twenty minutes is then
 * over in a second. It is said, and never counts for AWS itself.
 */
export async function openClock(log: Pick<Log, 'note'>): Promise<Clock> {
  const { KDCUBE_CLOCK: url, AWS_ENDPOINT_URL: standIn } = process.env;
  if (!url) return awsClock();
  if (!standIn) throw refused('AWS_ENDPOINT_URL names no stand-in for AWS, and AWS itself keeps the time of the world.');
  let now = await ask(url, 'GET', '/__clock');
  log.note(`the time is that of the stand-in for AWS (KDCUBE_CLOCK), not this machine's`);
  return {
    now: () => now,
    async sleep(milliseconds) {
      now = Math.max(now, await ask(url, 'POST', '/__clock/sleep', { until: now + milliseconds }));
    },
  };
}

async function ask(url: string, method: string, path: string, body?: object): Promise<number> {
  let answer: unknown;
  try {
    answer = await (await fetch(new URL(path, url), { method, ...(body && { body: JSON.stringify(body) }) })).json();
  } catch (error) {
    throw refused('No clock answers there.', error);
  }
  const now = (answer as { now?: unknown } | null)?.now;
  if (typeof now === 'number' && Number.isFinite(now)) return now;
  throw refused('What answers there is no clock.');
}

function refused(why: string, cause?: unknown): KdcubeError {
  return new KdcubeError(
    {
      code: 'wrong-option',
      message: `KDCUBE_CLOCK names the clock of a stand-in for AWS. ${why}`,
      hint: 'unset KDCUBE_CLOCK',
    },
    { cause },
  );
}
