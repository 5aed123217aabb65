import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from '../src/registry/credentials/credentials';
import { sendAuthorized } from '../src/registry/transport/auth';
import { connect } from '../src/registry/transport/connect';
import type { Registry } from '../src/registry/transport/registry';
import type { HttpResponse } from '../src/registry/transport/types';

/** A request to one of the servers. */
interface Seen {
  method: string;
  url: URL;
  authorization?: string;
  body: string;
}

const servers: http.Server[] = [];
/** The requests of a test, to all its servers. */
export const seen: Seen[] = [];
/** The time of the clients. */
export const clock = { now: 0 };

/** Call it in each suite. */
export function resetEach(): void {
  beforeEach(() => {
    seen.length = 0;
    clock.now = 1_000_000;
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });
}

export interface Reply {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: unknown;
}
export type Script = (request: Seen, host: string) => Reply;

export async function serve(script: Script): Promise<string> {
  let host = '';
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { method = '', headers } = request;
      seen.push({ method, url: new URL(request.url!, `http://${host}`), authorization: headers.authorization, body });
      const answer = script(seen.at(-1)!, host);
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return host;
}

/** A registry with a token endpoint of its own, which accepts the tokens that are `valid`. */
export function bearer(
  valid: (token: string, count: number) => boolean,
  token: (request: Seen, count: number) => unknown,
): Script {
  let tokens = 0;
  let asked = 0;
  return (request, host) => {
    if (request.url.pathname === '/token') return { body: token(request, (tokens += 1)) };
    const given = /^Bearer (.+)$/.exec(request.authorization ?? '')?.[1];
    if (given !== undefined && valid(given, (asked += 1))) return { body: 'content' };
    const challenge = `Bearer realm="http://${host}/token",service="registry",scope="repository:x:pull"`;
    return {
      status: 401,
      headers: { 'www-authenticate': challenge },
      body: { errors: [{ code: 'UNAUTHORIZED', message: given ?? 'none' }] },
    };
  };
}

export const login = { kind: 'password', username: 'me', password: 'hunter2' } as const;
export const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;

export function session(host: string, ...credentials: (Credentials | undefined)[]): Registry {
  let asked = 0;
  return connect(host, {
    credentials: async () => credentials[Math.min(asked++, credentials.length - 1)],
    now: () => clock.now,
    sleep: async () => undefined,
  });
}

export function get(registry: Registry, scope = 'repository:x:pull'): Promise<HttpResponse> {
  return sendAuthorized(registry, { method: 'GET', url: new URL('/v2/x', registry.base), headers: {}, maxBytes: 1000 }, scope);
}

/** The paths that were requested. */
export function paths(): string[] {
  return seen.map(({ url }) => url.pathname);
}
