import type { Transport, HttpRequest, HttpResponse } from './types';
import { invalidResponse } from './problems';
import { roundTrip } from './exchange';

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export async function followRedirects(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  let current = outgoing;
  for (let hops = 0; ; hops += 1) {
    const answer = await roundTrip(transport, current);
    const { location } = answer.headers;
    const followed = outgoing.method === 'GET' || outgoing.method === 'HEAD';
    if (!followed || location === undefined || !REDIRECTS.includes(answer.status)) return answer;
    if (hops === MAX_REDIRECTS) throw invalidResponse(`${outgoing.url.host} redirects more than ${MAX_REDIRECTS} times.`);
    const url = redirectTarget(transport, current.url, location);
    // Credentials stay with the host that they were sent to: a storage host gets none, and a later hop does not restore them.
    const { authorization, ...others } = current.headers;
    const keeps = url.origin === current.url.origin && authorization !== undefined;
    current = { ...current, url, headers: keeps ? { ...others, authorization } : others };
  }
}

/** The target of a redirect: an http(s) URL, and never from TLS to plain http. */
export function redirectTarget(transport: Transport, from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalidResponse(`${from.host} redirects to an invalid URL.`);
  if (url.protocol === 'http:' && (from.protocol === 'https:' || !transport.allowsHttp(url.host))) {
    throw invalidResponse(
      `${from.host} redirects to ${url.host} over plain http, which is not followed.`,
      `KDCUBE_INSECURE_REGISTRIES=${url.host} allows it if the registry itself uses plain http`,
    );
  }
  url.username = '';
  url.password = '';
  return url;
}
