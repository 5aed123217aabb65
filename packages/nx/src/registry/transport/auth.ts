import type { Credentials } from '../credentials/credentials';
import type { HttpResponse, HttpRequest } from './types';
import { sendRequest } from './http';
import { redirectDenied } from './problems';
import { parseChallenges, withoutScope, type Challenge } from './challenges';
import type { Registry, CachedAuthorization } from './registry';
import { RENEWAL_MARGIN, fetchBearerToken, bearerHeader, basicHeader } from './bearer-token';

/**
 * Sends a request with whatever Authorization its scope (or several, with spaces between) needs. A 401, and a 403 with an Authorization from before (ECR's way to say "expired"), are answered once
 * with a new one; the second answer is the caller's, whatever it is. Only challenges from the registry's own origin count: the target of a redirect never gets its credentials.
 * Throws `registry-denied` where the token endpoint refuses, no credentials fit, or the target of a redirect refuses.
 */
export async function sendAuthorized(registry: Registry, outgoing: HttpRequest, scope: string): Promise<HttpResponse> {
  const before = await cachedAuthorization(registry, scope);
  const header = before.cached?.header;
  const first = await sendWith(registry, outgoing, header);
  if (first.status !== 401 && !(first.status === 403 && header !== undefined)) return first;
  const challenges = parseChallenges(first);
  if (first.status === 401) registry.challenges = challenges.map(withoutScope);
  // Somebody else may have got a new one while this request was under way.
  if (registry.authorizations.get(scope) === before.pending) {
    // A helper's password may have expired as well as the token that was made with it. Another scope may have found that out already.
    if (header !== undefined && registry.cachedCredentials === before.cached?.from) {
      registry.rejected = before.cached?.credentials;
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
  const answer = await sendRequest(transport, withAuthorization(outgoing, authorization));
  const isRefusal = answer.status === 401 || answer.status === 403;
  if (isRefusal && answer.origin !== outgoing.url.origin) throw redirectDenied(host, outgoing.url, answer, transport.secrets);
  return answer;
}

/** Whether any credentials are sent to this registry: for the words of a refusal. */
export async function hasCredentials(registry: Registry): Promise<boolean> {
  return (await registry.cachedCredentials) !== undefined;
}

/** The held Authorization of a scope, renewed if its time is over; nothing before the registry has asked for one. */
async function cachedAuthorization(
  registry: Registry,
  scope: string,
): Promise<{ pending?: Promise<CachedAuthorization>; cached?: CachedAuthorization }> {
  const current = registry.authorizations.get(scope);
  const cached = await current;
  if (cached && cached.expiresAt > registry.now()) return { pending: current, cached: cached };
  if (!registry.challenges) return {};
  if (registry.authorizations.get(scope) === current) renewAuthorization(registry, scope, registry.challenges);
  const pending = registry.authorizations.get(scope);
  return { pending, cached: await pending };
}

/** Gets an Authorization and shares it with everybody who asks for this scope in the meantime. */
function renewAuthorization(registry: Registry, scope: string, challenges: Challenge[]): void {
  const pending = createAuthorization(registry, scope, challenges);
  registry.authorizations.set(scope, pending);
  pending.catch(() => registry.authorizations.get(scope) === pending && registry.authorizations.delete(scope));
}

async function createAuthorization(registry: Registry, scope: string, challenges: Challenge[]): Promise<CachedAuthorization> {
  const { from, credentials } = await currentCredentials(registry);
  return { ...(await authorizationFor(registry, scope, challenges, credentials)), from, credentials };
}

/** The credentials as they are known, asked for again when their time is over. */
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
  // Without any challenge a name and a password are worth a try; nothing else is.
  const asksForBasic = challenges.length === 0 || challenges.some(({ scheme }) => scheme === 'basic');
  if (credentials?.kind !== 'password' || !asksForBasic) return { expiresAt: Infinity };
  return { header: basicHeader(registry, credentials), expiresAt: expiryOf(credentials) };
}

function withAuthorization(outgoing: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined ? outgoing : { ...outgoing, headers: { ...outgoing.headers, authorization } };
}
