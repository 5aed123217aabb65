import { KdcubeError } from '@kdcube/release';
import { type Answer, exchange, type NetworkError, type Outgoing, type Transport } from './registry-exchange';
import { oddAnswer, saidBy } from './registry-problems';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 60_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const TRY_AGAIN = [429, 500, 502, 503, 504];

/**
 * Sends a request until it is answered: 429, 500, 502, 503, 504, cut connections and answers that `check` refuses are tried again with growing waits, or
 * as long as Retry-After says. Redirects of GET and HEAD are followed. Every other status is the caller's. Throws `registry-unreachable` and `registry-answer`.
 */
export async function send(transport: Transport, outgoing: Outgoing): Promise<Answer> {
  let outcome = await attemptOnce(transport, outgoing);
  // An idle connection that the other side gave up says nothing about the registry: a new one is opened at once.
  if ('failure' in outcome && outcome.stale) outcome = await attemptOnce(transport, outgoing);
  for (let attempt = 1, wait = FIRST_WAIT; ; attempt += 1, wait *= 2) {
    if ('answer' in outcome) return outcome.answer;
    const { failure, fatal, waitAtLeast = 0 } = outcome;
    if (fatal || attempt >= transport.attempts) throw failure;
    const milliseconds = Math.max(wait, waitAtLeast);
    transport.notify(`${outgoing.url.host}: ${firstSentence(failure)} Trying again in ${Math.ceil(milliseconds / 1000)} s.`);
    await transport.sleep(milliseconds);
    outcome = await attemptOnce(transport, outgoing);
  }
}

type Outcome = { answer: Answer } | { failure: KdcubeError; fatal?: boolean; stale?: boolean; waitAtLeast?: number };

async function attemptOnce(transport: Transport, outgoing: Outgoing): Promise<Outcome> {
  let answer: Answer;
  try {
    answer = await follow(transport, outgoing);
  } catch (error) {
    if (error instanceof KdcubeError) return { failure: error, fatal: true };
    return networkFailure(error as NetworkError, outgoing.url);
  }
  if (TRY_AGAIN.includes(answer.status)) {
    const waitAtLeast = retryAfter(answer);
    const later = waitAtLeast > LONGEST_WAIT ? ` It asks to come back in ${Math.ceil(waitAtLeast / 1000)} s.` : '';
    const said = saidBy(answer, transport.secrets);
    return {
      failure: oddAnswer(`${outgoing.url.host} answered ${said} to ${outgoing.method} ${outgoing.url.pathname}.${later}`),
      waitAtLeast,
      fatal: waitAtLeast > LONGEST_WAIT,
    };
  }
  try {
    outgoing.check?.(answer);
    return { answer };
  } catch (error) {
    if (error instanceof KdcubeError) return { failure: error, fatal: error.problems[0]?.code !== 'registry-answer' };
    throw error;
  }
}

async function follow(transport: Transport, outgoing: Outgoing): Promise<Answer> {
  let current = outgoing;
  for (let hops = 0; ; hops += 1) {
    const answer = await exchange(transport, current);
    const { location } = answer.headers;
    const followed = outgoing.method === 'GET' || outgoing.method === 'HEAD';
    if (!followed || location === undefined || !REDIRECTS.includes(answer.status)) return answer;
    if (hops === 5) throw oddAnswer(`${outgoing.url.host} redirects in circles.`);
    const url = redirected(transport, current.url, location);
    // Credentials are for the host that asked for them: a storage host gets none, and none come back later in the chain.
    const { authorization, ...others } = current.headers;
    const keeps = url.origin === current.url.origin && authorization !== undefined;
    current = { ...current, url, headers: keeps ? { ...others, authorization } : others };
  }
}

function redirected(transport: Transport, from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw oddAnswer(`${from.host} redirects to something that is not a web address.`);
  if (url.protocol === 'http:' && (from.protocol === 'https:' || !transport.mayBePlain(url.host))) {
    throw oddAnswer(
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

function networkFailure(error: NetworkError, url: URL): Outcome {
  const code = error.code ?? error.message;
  const unreachable = (message: string, hint?: string) =>
    new KdcubeError({ code: 'registry-unreachable', message, hint }, { cause: error });
  const { host } = url;
  if (Object.hasOwn(REASONS, code)) {
    return {
      failure: unreachable(`${host} cannot be reached: ${REASONS[code]} (${code.replace('KD_CONNECT', 'time-out')}).`),
      fatal: code !== 'EAI_AGAIN',
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return {
      failure: unreachable(`${host} does not speak TLS (${code}).`, `KDCUBE_INSECURE_REGISTRIES=${host} asks it over plain http`),
      fatal: true,
    };
  }
  if (url.protocol === 'https:' && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    const hint = 'NODE_EXTRA_CA_CERTS=<file.pem> adds the authority that signed it';
    return { failure: unreachable(`The certificate of ${host} is not trusted (${code}).`, hint), fatal: true };
  }
  if (code.startsWith('HPE_'))
    return { failure: oddAnswer(`${host} answered with something that is not HTTP (${code}).`, undefined, error) };
  const what = CUT[code] ?? `ended the connection (${code})`;
  if (error.begun) return { failure: oddAnswer(`${host} ${what} in the middle of an answer.`, undefined, error) };
  return { failure: unreachable(`${host} ${what}.`), stale: error.stale };
}

/** Milliseconds that Retry-After asks for, as seconds or as a date; 0 where it says nothing sensible. */
function retryAfter(answer: Answer): number {
  const value = answer.headers['retry-after']?.trim() ?? '';
  const milliseconds = /^[0-9]{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

function firstSentence(error: KdcubeError): string {
  return error.problems[0]?.message ?? '';
}
