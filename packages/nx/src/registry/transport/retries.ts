import { KdcubeError } from '@kdcube/release/internal';
import { isMarkedRefused, unmarkRefused } from '../../system/journal';
import type { Transport } from './types';

const FIRST_WAIT = 500;

/** Failures that another try may mend, and what it asks for. Kept beside the error: a Problem is for people. */
const retryInfo = new WeakMap<Error, { waitAtLeast: number; stale: boolean }>();

/** Marks a failure as one that another try may mend. `waitAtLeast`: milliseconds. `stale`: at once, since it says nothing about the registry. */
export function retryable(failure: KdcubeError, { waitAtLeast = FIRST_WAIT, stale = false } = {}): KdcubeError {
  retryInfo.set(failure, { waitAtLeast, stale });
  return failure;
}

/** Does `work` until it succeeds, or fails in a way that no other try will mend, or has been tried often enough. */
export async function withRetries<T>(transport: Transport, host: string, work: () => Promise<T>): Promise<T> {
  const wait = retryPolicy(transport, host);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await wait(error);
    }
  }
}

/** What to do with a failure: waits until the next try, longer each time, or throws it when there is none. */
export function retryPolicy(transport: Transport, host: string): (error: unknown) => Promise<void> {
  let attempts = 0;
  let reopened = false;
  let wait = FIRST_WAIT;
  let mayBeDone = false;
  return async (error) => {
    if (mayBeDone) unmarkRefused(error);
    mayBeDone ||= !isMarkedRefused(error);
    const how = error instanceof KdcubeError ? retryInfo.get(error) : undefined;
    if (!(error instanceof KdcubeError) || !how) throw error;
    // An idle connection that the other side gave up says nothing about the registry: a new one is opened at once.
    if (how.stale && attempts === 0 && !reopened) return void (reopened = true);
    attempts += 1;
    if (attempts >= transport.attempts) {
      retryInfo.delete(error);
      throw error;
    }
    const milliseconds = Math.max(wait, how.waitAtLeast);
    wait *= 2;
    const why = firstSentence(error);
    transport.onRetry(`${why.startsWith(host) ? '' : `${host}: `}${why} Trying again in ${Math.ceil(milliseconds / 1000)} s.`);
    await transport.sleep(milliseconds);
  };
}

function firstSentence(error: KdcubeError): string {
  return error.problems[0]?.message ?? '';
}
