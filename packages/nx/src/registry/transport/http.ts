import { KdcubeError } from '@kdcube/release/internal';
import { roundTrip } from './exchange';
import { type HttpResponse, type NetworkError, type HttpRequest, type Transport } from './types';
import { invalidResponse, describeResponse } from './problems';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 60_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const TRY_AGAIN = [429, 500, 502, 503, 504];

/** Failures that another try may mend, and what it asks for. Kept beside the error: a Problem is for people. */
const retryInfo = new WeakMap<Error, { waitAtLeast: number; stale: boolean }>();

/** Marks a failure as one that another try may mend. `waitAtLeast`: milliseconds. `stale`: at once, since it says nothing about the registry. */
export function retryable(failure: KdcubeError, { waitAtLeast = 0, stale = false } = {}): KdcubeError {
  retryInfo.set(failure, { waitAtLeast, stale });
  return failure;
}

/**
 * Sends a request until it is answered: 429, 500, 502, 503, 504, cut connections and answers that `check` refuses are tried again with growing waits, or
 * as long as Retry-After says. Redirects of GET and HEAD are followed. Every other status is the caller's. Throws `registry-unreachable` and `registry-response`.
 */
export async function sendRequest(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  if (outgoing.noRetry) return sendOnce(transport, outgoing);
  return withRetries(transport, outgoing.url.host, () => sendOnce(transport, outgoing));
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
  return async (error) => {
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

async function sendOnce(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  const answer = await followRedirects(transport, outgoing).catch((error: unknown) => {
    if (error instanceof KdcubeError) throw error;
    if (outgoing.signal?.aborted) throw interrupted(outgoing.url.host, error);
    throw connectionProblem(error as NetworkError, outgoing.url);
  });
  if (TRY_AGAIN.includes(answer.status)) {
    const waitAtLeast = retryAfter(answer);
    const tooLong = waitAtLeast > LONGEST_WAIT;
    const later = tooLong ? ` It asks to come back in ${Math.ceil(waitAtLeast / 1000)} s.` : '';
    const response = describeResponse(answer, transport.secrets);
    const failure = invalidResponse(
      `${outgoing.url.host} answered ${response} to ${outgoing.method} ${outgoing.url.pathname}.${later}`,
    );
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

async function followRedirects(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  let current = outgoing;
  for (let hops = 0; ; hops += 1) {
    const answer = await roundTrip(transport, current);
    const { location } = answer.headers;
    const followed = outgoing.method === 'GET' || outgoing.method === 'HEAD';
    if (!followed || location === undefined || !REDIRECTS.includes(answer.status)) return answer;
    if (hops === 5) throw invalidResponse(`${outgoing.url.host} redirects in circles.`);
    const url = redirectTarget(transport, current.url, location);
    // Credentials are for the host that asked for them: a storage host gets none, and none come back later in the chain.
    const { authorization, ...others } = current.headers;
    const keeps = url.origin === current.url.origin && authorization !== undefined;
    current = { ...current, url, headers: keeps ? { ...others, authorization } : others };
  }
}

/** Where an answer sends us. A web address, and never from TLS to plain http. */
export function redirectTarget(transport: Transport, from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw invalidResponse(`${from.host} redirects to something that is not a web address.`);
  if (url.protocol === 'http:' && (from.protocol === 'https:' || !transport.allowsHttp(url.host))) {
    throw invalidResponse(
      `${from.host} redirects to ${url.host} over plain http, which is not followed.`,
      `KDCUBE_INSECURE_REGISTRIES=${url.host} allows it where the registry itself is asked over plain http`,
    );
  }
  url.username = '';
  url.password = '';
  return url;
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  KD_CONNECT: 'it did not take the connection in time',
};
const CUT: Record<string, string> = {
  KD_IDLE: 'sent nothing for a long time',
  KD_TOTAL: 'did not finish its answer in time',
};

function connectionProblem(error: NetworkError, url: URL): KdcubeError {
  const code = error.code ?? error.message;
  const unreachable = (message: string, hint?: string) =>
    new KdcubeError({ code: 'registry-unreachable', message, hint }, { cause: error });
  const { host } = url;
  if (Object.hasOwn(REASONS, code)) {
    const message = `${host} cannot be reached: ${REASONS[code]} (${code.replace('KD_CONNECT', 'time-out')}).`;
    const failure = unreachable(message, proxyHint(url, process.env, process.versions.node));
    return code === 'EAI_AGAIN' ? retryable(failure) : failure;
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return unreachable(`${host} does not speak TLS (${code}).`, `KDCUBE_INSECURE_REGISTRIES=${host} asks it over plain http`);
  if (url.protocol === 'https:' && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    const hint = 'NODE_EXTRA_CA_CERTS=<file.pem> adds the authority that signed it';
    return unreachable(`The certificate of ${host} is not trusted (${code}).`, hint);
  }
  if (code.startsWith('HPE_'))
    return retryable(invalidResponse(`${host} answered with something that is not HTTP (${code}).`, undefined, error));
  const what = CUT[code] ?? `ended the connection (${code})`;
  if (error.begun) return retryable(invalidResponse(`${host} ${what} in the middle of an answer.`, undefined, error));
  return retryable(unreachable(`${host} ${what}.`), { stale: error.stale });
}

function interrupted(host: string, cause: unknown): KdcubeError {
  return new KdcubeError({ code: 'interrupted', message: `What was on its way to or from ${host} was stopped.` }, { cause });
}

/** Milliseconds that Retry-After asks for, as seconds or as a date; 0 where it says nothing sensible. */
function retryAfter(answer: HttpResponse): number {
  const value = answer.headers['retry-after']?.trim() ?? '';
  const milliseconds = /^[0-9]{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

function firstSentence(error: KdcubeError): string {
  return error.problems[0]?.message ?? '';
}

/** A proxy is set, and this Node does not know it. */
export function proxyHint({ protocol }: URL, env: NodeJS.ProcessEnv, node: string): string | undefined {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find(
    (variable) => variable.toLowerCase().startsWith(protocol.replace(':', '_')) && env[variable],
  );
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const knows = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  return name !== undefined && !knows
    ? `${name} is set, which Node follows from 22.21 and 24.5 on; this is Node ${node}`
    : undefined;
}
