import { problemOf } from '../../../testing/push-kit';
import {
  basic,
  bearer,
  clock,
  get,
  login,
  paths,
  type Reply,
  resetEach,
  seen,
  serve,
  session,
} from '../../../testing/token-registry';

resetEach();

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

  it('caches a token until it expires, one for each scope, and requests the next one before a refusal', async () => {
    const host = await serve(
      bearer(
        () => true,
        (_, count) => ({ token: `t${count}`, expires_in: 100 }),
      ),
    );
    const registry = session(host, undefined);
    await get(registry);
    clock.now += 90_000;
    await get(registry);
    expect(paths()).toEqual(['/v2/x', '/token', '/v2/x', '/v2/x']);
    clock.now += 10_000;
    await get(registry);
    await get(registry, 'repository:y:pull');
    expect(paths().slice(4)).toEqual(['/token', '/v2/x', '/token', '/v2/x']);
    expect(seen.at(-2)!.url.searchParams.getAll('scope')).toEqual(['repository:y:pull']);
  });

  it('renews a token that the registry no longer accepts, once', async () => {
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

  it('is not requested a second time if the new one is refused', async () => {
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

function fail(): never {
  throw new Error('the token endpoint was asked');
}
