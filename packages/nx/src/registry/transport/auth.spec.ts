import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemOf } from '../../../testing/push-kit';
import type { Credentials } from '../credentials/credentials';
import { canAuthenticate, sendAuthorized } from './auth';
import { type Registry } from './registry';
import { parseChallenges } from './challenges';
import { connect } from './connect';

interface Seen {
  method: string;
  url: URL;
  authorization?: string;
  body: string;
}

const servers: http.Server[] = [];
let seen: Seen[];
let time: number;

beforeEach(() => {
  seen = [];
  time = 1_000_000;
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

interface Reply {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: unknown;
}
type Script = (request: Seen, host: string) => Reply;

async function serve(script: Script): Promise<string> {
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

/** A registry with a token endpoint of its own; `valid` says which tokens it takes. */
function bearer(valid: (token: string, count: number) => boolean, token: (request: Seen, count: number) => unknown): Script {
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

const login: Credentials = { kind: 'password', username: 'me', password: 'hunter2' };
const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;

function session(host: string, ...credentials: (Credentials | undefined)[]): Registry {
  let asked = 0;
  return connect(host, {
    credentials: async () => credentials[Math.min(asked++, credentials.length - 1)],
    now: () => time,
    sleep: async () => undefined,
  });
}

function get(registry: Registry, scope = 'repository:x:pull') {
  return sendAuthorized(registry, { method: 'GET', url: new URL('/v2/x', registry.base), headers: {}, maxBytes: 1000 }, scope);
}

const paths = () => seen.map(({ url }) => url.pathname);

describe('an open registry', () => {
  it('gets no credentials, and docker is not asked for any', async () => {
    const registry = session(await serve(() => ({ body: 'content' })), login);
    registry.credentials = () => Promise.reject(new Error('was asked'));
    expect((await get(registry)).status).toBe(200);
    expect(seen[0]!.authorization).toBeUndefined();
  });
});

describe('Basic', () => {
  const script: Script = ({ authorization }) =>
    authorization === basic ? { body: 'content' } : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };

  it('is sent when it is asked for, then at once, for every scope', async () => {
    const registry = session(await serve(script), login);
    expect((await get(registry)).status).toBe(200);
    expect((await get(registry)).status).toBe(200);
    expect((await get(registry, 'repository:y:pull')).status).toBe(200);
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, basic, basic, basic]);
  });

  it('returns the 401 if it is refused, or if there are no credentials', async () => {
    const host = await serve(script);
    expect((await get(session(host, { ...login, password: 'wrong' }))).status).toBe(401);
    expect(seen).toHaveLength(2);
    expect((await get(session(host, undefined))).status).toBe(401);
    expect(seen).toHaveLength(3);
  });

  it('is tried once where a 401 has no challenge', async () => {
    const host = await serve(({ authorization }) => ({ status: authorization === basic ? 200 : 401 }));
    expect((await get(session(host, login))).status).toBe(200);
    expect((await get(session(host, undefined))).status).toBe(401);
    expect(seen).toHaveLength(3);
  });

  it('is requested again when an ECR token expires during a push (403)', async () => {
    let expired = false;
    const host = await serve(({ authorization }) => {
      if (authorization === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="x",service="ecr"' } };
      return { status: expired && authorization === basic ? 403 : 200 };
    });
    const registry = session(host, login, { ...login, password: 'renewed' });
    expect((await get(registry)).status).toBe(200);
    expired = true;
    expect((await get(registry)).status).toBe(200);
    expect(seen.map(({ authorization }) => authorization?.slice(0, 5))).toEqual([undefined, 'Basic', 'Basic', 'Basic']);
  });

  it('is not sent again when 403 comes and docker keeps nothing else', async () => {
    let forbidden = false;
    const host = await serve(({ authorization }) =>
      authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { status: forbidden ? 403 : 200 },
    );
    const registry = session(host, login);
    await get(registry);
    forbidden = true;
    expect((await get(registry)).status).toBe(403);
    expect(seen).toHaveLength(3);
  });
});

describe('Bearer', () => {
  it('gets a token with the service and the scopes, anonymously', async () => {
    const host = await serve(
      bearer(
        (token) => token === 't1',
        () => ({ token: 't1' }),
      ),
    );
    expect((await get(session(host, undefined), 'repository:x:pull,push')).body.toString()).toBe('content');
    const { url, authorization } = seen[1]!;
    expect(authorization).toBeUndefined();
    expect(url.searchParams.get('service')).toBe('registry');
    expect(url.searchParams.getAll('scope')).toEqual(['repository:x:pull,push', 'repository:x:pull']);
  });

  it('gets a token with name and password', async () => {
    const host = await serve(
      bearer(
        () => true,
        () => ({ access_token: 't1' }),
      ),
    );
    expect((await get(session(host, login))).status).toBe(200);
    expect(seen[1]).toMatchObject({ method: 'GET', authorization: basic });
    expect(seen[1]!.url.searchParams.get('account')).toBe('me');
    expect(seen[1]!.url.searchParams.getAll('scope')).toEqual(['repository:x:pull']);
  });

  it('gets a token with a refresh token', async () => {
    const host = await serve(
      bearer(
        () => true,
        () => ({ access_token: 't1' }),
      ),
    );
    expect((await get(session(host, { kind: 'identity', token: 'refresh' }))).status).toBe(200);
    expect(seen[1]!.method).toBe('POST');
    expect(seen[1]!.url.search).toBe('');
    expect(Object.fromEntries(new URLSearchParams(seen[1]!.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      service: 'registry',
      scope: 'repository:x:pull',
    });
  });

  it('sends the identity token that docker login stored', async () => {
    const host = await serve(bearer((token) => token === 'kept', fail));
    expect((await get(session(host, { kind: 'bearer', token: 'kept' }))).status).toBe(200);
    expect(paths()).toEqual(['/v2/x', '/v2/x']);
  });

  it('keeps a token until it expires, one for each scope, and asks without being refused first', async () => {
    const host = await serve(
      bearer(
        () => true,
        (_, count) => ({ token: `t${count}`, expires_in: 100 }),
      ),
    );
    const registry = session(host, undefined);
    await get(registry);
    time += 90_000;
    await get(registry);
    expect(paths()).toEqual(['/v2/x', '/token', '/v2/x', '/v2/x']);
    time += 10_000;
    await get(registry);
    await get(registry, 'repository:y:pull');
    expect(paths().slice(4)).toEqual(['/token', '/v2/x', '/token', '/v2/x']);
    expect(seen.at(-2)!.url.searchParams.getAll('scope')).toEqual(['repository:y:pull']);
  });

  it('renews a token that the registry does not take any more, once', async () => {
    const host = await serve(
      bearer(
        (token, asked) => token === 't2' || (token === 't1' && asked < 3),
        (_, count) => ({ token: `t${count}`, expires_in: 3600 }),
      ),
    );
    const registry = session(host, undefined);
    for (let round = 0; round < 4; round += 1) expect((await get(registry)).status).toBe(200);
    expect(paths().filter((path) => path === '/token')).toHaveLength(2);
  });

  it('does not ask for ever', async () => {
    const host = await serve(
      bearer(
        () => false,
        () => ({ token: 't1' }),
      ),
    );
    expect((await get(session(host, undefined))).status).toBe(401);
    expect(paths()).toEqual(['/v2/x', '/token', '/v2/x']);
  });

  it('is shared by requests of one time', async () => {
    const host = await serve(
      bearer(
        () => true,
        () => ({ token: 't1', expires_in: 3600 }),
      ),
    );
    const registry = session(host, undefined);
    const answers = await Promise.all([1, 2, 3, 4].map(() => get(registry)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(paths().filter((path) => path === '/token')).toHaveLength(1);
  });

  it.each([400, 401, 403])('says that the token endpoint refuses with %d, and can be tried again', async (status) => {
    let refusing = true;
    const host = await serve((request, at) => {
      if (request.url.pathname !== '/token') {
        return request.authorization ? {} : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${at}/token"` } };
      }
      return refusing
        ? { status, body: { errors: [{ code: 'DENIED', message: 'hunter2 is wrong' }] } }
        : { body: { token: 't' } };
    });
    const registry = session(host, login);
    const problem = await problemOf(get(registry));
    expect(problem).toMatchObject({ code: 'registry-denied', hint: `docker login ${host}` });
    expect(problem.message).toContain('DENIED: … is wrong');
    refusing = false;
    expect((await get(registry)).status).toBe(200);
  });

  it.each<[string, Reply]>([
    ['an empty token and an access_token', { body: { token: '', access_token: 'x', expires_in: 300 } }],
    ['a token that is null', { body: { token: null, access_token: 'x' } }],
    ['only an access_token (ACR)', { body: { access_token: 'x' } }],
    ['an empty access_token', { body: { token: 'x', access_token: '' } }],
    ['no lifetime', { body: { token: 'x', issued_at: 'today' } }],
    ['a lifetime as text', { body: { token: 'x', expires_in: '300' } }],
    ['201', { status: 201, body: { token: 'x' } }],
  ])('takes %s from the token endpoint', async (_, reply) => {
    const host = await serve((request, at) => {
      if (request.url.pathname === '/token') return reply;
      if (request.authorization === 'Bearer x') return {};
      return { status: 401, headers: { 'www-authenticate': `bearer Realm="http://${at}/token"` } };
    });
    expect((await get(session(host, undefined))).status).toBe(200);
  });

  it.each<[string, (realm: string) => string | string[]]>([
    ['several challenges in one header', (realm) => `Negotiate, Basic realm="x", Bearer realm="${realm}",service="y"`],
    ['several headers', (realm) => ['Basic realm="x"', `BEARER realm="${realm}"`]],
    ['a Bearer without a realm before it', (realm) => `Bearer, bearer realm="${realm}"`],
    ['a Bearer before Basic', (realm) => `Bearer realm="${realm}", Basic realm="x"`],
  ])('finds its token endpoint among %s', async (_, header) => {
    const host = await serve((request, at) => {
      if (request.url.pathname === '/token') return { body: { token: 'x' } };
      if (request.authorization === 'Bearer x') return {};
      return { status: 401, headers: { 'www-authenticate': header(`http://${at}/token`) } };
    });
    expect((await get(session(host, login))).status).toBe(200);
  });

  it('asks a registry that denies without a challenge how it wants to know who asks', async () => {
    const host = await serve((request) =>
      request.authorization === undefined && request.url.pathname === '/v2/'
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { status: 403 },
    );
    const registry = session(host, login);
    expect(await canAuthenticate(registry)).toBe(true);
    expect(await canAuthenticate(session(host, undefined))).toBe(false);
    expect(registry.challenges).toMatchObject([{ scheme: 'basic' }]);
  });

  it.each([
    ['a web page', '<html>login</html>'],
    ['JSON without a token', '{"secret":"abc"}'],
    ['a token with a line break', '{"token":"a\\r\\nX-Evil: 1"}'],
    ['nothing', ''],
  ])('refuses %s from the token endpoint', async (_, body) => {
    const host = await serve((request, at) =>
      request.url.pathname === '/token'
        ? { body }
        : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${at}/token"` } },
    );
    const problem = await problemOf(get(session(host, undefined)));
    expect(problem.code).toBe('registry-response');
    expect(problem.message).not.toMatch(/abc|Evil/);
  });

  it.each(['http://example.com/token', 'file:///etc/passwd', 'not an address'])('sends no credentials to %s', async (realm) => {
    const host = await serve(() => ({ status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } }));
    expect((await problemOf(get(session(host, login)))).code).toBe('registry-response');
  });
});

describe('challenges', () => {
  const read = (header: string | undefined) =>
    parseChallenges({ origin: '', status: 401, headers: { 'www-authenticate': header }, body: Buffer.alloc(0) }).map(
      ({ scheme, parameters }) => [scheme, { ...parameters }],
    );

  it.each<[string | undefined, unknown[]]>([
    [undefined, []],
    ['', []],
    ['Basic', [['basic', {}]]],
    ['bearer Realm="https://a/t",SERVICE=b', [['bearer', { realm: 'https://a/t', service: 'b' }]]],
    [
      'Bearer realm = "a, b=c" , scope="repository:x:pull,push"',
      [['bearer', { realm: 'a, b=c', scope: 'repository:x:pull,push' }]],
    ],
    ['Bearer realm="quoted \\"word\\""', [['bearer', { realm: 'quoted "word"' }]]],
    ['Negotiate, Basic realm=x, Bearer realm="y"', [['negotiate', {}], ['basic', { realm: 'x' }], ['bearer', { realm: 'y' }]]], // prettier-ignore
    ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
    ['Bearer __proto__="x"', [['bearer', { ['__proto__']: 'x' }]]],
    ['realm="nobody’s"', []],
    ['Bearer realm="never closed', [['bearer', {}]]],
    ['"', []],
  ])('%j', (header, expected) => {
    const found = read(header);
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(
      found.every(([, parameters]) => !Object.hasOwn(parameters as object, 'realm')) || expected.length === found.length,
    ).toBe(true);
  });

  it('long and hostile are read in no time', () => {
    expect(read(`Bearer ${'a='.repeat(8000)}"`).length).toBeGreaterThan(0);
    expect(read(`Bearer realm="${'\\'.repeat(16_000)}`).length).toBeGreaterThan(0);
    expect(read(`${' ,'.repeat(8000)}!`).length).toBeGreaterThanOrEqual(0);
  });
});

function fail(): never {
  throw new Error('the token endpoint was asked');
}

describe('the target of a redirect', () => {
  const challenges: [string, (host: string) => string][] = [
    ['a token endpoint of its own', (host) => `Bearer realm="http://${host}/token",service="registry"`],
    ['Basic', () => 'Basic realm="x"'],
    ['both', (host) => `Basic realm="x", Bearer realm="http://${host}/token"`],
    ['nothing that can be read', () => '==='],
  ];

  it.each(challenges)('never gets the credentials of the registry: 401 with %s', async (_, challenge) => {
    const target = await serve((_request, host) => ({ status: 401, headers: { 'www-authenticate': challenge(host) } }));
    const registry = session(await serve(() => ({ status: 307, headers: { location: `http://${target}/blob` } })), login);
    const problem = await problemOf(get(registry));
    expect(problem).toMatchObject({ code: 'registry-denied', message: expect.stringContaining(`${target} denies access`) });
    expect(paths()).toEqual(['/v2/x', '/blob']);
    expect(seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it.each([401, 403])('never gets them after a login either, and the login stays valid: %i', async (status) => {
    const target = await serve((_request, host) => ({
      status,
      headers: { 'www-authenticate': `Bearer realm="http://${host}/token"` },
    }));
    const registry = session(
      await serve(({ authorization }): Reply =>
        authorization === basic
          ? { status: 307, headers: { location: `http://${target}/blob` } }
          : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
      ),
      login,
    );
    for (const expected of [3, 5]) {
      expect((await problemOf(get(registry))).code).toBe('registry-denied');
      expect(seen).toHaveLength(expected);
    }
    expect(seen.filter(({ url }) => url.host === target).map(({ authorization }) => authorization)).toEqual([
      undefined,
      undefined,
    ]);
    expect(seen.filter(({ url }) => url.pathname === '/token')).toEqual([]);
  });

  it('may send the request back to the registry, whose own challenge counts', async () => {
    let first = '';
    const target = await serve(() => ({ status: 307, headers: { location: `http://${first}/blob` } }));
    first = await serve(({ url, authorization }): Reply => {
      if (url.pathname !== '/blob') return { status: 307, headers: { location: `http://${target}/away` } };
      return authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { body: 'content' };
    });
    expect((await get(session(first, login))).status).toBe(401);
    expect(seen.filter(({ url }) => url.host === target).map(({ authorization }) => authorization)).toEqual([
      undefined,
      undefined,
    ]);
  });
});
