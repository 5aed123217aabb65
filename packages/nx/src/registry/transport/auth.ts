import type { Credentials } from './docker-config';
import type { HttpResponse, HttpRequest, Transport } from './types';
import { sendRequest } from './http';
import { accessDenied, invalidResponse, redirectDenied, describeResponse } from './problems';

/** What is known about who asks one registry. Kept in memory only. */
export interface Session {
  host: string;
  /** Where the API is: `https://registry-1.docker.io` for docker.io. */
  base: URL;
  transport: Transport;
  /** Asked again when the registry has rejected what it gave. */
  credentials: (rejectedCredentials?: Credentials) => Promise<Credentials | undefined>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The credentials, once asked for. */
  cachedCredentials?: Promise<Credentials | undefined>;
  rejected?: Credentials;
  /** By scope: the Authorization header that worked last. */
  authorizations: Map<string, Promise<CachedAuthorization>>;
  /** Whether a repository has answered as itself, or is being asked: of one that has, a plain 404 says that a tag is not there, and not that the repository is missing. */
  existingRepositories: Map<string, Promise<boolean>>;
  /** What the registry asked for last, so that the next scope needs no refused request first. */
  challenges?: Challenge[];
}

interface CachedAuthorization {
  header?: string;
  expiresAt: number;
  /** What it was made of. */
  from?: Promise<Credentials | undefined>;
  credentials?: Credentials;
}

/** One element of a WWW-Authenticate header; names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const TOKEN_LIMIT = 1024 * 1024;
/** The token protocol says that a token without `expires_in` lives for 60 s. */
const DEFAULT_TOKEN_LIFETIME = 60;
/** A token is renewed this long before its end: a request takes time. */
const RENEWAL_MARGIN = 5_000;

/**
 * Sends a request with whatever Authorization its scope (or several, with spaces between) needs. A 401, and a 403 with an Authorization from before (ECR's way to say "expired"), are answered once
 * with a new one; the second answer is the caller's, whatever it is. Only challenges from the registry's own origin count: the target of a redirect never gets its credentials.
 * Throws `registry-denied` where the token endpoint refuses, no credentials fit, or the target of a redirect refuses.
 */
export async function sendAuthorized(session: Session, outgoing: HttpRequest, scope: string): Promise<HttpResponse> {
  const before = await cachedAuthorization(session, scope);
  const header = before.cached?.header;
  const first = await sendWith(session, outgoing, header);
  if (first.status !== 401 && !(first.status === 403 && header !== undefined)) return first;
  const challenges = parseChallenges(first);
  if (first.status === 401) session.challenges = challenges.map(withoutScope);
  // Somebody else may have got a new one while this request was under way.
  if (session.authorizations.get(scope) === before.pending) {
    // A helper's password may have expired as well as the token that was made with it. Another scope may have found that out already.
    if (header !== undefined && session.cachedCredentials === before.cached?.from) {
      session.rejected = before.cached?.credentials;
      session.cachedCredentials = undefined;
    }
    renewAuthorization(session, scope, challenges.length > 0 ? challenges : (session.challenges ?? []));
  }
  const renewed = (await session.authorizations.get(scope))?.header;
  if (renewed === undefined || (first.status === 403 && renewed === header)) return first;
  return sendWith(session, outgoing, renewed);
}

async function sendWith(
  { host, transport }: Session,
  outgoing: HttpRequest,
  authorization: string | undefined,
): Promise<HttpResponse> {
  const answer = await sendRequest(transport, withAuthorization(outgoing, authorization));
  const isRefusal = answer.status === 401 || answer.status === 403;
  if (isRefusal && answer.origin !== outgoing.url.origin) throw redirectDenied(host, outgoing.url, answer, transport.secrets);
  return answer;
}

/** Whether any credentials are sent to this registry: for the words of a refusal. */
export async function hasCredentials(session: Session): Promise<boolean> {
  return (await session.cachedCredentials) !== undefined;
}

/** The held Authorization of a scope, renewed if its time is over; nothing before the registry has asked for one. */
async function cachedAuthorization(
  session: Session,
  scope: string,
): Promise<{ pending?: Promise<CachedAuthorization>; cached?: CachedAuthorization }> {
  const current = session.authorizations.get(scope);
  const cached = await current;
  if (cached && cached.expiresAt > session.now()) return { pending: current, cached: cached };
  if (!session.challenges) return {};
  if (session.authorizations.get(scope) === current) renewAuthorization(session, scope, session.challenges);
  const pending = session.authorizations.get(scope);
  return { pending, cached: await pending };
}

/** Gets an Authorization and shares it with everybody who asks for this scope in the meantime. */
function renewAuthorization(session: Session, scope: string, challenges: Challenge[]): void {
  const pending = createAuthorization(session, scope, challenges);
  session.authorizations.set(scope, pending);
  pending.catch(() => session.authorizations.get(scope) === pending && session.authorizations.delete(scope));
}

async function createAuthorization(session: Session, scope: string, challenges: Challenge[]): Promise<CachedAuthorization> {
  const { from, credentials } = await currentCredentials(session);
  return { ...(await authorizationFor(session, scope, challenges, credentials)), from, credentials };
}

/** The credentials as they are known, asked for again when their time is over. */
async function currentCredentials(session: Session): Promise<Pick<CachedAuthorization, 'from' | 'credentials'>> {
  const from = (session.cachedCredentials ??= session.credentials(session.rejected));
  const credentials = await from;
  if (expiryOf(credentials) > session.now()) return { from, credentials };
  if (session.cachedCredentials === from) session.cachedCredentials = session.credentials(credentials);
  return { from: session.cachedCredentials, credentials: await session.cachedCredentials };
}

