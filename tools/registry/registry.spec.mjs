import { spawn } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { IMAGE, call, errorCode, pushBlob, pushImage, withQuery } from './client.mjs';
import { digestOf, refuse } from './protocol.mjs';
import { start } from './registry.mjs';
import { AUTHORITY } from './tls.mjs';

const started = [];
const begin = async (options) => started[started.push(await start(options)) - 1];
const basic = (text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const pull = (registry, name, tag, headers) => call(registry.url, 'GET', `/v2/${name}/manifests/${tag}`, { headers });

afterEach(async () => {
  for (const registry of started.splice(0)) await registry.close();
});

test('an image can be pushed and pulled, by tag and by digest', async () => {
  const registry = await begin();
  const { digest, manifest } = await pushImage(registry.url, 'acme/app', '1', 'layer');
  for (const reference of ['1', digest]) {
    const answer = await pull(registry, 'acme/app', reference);
    expect([answer.status, answer.headers['content-type'], answer.body.equals(manifest)]).toEqual([200, IMAGE, true]);
  }
});

test('tags are sorted and come in pages with a link to the next', async () => {
  const registry = await begin();
  for (const tag of ['b', 'c', 'a']) await pushImage(registry.url, 'app', tag, 'layer');
  const page = await call(registry.url, 'GET', '/v2/app/tags/list?n=2');
  expect(JSON.parse(page.body).tags).toEqual(['a', 'b']);
  const next = /^<(.+)>; rel="next"$/.exec(page.headers.link)[1];
  const last = await call(registry.url, 'GET', next);
  expect([JSON.parse(last.body).tags, last.headers.link]).toEqual([['c'], undefined]);
});

test.each(['../../etc/passwd', 'UPPER', 'a//b', '-a', 'a/', '%2e%2e/x', '%zz'])('the name %s is no repository', async (name) => {
  const registry = await begin();
  const answer = await call(`${registry.url}/`, 'GET', `/v2/${name}/tags/list`);
  expect(answer.status).toBe(404);
});

test('a folder keeps the content for the next registry', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'registry-'));
  try {
    const first = await begin({ dir });
    const { digest } = await pushImage(first.url, 'acme/app', '1', 'layer');
    await first.close();
    started.length = 0;
    const second = await begin({ dir });
    expect((await pull(second, 'acme/app', '1')).headers['docker-content-digest']).toBe(digest);
    expect((await call(second.url, 'GET', `/v2/acme/app/blobs/${digestOf(Buffer.from('layer'))}`)).body.toString()).toBe('layer');
    expect(JSON.parse((await call(second.url, 'GET', '/v2/_catalog')).body)).toEqual({ repositories: ['acme/app'] });
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
});

describe('Basic', () => {
  const auth = { type: 'basic', users: { AWS: 'secret:with:colons' } };

  test.each([
    ['nobody', {}, 401],
    ['a wrong password', basic('AWS:wrong'), 401],
    ['a name that every object has', basic('constructor:x'), 401],
    ['the right password', basic('AWS:secret:with:colons'), 200],
  ])('%s', async (_, headers, status) => {
    const registry = await begin({ auth });
    const answer = await call(registry.url, 'GET', '/v2/', { headers });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      status,
      status === 401 ? 'Basic realm="registry"' : undefined,
    ]);
  });
});

