import type { Credentials } from '../credentials/credentials';
import type { HttpResponse, HttpRequest } from './types';
import { sendRequest } from './http';
import { redirectDenied } from './problems';
import { parseChallenges, withoutScope, type Challenge } from './challenges';
import type { Registry, CachedAuthorization } from './registry';
import { RENEWAL_MARGIN, fetchBearerToken, bearerHeader, basicHeader } from './bearer-token';

/**
 * Sends a request with the Authorization header that `scope` needs (several scopes: separated by spaces). After a 401, or a 403 to a cached header (ECR's response to an expired token), it renews the
 * header and sends the request once more; the second response is returned, whatever it is. Only challenges from the registry's own origin count: the target of a redirect never gets its credentials.
 * Throws `registry-denied` if the token endpoint, or the target of a redirect, refuses.
 */
export async function sendAuthorized(registry: Registry, outgoing: HttpRequest, scope: string): Promise<HttpResponse> {
  const before = await cachedAuthorization(registry, scope);
  const header = before.cached?.header;
  const first = await sendWith(registry, outgoing, header);
  if (first.status !== 401 && !(first.status === 403 && header !== undefined)) return first;
  const challenges = parseChallenges(first);
  // A 401 without a challenge replaces no earlier challenge.
  if (first.status === 401 && (challenges.length > 0 || !registry.challenges)) registry.challenges = challenges.map(withoutScope);
  // Unless a parallel request has renewed it in the meantime.
  if (registry.authorizations.get(scope) === before.pending) {
    // The credentials may have expired too, unless a request with another scope has renewed them already.
    if (before.cached?.header !== undefined && registry.cachedCredentials === before.cached.from) {
      registry.rejected = before.cached.credentials;
      registry.cachedCredentials = undefined;
    }
    renewAuthorization(registry, scope, challenges.length > 0 ? challenges : (registry.challenges ?? []));
  }
  const renewed = (await registry.authorizations.get(scope))?.header;
  if (renewed === undefined || (first.status === 403 && renewed === header)) return first;
  return sendWith(registry, outgoing, renewed);
}

async function sendWith(
  { host, transport }: Registry,
  outgoing: HttpRequest,
  authorization: string | undefined,
): Promise<HttpResponse> {
  const response = await sendRequest(transport, withAuthorization(outgoing, authorization));
  const isRefusal = response.status === 401 || response.status === 403;
  if (isRefusal && response.origin !== outgoing.url.origin) throw redirectDenied(host, outgoing.url, response, transport.secrets);
  return response;
}

/** Whether any credentials are sent to this registry: the message of a refusal depends on it. */
export async function hasCredentials(registry: Registry): Promise<boolean> {
  return (await registry.cachedCredentials) !== undefined;
}

/**
 * Whether there are credentials for this registry. One that allows some anonymous reading denies the rest without a challenge: then the challenge is
 * requested at `/v2/`, as docker does first.
 */
export async function canAuthenticate(registry: Registry): Promise<boolean> {
  if (registry.challenges === undefined) {
    const url = new URL('/v2/', registry.base);
    const answer = await sendRequest(registry.transport, { method: 'GET', url, headers: {}, maxBytes: 65_536 });
    if (answer.status === 401 && answer.origin === url.origin) registry.challenges = parseChallenges(answer).map(withoutScope);
  }
  return registry.challenges !== undefined && (await currentCredentials(registry)).credentials !== undefined;
}

/** The cached Authorization of a scope, renewed if it has expired; none until the registry has sent a challenge. */
async function cachedAuthorization(
  registry: Registry,
  scope: string,
): Promise<{ pending?: Promise<CachedAuthorization>; cached?: CachedAuthorization }> {
  const current = registry.authorizations.get(scope);
  const cached = await current;
  if (cached && cached.expiresAt > registry.now()) return { pending: current, cached };
  if (!registry.challenges) return {};
  if (registry.authorizations.get(scope) === current) renewAuthorization(registry, scope, registry.challenges);
  const pending = registry.authorizations.get(scope);
  return { pending, cached: await pending };
}

/** Starts to get a new Authorization. Parallel requests with this scope share it. */
function renewAuthorization(registry: Registry, scope: string, challenges: Challenge[]): void {
  const pending = createAuthorization(registry, scope, challenges);
  registry.authorizations.set(scope, pending);
  pending.catch(() => registry.authorizations.get(scope) === pending && registry.authorizations.delete(scope));
}

async function createAuthorization(registry: Registry, scope: string, challenges: Challenge[]): Promise<CachedAuthorization> {
  const { from, credentials } = await currentCredentials(registry);
  return { ...(await authorizationFor(registry, scope, challenges, credentials)), from, credentials };
}

/** The cached credentials, renewed if they have expired. */
async function currentCredentials(registry: Registry): Promise<Pick<CachedAuthorization, 'from' | 'credentials'>> {
  const from = (registry.cachedCredentials ??= registry.credentials(registry.rejected));
  const credentials = await from;
  if (expiryOf(credentials) > registry.now()) return { from, credentials };
  if (registry.cachedCredentials === from) registry.cachedCredentials = registry.credentials(credentials);
  return { from: registry.cachedCredentials, credentials: await registry.cachedCredentials };
}

function expiryOf(credentials: Credentials | undefined): number {
  return credentials?.kind === 'password' && credentials.expiresAt !== undefined
    ? credentials.expiresAt - RENEWAL_MARGIN
    : Infinity;
}

async function authorizationFor(
  registry: Registry,
  scope: string,
  challenges: Challenge[],
  credentials: Credentials | undefined,
): Promise<CachedAuthorization> {
  if (credentials?.kind === 'bearer') return { header: bearerHeader(registry, credentials.token), expiresAt: Infinity };
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined);
  if (bearer) return fetchBearerToken(registry, scope, bearer.parameters, credentials);
  // Without any challenge, only a user name and password can be tried: as Basic.
  const asksForBasic = challenges.length === 0 || challenges.some(({ scheme }) => scheme === 'basic');
  if (credentials?.kind !== 'password' || !asksForBasic) return { expiresAt: Infinity };
  return { header: basicHeader(registry, credentials), expiresAt: expiryOf(credentials) };
}

function withAuthorization(outgoing: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined ? outgoing : { ...outgoing, headers: { ...outgoing.headers, authorization } };
}
