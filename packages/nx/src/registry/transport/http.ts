import { KdcubeError } from '@kdcube/release/internal';
import { markRefused } from '../../system/journal';
import { type HttpResponse, type NetworkError, type HttpRequest, type Transport } from './types';
import { invalidResponse } from './problems';
import { describeResponse } from './response-text';
import { retryable, withRetries } from './retries';
import { connectionProblem, interrupted } from './connection-problem';
import { followRedirects } from './redirects';
const LONGEST_WAIT = 60_000;
const TRY_AGAIN = [429, 500, 502, 503, 504];

/**
 * Sends a request with retries: after 429, 500, 502, 503, 504, cut connections and responses that `validate` rejects, with exponential back-off or
 * after the time in Retry-After. Redirects of GET and HEAD are followed. Every other status is returned. Throws `registry-unreachable` and `registry-response`.
 */
export async function sendRequest(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  if (outgoing.noRetry) return sendOnce(transport, outgoing);
  return withRetries(transport, outgoing.url.host, () => sendOnce(transport, outgoing));
}

async function sendOnce(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  const answer = await followRedirects(transport, outgoing).catch((error: unknown) => {
    if (error instanceof KdcubeError) throw error;
    if (outgoing.signal?.aborted) throw interrupted(outgoing.url.host, error);
    throw connectionProblem(error as NetworkError, outgoing.url);
  });
  if (TRY_AGAIN.includes(answer.status)) {
    const waitAtLeast = retryAfter(answer);
    const tooLong = waitAtLeast > LONGEST_WAIT;
    const later = tooLong ? ` It asks to retry after ${Math.ceil(waitAtLeast / 1000)} s.` : '';
    const response = describeResponse(answer, transport.secrets);
    const failure = invalidResponse(
      `${outgoing.url.host} answered ${response} to ${outgoing.method} ${outgoing.url.pathname}.${later}`,
    );
    // Who limits requests does not carry them out. Any other of these may have come after the work was done.
    if (answer.status === 429) markRefused(failure);
    throw tooLong ? failure : retryable(failure, { waitAtLeast });
  }
  try {
    outgoing.validate?.(answer);
    return answer;
  } catch (error) {
    const isInvalid = error instanceof KdcubeError && error.problems[0]?.code === 'registry-response';
    throw isInvalid ? retryable(error) : error;
  }
}

/** The time in Retry-After, which has seconds or a date. Milliseconds; 0 if it is invalid. */
function retryAfter(answer: HttpResponse): number {
  const value = answer.headers['retry-after']?.trim() ?? '';
  const milliseconds = /^[0-9]{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}
