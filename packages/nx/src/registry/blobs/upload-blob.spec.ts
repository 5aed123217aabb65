import * as http from 'node:http';
import { createHash } from 'node:crypto';
import { KdcubeError } from '@kdcube/release/internal';
import { getBlob } from './blobs';
import { headBlob } from './head-blob';
import { uploadBlob } from './upload-blob';
import { closeAfterEach, double, errorOf, named, open, problemOf, serve, source } from '../../../testing/push-kit';

closeAfterEach();
const bytes = Buffer.from('the bytes of a blob, in pieces of seven');
const blob = named(bytes);
const methods = (registry: { journal: { method: string; kind: string; status?: number }[] }) =>
  registry.journal.map(({ method, kind, status }) => `${method} ${kind} ${status}`);

describe('a blob', () => {
  it.each([{}, { uploads: { absolute: true } }])('is sent in one piece (%j)', async (options) => {
    const registry = await double(options);
    const client = open(registry.host);
    const sent: number[] = [];
    expect(await headBlob(client, 'a', blob)).toBe(false);
    await uploadBlob(client, 'a', blob, source(bytes).open, { onProgress: (count) => sent.push(count) });
    expect(methods(registry)).toEqual(['HEAD blob 404', 'POST uploads 202', 'PUT upload 201']);
    expect(await headBlob(client, 'a', blob)).toBe(true);
    expect((await getBlob(client, 'a', blob.digest)).equals(bytes)).toBe(true);
    expect(sent).toEqual([7, 14, 21, 28, 35, 39]);
  });

  it('may be empty', async () => {
    const client = open((await double()).host);
    await uploadBlob(client, 'a', named(Buffer.alloc(0)), source(Buffer.alloc(0)).open);
    expect(await headBlob(client, 'a', named(Buffer.alloc(0)))).toBe(true);
  });

  it('opens another session if the one that was open is gone', async () => {
    const registry = await double();
    const client = open(registry.host);
    const lost = { url: new URL(`${registry.url}/v2/a/blobs/uploads/00000000-0000-0000-0000-000000000000`), minChunk: 0 };
    await uploadBlob(client, 'a', blob, source(bytes).open, { session: lost });
    expect(await headBlob(client, 'a', blob)).toBe(true);
  });

  it('is asked for by its digest and its length', async () => {
    const client = open((await double()).host);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    expect(await problemOf(headBlob(client, 'a', { ...blob, size: 3 }))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('expected 3 bytes, got 39'),
    });
    await expect(uploadBlob(client, '../a', blob, source(bytes).open)).rejects.toThrow('registry-name');
  });
});