function expiryOf(credentials: Credentials | undefined): number {
  return credentials?.kind === 'password' && credentials.expiresAt !== undefined
    ? credentials.expiresAt - RENEWAL_MARGIN
    : Infinity;
}

async function authorizationFor(
  session: Session,
  scope: string,
  challenges: Challenge[],
  credentials: Credentials | undefined,
): Promise<CachedAuthorization> {
  if (credentials?.kind === 'bearer') return { header: bearerHeader(session, credentials.token), expiresAt: Infinity };
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined);
  if (bearer) return fetchBearerToken(session, scope, bearer.parameters, credentials);
  // Without any challenge a name and a password are worth a try; nothing else is.
  const asksForBasic = challenges.length === 0 || challenges.some(({ scheme }) => scheme === 'basic');
  if (credentials?.kind !== 'password' || !asksForBasic) return { expiresAt: Infinity };
  return { header: basicHeader(session, credentials), expiresAt: expiryOf(credentials) };
}

async function fetchBearerToken(
  session: Session,
  scope: string,
  challenge: Record<string, string>,
  credentials: Credentials | undefined,
): Promise<CachedAuthorization> {
  const { host, transport } = session;
  const url = tokenUrl(session, challenge.realm!);
  const scopes = [...new Set([...scope.split(' '), ...(challenge.scope ?? '').split(' ')])].filter(Boolean);
  const answer = await sendRequest(transport, tokenRequest(session, url, challenge.service, scopes, credentials));
  const subject = `a token for ${scope}`;
  if ([400, 401, 403].includes(answer.status)) {
    throw accessDenied(host, subject, describeResponse(answer, transport.secrets), credentials !== undefined);
  }
  const json = answer.status === 200 ? parse(answer.body) : undefined;
  const token = json?.token ?? json?.access_token;
  if (typeof token !== 'string' || token === '') {
    throw invalidResponse(
      `${url.host} gave no token for ${host}. It answered ${describeResponse(answer.status === 200 ? { ...answer, body: Buffer.alloc(0) } : answer, transport.secrets)}.`,
    );
  }
  const life = typeof json?.expires_in === 'number' && json.expires_in > 0 ? json.expires_in : DEFAULT_TOKEN_LIFETIME;
  return { header: bearerHeader(session, token), expiresAt: session.now() + life * 1000 - RENEWAL_MARGIN };
}

function tokenRequest(
  session: Session,
  url: URL,
  service: string | undefined,
  scopes: string[],
  credentials: Credentials | undefined,
): HttpRequest {
  if (credentials?.kind === 'identity') {
    session.transport.secrets.add(credentials.token);
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credentials.token, client_id: 'kdcube-nx' });
    if (service !== undefined) form.set('service', service);
    form.set('scope', scopes.join(' '));
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: form.toString(), maxBytes: TOKEN_LIMIT };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (credentials?.kind === 'password') {
    url.searchParams.set('account', credentials.username);
    headers.authorization = basicHeader(session, credentials);
  }
  return { method: 'GET', url, headers, maxBytes: TOKEN_LIMIT };
}

/** The token endpoint that the registry names. It gets the credentials, so it must be as safe to talk to as the registry itself. */
function tokenUrl({ host, base, transport }: Session, realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalidResponse(`${host} names no usable token endpoint.`);
  if (url.protocol === 'http:' && (base.protocol === 'https:' || !transport.allowsHttp(url.host))) {
    throw invalidResponse(`${host} wants the credentials sent to ${url.host} over plain http, which is not done.`);
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** The challenges of an answer, by RFC 7235: several in one header, quoted strings, any order. What cannot be read ends the list. */
export function parseChallenges(answer: HttpResponse): Challenge[] {
  const header = answer.headers['www-authenticate'] ?? '';
  const found: Challenge[] = [];
  const parameter = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  const scheme = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?=[\s,]|$)/y;
  for (let at = 0; at < header.length;) {
    parameter.lastIndex = scheme.lastIndex = at;
    const pair = parameter.exec(header);
    const name = pair ? null : scheme.exec(header);
    if (pair) {
      const parameters = found.at(-1)?.parameters;
      const key = pair[1]!.toLowerCase();
      if (parameters && !Object.hasOwn(parameters, key)) parameters[key] = pair[3] ?? pair[2]!.replace(/\\(.)/g, '$1');
    } else if (name) {
      found.push({ scheme: name[1]!.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
    } else break;
    at = pair ? parameter.lastIndex : scheme.lastIndex;
  }
  return found;
}

/** The scope of a challenge is about the request that was refused, not about the next one. */
function withoutScope({ scheme, parameters }: Challenge): Challenge {
  const { scope: _, ...others } = parameters;
  return { scheme, parameters: others };
}

function basicHeader({ transport }: Session, { username, password }: { username: string; password: string }): string {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  transport.secrets.add(password).add(encoded);
  return `Basic ${encoded}`;
}

function bearerHeader({ host, transport }: Session, token: string): string {
  // A token goes into a header as it is: anything but visible ASCII could end the header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw invalidResponse(`The token for ${host} has characters that no token has.`);
  transport.secrets.add(token);
  return `Bearer ${token}`;
}

function withAuthorization(outgoing: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined ? outgoing : { ...outgoing, headers: { ...outgoing.headers, authorization } };
}

function parse(body: Buffer): { token?: unknown; access_token?: unknown; expires_in?: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
