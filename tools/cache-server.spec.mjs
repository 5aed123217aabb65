import { start } from './cache-server.mjs';

let cache;
beforeAll(async () => (cache = await start({ token: 'writer', reader: 'reader' })));
afterAll(() => cache.close());

async function ask(method, hash, { token = 'writer', body } = {}) {
  const answer = await fetch(`${cache.url}/v1/cache/${hash}`, { method, body, headers: { authorization: `Bearer ${token}` } });
  return [answer.status, await answer.text()];
}

test('what is put is given back, and never replaced', async () => {
  expect(await ask('GET', 'one')).toEqual([404, '']);
  expect(await ask('PUT', 'one', { body: 'content' })).toEqual([200, '']);
  expect(await ask('GET', 'one')).toEqual([200, 'content']);
  expect(await ask('PUT', 'one', { body: 'another' })).toEqual([409, '']);
  expect(await ask('GET', 'one', { token: 'reader' })).toEqual([200, 'content']);
});

test('a reader writes nothing, and nobody else does anything', async () => {
  expect(await ask('PUT', 'two', { token: 'reader', body: 'x' })).toEqual([403, 'read-only']);
  expect(await ask('GET', 'one', { token: 'nobody' })).toEqual([401, '']);
  expect(await ask('PUT', 'two', { token: 'nobody', body: 'x' })).toEqual([401, '']);
  expect(await ask('DELETE', 'one')).toEqual([405, '']);
  expect([...cache.entries.keys()]).toEqual(['one']);
  expect(cache.journal.slice(-4)).toEqual(['PUT two 403', 'GET one 401', 'PUT two 401', 'DELETE one 405']);
});

test('a fault is answered instead, until it is taken away', async () => {
  cache.fault = (method) => (method === 'PUT' ? { status: 502, content: 'bad gateway' } : undefined);
  expect(await ask('PUT', 'three', { body: 'x' })).toEqual([502, 'bad gateway']);
  expect(await ask('GET', 'one')).toEqual([200, 'content']);
  cache.fault = undefined;
  expect(await ask('GET', 'three')).toEqual([404, '']);
});

test('other addresses are nothing', async () => {
  expect((await fetch(`${cache.url}/v1/cache/../x`)).status).toBe(404);
});
