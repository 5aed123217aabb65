import * as http from 'node:http';
import { headBlob } from './head-blob';
import { uploadBlob } from './upload-blob';
import { closeAfterEach, double, errorOf, named, open, problemOf, serve, source } from '../../../testing/push-kit';

closeAfterEach();
const bytes = Buffer.from('the bytes of a blob, in pieces of seven');
const blob = named(bytes);

describe('faults during an upload', () => {
  it.each<[string, unknown]>([
    ['cut', 'cut'],
    ['cut in the middle', { cutBody: 10 }],
    ['cut before the answer', 'lost'],
    ['429', { status: 429, headers: { 'retry-after': '1' } }],
    ['500', { status: 500 }],
    ['502 with HTML', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an upload that is unknown', { status: 404, body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}' }],
    ['bytes that changed underway', { status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' }],
    ['a success for another digest', { status: 201, headers: { 'docker-content-digest': named(Buffer.from('?')).digest } }],
  ])('%s: the upload begins again, and ends when that does not stop', async (_, fault) => {
    const registry = await double();
    const client = open(registry.host, { attempts: 3 });
    let left = 2;
    registry.faults = ({ method }) => (method === 'PUT' && (left -= 1) >= 0 ? fault : undefined);
    const from = source(bytes);
    await uploadBlob(client, 'a', blob, from.open);
    expect(from.opened).toBe(3);
    expect(registry.journal.filter(({ method }) => method === 'POST')).toHaveLength(3);
    expect(await headBlob(client, 'a', blob)).toBe(true);
    left = Infinity;
    const problem = await problemOf(uploadBlob(client, 'b', blob, from.open));
    expect(problem.code).toMatch(/^registry-(response|unreachable)$/);
    expect(from.opened).toBeLessThanOrEqual(7);
  });

  it.each([
    ['POST', 'registry-response'],
    ['PUT', 'registry-response'],
  ])('redirects of a %s are not followed', async (at, code) => {
    const other = await serve((request, response) => response.end(String(request.url)));
    const registry = await double();
    registry.faults = ({ method }) => method === at && { status: 307, headers: { location: `http://${other}/upload` } };
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', blob, source(bytes).open));
    expect(problem).toMatchObject({ code, message: expect.stringContaining(`a redirect to ${other}, which is not followed`) });
  });

  it('a location on another host gets no credentials', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(201).end());
    });
    const registry = await double({ auth: { type: 'basic', users: { me: 'hunter2' } } });
    const client = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }) });
    let posts = 0;
    registry.faults = ({ method }) =>
      method === 'POST' && (posts += 1) > 1 && { status: 202, headers: { location: `http://${storage}/upload?signature=a%2Bb` } };
    await uploadBlob(client, 'a', blob, source(bytes).open);
    expect([posts, seen]).toEqual([2, [undefined]]);
  });

  it.each([
    ['that is missing', {}],
    ['that is no web address', { location: 'ftp://x/' }],
    ['with plain http on another host', { location: 'http://example.com/' }],
  ])('a location %s', async (_, headers) => {
    const host = await serve((_request, response) => response.writeHead(202, headers).end());
    expect((await problemOf(uploadBlob(open(host), 'a', blob, source(bytes).open))).code).toBe('registry-response');
  });

  it('an endless response is cut', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(202, { location: '/upload' });
      const more = () => response.destroyed || response.write('x'.repeat(10_000), more);
      more();
    });
    expect((await problemOf(uploadBlob(open(host), 'a', blob, source(bytes).open))).message).toContain('more than 65536 bytes');
  });

  it('a success before the whole request was received is not accepted', async () => {
    let answer: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const host = await serve((request, response) => {
      request.resume();
      response.writeHead(request.method === 'POST' ? 202 : 201, { location: '/upload' }).end();
      // A little later, so that the answer is read before the rest is sent.
      if (request.method === 'PUT') setTimeout(answer, 100);
    });
    const slow = async function* () {
      yield bytes.subarray(0, 10);
      yield bytes.subarray(10, 20);
      await answered;
      yield bytes.subarray(20);
    };
    const problem = await problemOf(uploadBlob(open(host, { attempts: 1 }), 'a', blob, slow));
    expect(problem).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('before it had received the whole request'),
    });
  });

  it.each([401, 403])('%d without a challenge is a refusal', async (status) => {
    const registry = await double();
    registry.faults = () => ({ status, body: '{"errors":[{"code":"DENIED","message":"not yours"}]}' });
    expect(await problemOf(uploadBlob(open(registry.host), 'a', blob, source(bytes).open))).toMatchObject({
      code: 'registry-denied',
      message: expect.stringContaining('not yours'),
    });
  });

  it('the upload stops when its signal is aborted', async () => {
    const registry = await double();
    const stop = new AbortController();
    const endless = async function* () {
      for (;;) {
        yield bytes.subarray(0, 7);
        await new Promise((resolve) => setImmediate(resolve));
        stop.abort();
      }
    };
    const error = await errorOf(uploadBlob(open(registry.host), 'a', { ...blob, size: 1e9 }, endless, { signal: stop.signal }));
    expect(error.problems[0]!.code).toBe('interrupted');
  });
});

it('leaves no connection behind a refused body', async () => {
  const registry = await double();
  const client = open(registry.host, { attempts: 1 });
  client.transport.agents.http = new http.Agent({ keepAlive: true, maxSockets: 1 });
  registry.faults = ({ method }) => method === 'PUT' && { cutBody: 1 };
  await problemOf(uploadBlob(client, 'a', blob, source(bytes).open));
  registry.faults = undefined;
  await uploadBlob(client, 'a', blob, source(bytes).open);
  expect(await headBlob(client, 'a', blob)).toBe(true);
});