describe('a blob that changes while it is read', () => {
  it.each([
    ['is longer', Buffer.concat([bytes, Buffer.from('!')])],
    ['is shorter', bytes.subarray(1)],
    ['is another', Buffer.from(bytes).fill('x', 38)],
    ['is gone', Buffer.alloc(0)],
  ])('%s: a Problem, and the registry never has a wrong one', async (_, now) => {
    for (const uploads of [{}, { most: 20 }]) {
      const registry = await double({ uploads });
      const client = open(registry.host);
      const problem = await problemOf(uploadBlob(client, 'a', blob, source(now).open));
      expect(problem).toMatchObject({
        code: 'file-error',
        message: expect.stringContaining('changed while it was read: it has '),
      });
      expect(await headBlob(client, 'a', blob)).toBe(false);
      expect(registry.journal.filter(({ method, status }) => method === 'PUT' && status === 201)).toEqual([]);
    }
  });

  it('cannot be read: a Problem with the reason', async () => {
    const client = open((await double()).host);
    const broken = async function* () {
      yield bytes.subarray(0, 3);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    expect(await problemOf(uploadBlob(client, 'a', blob, broken))).toMatchObject({
      code: 'file-error',
      message: expect.stringContaining('EIO: i/o error'),
    });
    const known = async function* () {
      yield* [] as Buffer[];
      throw new KdcubeError({ code: 'disk-full', message: 'Full.' });
    };
    expect((await problemOf(uploadBlob(client, 'a', blob, known))).code).toBe('disk-full');
  });
});

describe('pieces', () => {
  const large = Buffer.alloc(1_500_000, 'large ');

  it('follow a 413, smaller until they fit, each at the place of the last answer', async () => {
    const registry = await double({ uploads: { most: 300_000 } });
    const client = open(registry.host);
    await uploadBlob(client, 'a', named(large), source(large, 65_536).open);
    expect((await getBlob(client, 'a', named(large).digest)).equals(large)).toBe(true);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([262_144, 262_144, 262_144, 262_144, 262_144, 189_280]);
    expect(pieces[1]!.headers['content-range']).toBe('262144-524287');
  });

  it('are as large as the registry wants them', async () => {
    const registry = await double({ uploads: { most: 700_000, leastPiece: 600_000 } });
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([600_000, 600_000, 300_000]);
  });

  it('that fit in no way are a Problem with what the registry said', async () => {
    const registry = await double({ uploads: { most: 1000 } });
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open));
    expect(problem).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('413 (a web page: 413 Request Entity Too Large)'),
    });
  });

  it('follow a 416 of the whole', async () => {
    const registry = await double();
    registry.faults = ({ method, headers }) => method === 'PUT' && headers['content-length'] !== '0' && { status: 416 };
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    expect(methods(registry)).toEqual([
      'POST uploads 202',
      'PUT upload 416',
      'POST uploads 202',
      'PATCH upload 202',
      'PUT upload 201',
    ]);
  });

  it('follow a 416 of the whole as a PATCH', async () => {
    const registry = await double();
    registry.faults = ({ headers }) => Number(headers['content-length'] ?? 0) > 1_400_000 && { status: 416 };
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([1_048_576, 451_424]);
  });

  it('begin again together: after a cut, a 416, a token that ended', async () => {
    const registry = await double({ uploads: { most: 1_200_000 }, auth: { type: 'bearer', users: { me: 'hunter2' } } });
    const client = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }) });
    const faults: unknown[] = [
      undefined,
      'cut',
      undefined,
      { cutBody: 1000 },
      undefined,
      'lost',
      undefined,
      { status: 416 },
      undefined,
      'revoke',
    ];
    registry.faults = ({ method }) => {
      if (method !== 'PATCH') return undefined;
      const fault = faults.shift();
      if (fault !== 'revoke') return fault;
      return void registry.revoke();
    };
    const from = source(large, 65_536);
    await uploadBlob(client, 'a', named(large), from.open);
    expect((await getBlob(client, 'a', named(large).digest)).equals(large)).toBe(true);
    expect(from.opened).toBeGreaterThanOrEqual(6);
  });
});

