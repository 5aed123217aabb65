import { LIMITS } from '@kdcube/release/internal';
import type { Registry, CachedAuthorization } from './registry';
import { invalidResponse, accessDenied } from './problems';
import { describeResponse } from './response-text';
import type { Credentials } from '../credentials/credentials';
import type { HttpRequest } from './types';
import { sendRequest } from './http';

const TOKEN_LIMIT = LIMITS.tokenBytes.max;

/** By the token protocol, a token without `expires_in` is valid for 60 s. */
const DEFAULT_TOKEN_LIFETIME = 60;

/** A token is renewed this long before its end: a request takes time. */
export const RENEWAL_MARGIN = 5_000;

const tokenDenials = new WeakSet<Error>();

/** Whether the token endpoint refused a token for the scope: no request was sent to the registry itself. */
export function isTokenDenied(error: unknown): boolean {
  return error instanceof Error && tokenDenials.has(error);
}

export async function fetchBearerToken(
  registry: Registry,
  scope: string,
  challenge: Record<string, string>,
  credentials: Credentials | undefined,
): Promise<CachedAuthorization> {
  const { host, transport } = registry;
  const url = tokenUrl(registry, challenge.realm!);
  const scopes = [...new Set([...scope.split(' '), ...(challenge.scope ?? '').split(' ')])].filter(Boolean);
  const answer = await sendRequest(transport, tokenRequest(registry, url, challenge.service, scopes, credentials));
  const action = `get a token for ${scope}`;
  if ([400, 401, 403].includes(answer.status)) {
    const denied = accessDenied(host, action, describeResponse(answer, transport.secrets), credentials !== undefined);
    tokenDenials.add(denied);
    throw denied;
  }
  const isGiven = answer.status >= 200 && answer.status < 300;
  const json = isGiven ? parse(answer.body) : undefined;
  // Either name, and an empty one counts for nothing.
  const token = json?.token || json?.access_token;
  if (typeof token !== 'string' || token === '') {
    throw invalidResponse(
      `${url.host} returned no token for ${host}: it answered ${describeResponse(isGiven ? { ...answer, body: Buffer.alloc(0) } : answer, transport.secrets)}.`,
    );
  }
  const seconds = Number(json?.expires_in);
  const life = seconds > 0 ? seconds : DEFAULT_TOKEN_LIFETIME;
  return { header: bearerHeader(registry, token), expiresAt: registry.now() + life * 1000 - RENEWAL_MARGIN };
}

function tokenRequest(
  registry: Registry,
  url: URL,
  service: string | undefined,
  scopes: string[],
  credentials: Credentials | undefined,
): HttpRequest {
  if (credentials?.kind === 'identity') {
    registry.transport.secrets.add(credentials.token);
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
    headers.authorization = basicHeader(registry, credentials);
  }
  return { method: 'GET', url, headers, maxBytes: TOKEN_LIMIT };
}

/** The token endpoint that the registry names. It gets the credentials, so it must be as safe to talk to as the registry itself. */
function tokenUrl({ host, base, transport }: Registry, realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalidResponse(`${host} names an invalid token endpoint.`);
  if (url.protocol === 'http:' && (base.protocol === 'https:' || !transport.allowsHttp(url.host))) {
    throw invalidResponse(`${host} asks for the credentials to be sent to ${url.host} over plain http, which is refused.`);
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

export function basicHeader({ transport }: Registry, { username, password }: { username: string; password: string }): string {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  transport.secrets.add(password).add(encoded);
  return `Basic ${encoded}`;
}

export function bearerHeader({ host, transport }: Registry, token: string): string {
  // A token goes into a header as it is: anything but visible ASCII could end the header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw invalidResponse(`The token for ${host} contains invalid characters.`);
  transport.secrets.add(token);
  return `Bearer ${token}`;
}

function parse(body: Buffer): { token?: unknown; access_token?: unknown; expires_in?: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
