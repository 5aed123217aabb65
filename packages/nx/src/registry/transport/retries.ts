import { KdcubeError } from '@kdcube/release/internal';
import { isMarkedRefused, unmarkRefused } from '../../system/journal';
import type { Transport } from './types';

const FIRST_WAIT = 500;

/** Errors after which a retry may succeed, and when. Beside the error, because a Problem is only its text. */
const retryInfo = new WeakMap<Error, { waitAtLeast: number; stale: boolean }>();

/** Marks an error as one after which a retry may succeed. `waitAtLeast`: milliseconds. `stale`: the connection was stale, retry at once. */
export function retryable(failure: KdcubeError, { waitAtLeast = FIRST_WAIT, stale = false } = {}): KdcubeError {
  retryInfo.set(failure, { waitAtLeast, stale });
  return failure;
}

/** Repeats `work` until it succeeds, fails with an error that is not retryable, or has been tried as often as the transport allows. */
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

/** Waits before the next attempt, longer each time, or throws the error if there is none. */
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
    // The registry may close an idle connection: a new one is opened at once.
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
