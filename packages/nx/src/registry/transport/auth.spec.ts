import { problemOf } from '../../../testing/push-kit';
import {
  basic,
  clock,
  get,
  login,
  paths,
  type Reply,
  resetEach,
  type Script,
  seen,
  serve,
  session,
} from '../../../testing/token-registry';
import { canAuthenticate } from './auth';
import { connect } from './connect';

resetEach();

describe('an open registry', () => {
  it('gets no credentials, and none are read', async () => {
    const registry = session(await serve(() => ({ body: 'content' })), login);
    registry.credentials = () => Promise.reject(new Error('was asked'));
    expect((await get(registry)).status).toBe(200);
    expect(seen[0]!.authorization).toBeUndefined();
  });
});

describe('Basic', () => {
  const script: Script = ({ authorization }) =>
    authorization === basic ? { body: 'content' } : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };

  it('is sent after a challenge, then at once, for every scope', async () => {
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

  it('is not sent again after a 403 if docker has no other credentials', async () => {
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

  it('is renewed once for parallel requests of several scopes, if the credentials have expired', async () => {
    let reads = 0;
    const lifetime = 12 * 3_600_000;
    const credentials = async () => {
      reads += 1;
      return { kind: 'password', username: 'me', password: 'hunter2', expiresAt: clock.now + lifetime } as const;
    };
    const registry = connect(await serve(script), { credentials, now: () => clock.now });
    const getBoth = () => Promise.all(['x', 'y'].map((name) => get(registry, `repository:${name}:pull`)));
    await getBoth();
    clock.now += lifetime;
    expect((await getBoth()).map(({ status }) => status)).toEqual([200, 200]);
    expect(reads).toBe(2);
  });
});

describe('the challenge', () => {
  it('is requested at /v2/ from a registry that denies without a challenge', async () => {
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
});

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