describe('a registry that refuses a blob in one PUT', () => {
  const refused = (status: number, code?: string) => ({
    status,
    ...(code && { body: JSON.stringify({ errors: [{ code, message: 'no' }] }) }),
  });

  it.each<[string, unknown]>([
    ['405', refused(405, 'UNSUPPORTED')],
    ['404 BLOB_UNKNOWN', refused(404, 'BLOB_UNKNOWN')],
    ['411', refused(411)],
    ['415', refused(415)],
    ['416', refused(416)],
    ['501', refused(501)],
    ['400 UNSUPPORTED', refused(400, 'UNSUPPORTED')],
  ])('%s: gets it as docker sends it, in one PATCH without a range', async (_, fault) => {
    const registry = await double();
    const client = open(registry.host);
    registry.faults = ({ method, headers }) => (method === 'PUT' && headers['content-length'] !== '0' ? fault : undefined);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    expect(methods(registry).slice(2)).toEqual(['POST uploads 202', 'PATCH upload 202', 'PUT upload 201']);
    expect(registry.journal.find(({ method }) => method === 'PATCH')!.headers).not.toHaveProperty('content-range');
    expect(await headBlob(client, 'a', blob)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['404 without a word', refused(404)],
    ['404 BLOB_UPLOAD_UNKNOWN', refused(404, 'BLOB_UPLOAD_UNKNOWN')],
    ['400 BLOB_UPLOAD_INVALID', refused(400, 'BLOB_UPLOAD_INVALID')],
  ])('%s, every time: the third attempt is a PATCH', async (_, fault) => {
    const registry = await double();
    registry.faults = ({ method, headers }) => (method === 'PUT' && headers['content-length'] !== '0' ? fault : undefined);
    await uploadBlob(open(registry.host, { attempts: 3 }), 'a', blob, source(bytes).open);
    expect(registry.journal.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST', 'PUT', 'POST', 'PATCH', 'PUT']);
  });

  it('and the PATCH too is a Problem with what it said', async () => {
    const registry = await double();
    registry.faults = ({ method }) => (['PUT', 'PATCH'].includes(method) ? refused(405, 'UNSUPPORTED') : undefined);
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', blob, source(bytes).open));
    expect(problem).toMatchObject({ code: 'registry-response', message: expect.stringContaining('405 (UNSUPPORTED: no)') });
    expect(registry.journal.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST', 'PATCH']);
  });

  it('a response to a PATCH without a location: the upload continues at the same URL', async () => {
    const paths: string[] = [];
    const host = await serve((request, response) => {
      paths.push(`${request.method} ${request.url}`);
      const { method, headers } = request;
      const status = method === 'PUT' ? (headers['content-length'] === '0' ? 201 : 405) : 202;
      request.resume().on('end', () => response.writeHead(status, method === 'POST' ? { location: '/up/1?s=2' } : {}).end());
    });
    await uploadBlob(open(host), 'a', blob, source(bytes).open);
    expect(paths.slice(-2)).toEqual(['PATCH /up/1?s=2', `PUT /up/1?s=2&digest=${encodeURIComponent(blob.digest)}`]);
  });

  it('a blob that another push uploaded meanwhile, where nothing is overwritten (Nexus), is there', async () => {
    const registry = await double();
    const client = open(registry.host);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    const detail = `docker-hosted/v2/-/blobs/${blob.digest} cannot be updated`;
    const body = JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_INVALID', message: 'blob upload invalid', detail }] });
    registry.faults = ({ method }) => (method === 'PUT' ? { status: 400, body } : undefined);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    const problem = await problemOf(uploadBlob(client, 'b', blob, source(bytes).open));
    expect(problem.message).toContain('cannot be updated');
  });
});

describe('a registry that is shaken', () => {
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
  ])('redirects of a %s lead nowhere', async (at, code) => {
    const other = await serve((request, response) => response.end(String(request.url)));
    const registry = await double();
    registry.faults = ({ method }) => method === at && { status: 307, headers: { location: `http://${other}/upload` } };
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', blob, source(bytes).open));
    expect(problem).toMatchObject({ code, message: expect.stringContaining(`a redirect to ${other}, which is not followed`) });
  });

  it('a place on another host gets no credentials', async () => {
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
    ['nowhere', {}],
    ['to no web address', { location: 'ftp://x/' }],
    ['to plain http elsewhere', { location: 'http://example.com/' }],
  ])('that leads an upload %s', async (_, headers) => {
    const host = await serve((_request, response) => response.writeHead(202, headers).end());
    expect((await problemOf(uploadBlob(open(host), 'a', blob, source(bytes).open))).code).toBe('registry-response');
  });

  it('an endless answer is cut', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(202, { location: '/upload' });
      const more = () => response.destroyed || response.write('x'.repeat(10_000), more);
      more();
    });
    expect((await problemOf(uploadBlob(open(host), 'a', blob, source(bytes).open))).message).toContain('more than 65536 bytes');
  });

  it('that is content too early is not believed', async () => {
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

  it('stops when its signal is aborted', async () => {
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

it.each([
  [500, 'in one piece', Infinity],
  [100, 'in several', 40],
])(
  '%d MB go through bounded memory %s',
  async (count, _, most) => {
    const piece = Buffer.alloc(1024 * 1024);
    const hash = createHash('sha256');
    for (let i = 0; i < count; i += 1) hash.update(stamped(piece, i));
    const large = { digest: `sha256:${hash.digest('hex')}`, size: count * piece.length };
    let got = createHash('sha256');
    let arrived = 0;
    const host = await serve((request, response) => {
      if (Number(request.headers['content-length'] ?? 0) > most * piece.length) return void response.writeHead(413).end();
      if (request.method === 'POST') {
        got = createHash('sha256');
        arrived = 0;
      }
      request.on('data', (chunk: Buffer) => {
        got.update(chunk);
        arrived += chunk.length;
      });
      request.on('end', () => response.writeHead(request.method === 'PUT' ? 201 : 202, { location: '/upload' }).end());
    });
    let maxBuffered = 0;
    let grown = 0;
    const before = process.memoryUsage.rss();
    const generate = async function* () {
      for (let i = 0; i < count; i += 1) {
        yield Buffer.from(stamped(piece, i));
        maxBuffered = Math.max(maxBuffered, (i + 1) * piece.length - arrived);
        grown = Math.max(grown, process.memoryUsage.rss() - before);
      }
    };
    await uploadBlob(open(host), 'a', large, generate);
    expect([arrived, `sha256:${got.digest('hex')}`]).toEqual([large.size, large.digest]);
    // What was taken from the source and has not arrived: the sockets' buffers and two chunks.
    expect(maxBuffered).toBeLessThan(32 * 1024 * 1024);
    expect(grown).toBeLessThan(150 * 1024 * 1024);
  },
  120_000,
);

function stamped(piece: Buffer, number: number): Buffer {
  piece.writeUInt32BE(number, 0);
  return piece;
}

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