describe('Bearer', () => {
  const auth = { type: 'bearer', users: { ann: 'pw' }, anonymousPull: true };
  const tokenFor = async (registry, scope, headers = {}) =>
    JSON.parse((await call(registry.url, 'GET', `/token?service=registry&scope=${encodeURIComponent(scope)}`, { headers })).body)
      .token;

  test('the challenge names the token service and the scope', async () => {
    const registry = await begin({ auth });
    const answer = await call(registry.url, 'POST', '/v2/acme/app/blobs/uploads/');
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="${registry.url}/token",service="registry",scope="repository:acme/app:pull,push"`,
    ]);
  });

  test('a token of a user may push, and an anonymous one may only pull', async () => {
    const registry = await begin({ auth });
    const own = { authorization: `Bearer ${await tokenFor(registry, 'repository:app:pull,push', basic('ann:pw'))}` };
    expect((await pushImage(registry.url, 'app', '1', 'layer', own)).put.status).toBe(201);
    const anonymous = { authorization: `Bearer ${await tokenFor(registry, 'repository:app:pull,push')}` };
    expect((await pull(registry, 'app', '1', anonymous)).status).toBe(200);
    const refused = await call(registry.url, 'POST', '/v2/app/blobs/uploads/', { headers: anonymous });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('error="insufficient_scope"'),
    ]);
  });

  test('a token is for its repository only, and ends when it is revoked', async () => {
    const registry = await begin({ auth });
    const headers = { authorization: `Bearer ${await tokenFor(registry, 'repository:app:pull,push', basic('ann:pw'))}` };
    await pushImage(registry.url, 'app', '1', 'layer', headers);
    expect((await pull(registry, 'other', '1', headers)).status).toBe(401);
    registry.revoke();
    expect((await pull(registry, 'app', '1', headers)).status).toBe(401);
  });

  test('the token service refuses a wrong password, by Basic and by form', async () => {
    const registry = await begin({ auth });
    expect((await call(registry.url, 'GET', '/token?scope=repository:app:pull', { headers: basic('ann:no') })).status).toBe(401);
    const form = (password) => ({
      body: Buffer.from(`grant_type=password&username=ann&password=${password}&scope=repository:app:pull`),
    });
    expect((await call(registry.url, 'POST', '/token', form('no'))).status).toBe(401);
    expect((await call(registry.url, 'POST', '/token', form('pw'))).status).toBe(200);
  });
});

test('a tag of an immutable repository is written once, even with the same content', async () => {
  const registry = await begin({ immutable: ['locked'] });
  expect((await pushImage(registry.url, 'locked', '1', 'layer')).put.status).toBe(201);
  const again = (await pushImage(registry.url, 'locked', '1', 'layer')).put;
  expect([again.status, errorCode(again)]).toEqual([400, 'TAG_INVALID']);
  expect((await pushImage(registry.url, 'locked', '2', 'layer')).put.status).toBe(201);
  await pushImage(registry.url, 'open', '1', 'layer');
  expect((await pushImage(registry.url, 'open', '1', 'other')).put.status).toBe(201);
});

test('where repositories are listed, pushing makes no other', async () => {
  const registry = await begin({ repositories: ['made'] });
  expect((await pushImage(registry.url, 'made', '1', 'layer')).put.status).toBe(201);
  const answer = await call(registry.url, 'POST', '/v2/unmade/blobs/uploads/');
  expect([answer.status, errorCode(answer)]).toEqual([404, 'NAME_UNKNOWN']);
});

describe('faults', () => {
  test('an answer of the test instead of the registry', async () => {
    const registry = await begin({
      faults: ({ kind }) => (kind === 'manifest' ? { status: 503, headers: { 'retry-after': '0' }, body: 'busy' } : undefined),
    });
    const answer = await pull(registry, 'app', '1');
    expect([answer.status, answer.headers['retry-after'], answer.body.toString()]).toEqual([503, '0', 'busy']);
    registry.faults = undefined;
    expect((await pull(registry, 'app', '1')).status).toBe(404);
  });

  test('a connection that is cut without an answer', async () => {
    const registry = await begin({ faults: () => 'cut' });
    await expect(call(registry.url, 'GET', '/v2/')).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(registry.journal).toMatchObject([{ method: 'GET', path: '/v2/', status: 0 }]);
  });

  test.each([0, 2])('a connection that is cut after %i bytes of the body', async (cutAfter) => {
    const registry = await begin();
    await pushBlob(registry.url, 'app', Buffer.from('content'));
    registry.faults = () => ({ cutAfter });
    const address = `/v2/app/blobs/${digestOf(Buffer.from('content'))}`;
    await expect(call(registry.url, 'GET', address)).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    expect(registry.journal.at(-1)).toMatchObject({ kind: 'blob', status: 200, sent: cutAfter });
  });
});

test('an endless answer goes on until nothing listens on the port', async () => {
  const registry = await begin({ faults: () => ({ endless: Buffer.alloc(100_000) }) });
  const answer = await fetch(`${registry.url}/v2/`);
  let size = 0;
  for await (const chunk of answer.body) if ((size += chunk.length) > 1_000_000) break;
  expect([answer.status, size]).toEqual([200, expect.any(Number)]);
  registry.faults = undefined;
  expect((await call(registry.url, 'GET', '/v2/')).status).toBe(200);
});

test('a registry with TLS, behind a door of the test’s own', async () => {
  const registry = await begin({ tls: true, auth: ({ kind }) => (kind === 'tags' ? refuse(418, 'TEAPOT', 'no') : undefined) });
  const get = (path) =>
    new Promise((resolve, reject) => {
      https.get(new URL(path, registry.url), { ca: AUTHORITY }, resolve).on('error', reject);
    });
  expect(registry.url).toMatch(/^https:/);
  expect([(await get('/v2/')).statusCode, (await get('/v2/a/tags/list')).statusCode]).toEqual([200, 418]);
  await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow();
});

test('the journal tells what was asked and how much went over the wire, and holds no credentials', async () => {
  const registry = await begin({ auth: { type: 'basic', users: { ann: 'pw' } } });
  await pushBlob(registry.url, 'app', Buffer.from('content'), basic('ann:pw'));
  expect(registry.journal.map(({ method, kind, status, received }) => [method, kind, status, received])).toEqual([
    ['POST', 'uploads', 202, 0],
    ['PATCH', 'upload', 202, 7],
    ['PUT', 'upload', 201, 0],
  ]);
  expect(JSON.stringify(registry.journal)).not.toMatch(/authorization/i);
});

test('main.mjs runs it until it is interrupted', async () => {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.mjs'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).split('\n'))));
  expect(line).toMatch(/^registry on 127\.0\.0\.1:\d+, kept in memory$/);
  expect((await call(`http://${/127[.\d:]+/.exec(line)[0]}`, 'GET', '/v2/')).status).toBe(200);
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

describe('uploads', () => {
  const bytes = Buffer.from('0123456789');
  const end = (location) => withQuery(location, 'digest', digestOf(bytes));

  test('at whole addresses, without mounts', async () => {
    const registry = await begin({ uploads: { absolute: true, mount: false } });
    const { opened, done } = await pushBlob(registry.url, 'a', bytes);
    expect([opened.headers.location.startsWith(`${registry.url}/v2/a/`), done.status]).toEqual([true, 201]);
    const mount = await call(registry.url, 'POST', `/v2/b/blobs/uploads/?mount=${digestOf(bytes)}&from=a`);
    expect(mount.status).toBe(202);
  });

  test('with limits', async () => {
    const registry = await begin({ uploads: { leastPiece: 4, most: 6 } });
    const opened = await call(registry.url, 'POST', '/v2/a/blobs/uploads/');
    expect(opened.headers['oci-chunk-min-length']).toBe('4');
    expect((await call(registry.url, 'PUT', end(opened.headers.location), { body: bytes })).status).toBe(413);
    const send = async (...pieces) => {
      let { location } = (await call(registry.url, 'POST', '/v2/a/blobs/uploads/')).headers;
      for (const body of pieces) ({ location } = (await call(registry.url, 'PATCH', location, { body })).headers);
      return (await call(registry.url, 'PUT', end(location))).status;
    };
    expect(await send(bytes.subarray(0, 3), bytes.subarray(3, 8), bytes.subarray(8))).toBe(400);
    expect(await send(bytes.subarray(0, 4), bytes.subarray(4, 8), bytes.subarray(8))).toBe(201);
  });

  test('are cut in the middle of the request, or after it was done', async () => {
    const registry = await begin();
    const { location } = (await call(registry.url, 'POST', '/v2/a/blobs/uploads/')).headers;
    registry.faults = () => ({ cutBody: 5 });
    await expect(call(registry.url, 'PUT', end(location), { body: bytes })).rejects.toThrow();
    registry.faults = () => 'lost';
    await expect(call(registry.url, 'PUT', end(location), { body: bytes })).rejects.toThrow();
    registry.faults = undefined;
    expect((await call(registry.url, 'HEAD', `/v2/a/blobs/${digestOf(bytes)}`)).status).toBe(200);
    expect(registry.journal.map(({ status }) => status)).toEqual([202, 0, 201, 200]);
  });
});
