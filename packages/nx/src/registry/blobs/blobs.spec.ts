import { createHash } from 'node:crypto';
import { getBlob, copyBlob, mountBlob } from './blobs';
import { headBlob } from './head-blob';
import { streamBlob } from './download-blob';
import { uploadBlob } from './upload-blob';
import { closeAfterEach, double, named, open, problemOf, serve, source } from '../../../testing/push-kit';

closeAfterEach();
const bytes = Buffer.from('the bytes of a blob of the base, which must be uploaded only once');
const blob = named(bytes);
const other = named(Buffer.from('?'));

async function withBlob(options: object = {}) {
  const registry = await double(options);
  const client = open(registry.host);
  await uploadBlob(client, 'base', blob, source(bytes).open);
  registry.journal.length = 0;
  return { registry, client, requests: () => registry.journal.map(({ method, kind }) => `${method} ${kind}`) };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('a mount', () => {
  it('sends no bytes', async () => {
    const { registry, client, requests } = await withBlob();
    expect(await copyBlob({ registry: client, repository: 'base' }, { registry: client, repository: 'a/x' }, blob)).toBe(
      'mounted',
    );
    expect(requests()).toEqual(['POST uploads']);
    expect(registry.journal[0]).toMatchObject({ query: { mount: blob.digest, from: 'base' } });
    expect(await headBlob(client, 'a/x', blob)).toBe(true);
  });

  it('that is not done becomes a copy, into the upload that was opened instead', async () => {
    const { client, requests } = await withBlob({ uploads: { mount: false } });
    expect(await copyBlob({ registry: client, repository: 'base' }, { registry: client, repository: 'a/x' }, blob)).toBe(
      'copied',
    );
    // The upload is begun before its source is opened.
    expect(requests().sort()).toEqual(['GET blob', 'POST uploads', 'PUT upload']);
    expect((await getBlob(client, 'a/x', blob.digest)).equals(bytes)).toBe(true);
  });

  it.each([404, 405, 400])('that is answered with %d is only not done', async (status) => {
    const { registry, client } = await withBlob();
    registry.faults = ({ method, headers: _, ...asked }) =>
      method === 'POST' && 'query' in asked && (asked.query as URLSearchParams).has('mount') && { status };
    expect(await mountBlob(client, 'a/x', blob, 'base')).toEqual({ mounted: false });
    expect(await copyBlob({ registry: client, repository: 'base' }, { registry: client, repository: 'a/x' }, blob)).toBe(
      'copied',
    );
  });

  it('asks for both repositories in one token, and does without where that is refused', async () => {
    const scopes: string[][] = [];
    const host = await serve((request, response, self) => {
      const url = new URL(request.url!, `http://${self}`);
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.getAll('scope'));
        const allowed = !url.searchParams.getAll('scope').includes('repository:secret:pull');
        return void response.writeHead(allowed ? 200 : 403).end(allowed ? '{"token":"t"}' : '{}');
      }
      if (!request.headers.authorization)
        return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${self}/token"` }).end();
      response.writeHead(201).end();
    });
    expect(await mountBlob(open(host), 'a/x', blob, 'base')).toEqual({ mounted: true });
    expect(await mountBlob(open(host), 'a/x', blob, 'secret')).toEqual({ mounted: false });
    expect(scopes[0]).toEqual(['repository:a/x:pull,push', 'repository:base:pull']);
  });

  it('of another digest than asked for is not believed; of no repository, not asked for', async () => {
    const host = await serve((_, response) => response.writeHead(201, { 'docker-content-digest': other.digest }).end());
    expect((await problemOf(mountBlob(open(host), 'a', blob, 'base'))).code).toBe('registry-response');
    await expect(mountBlob(open(host), 'a', blob, 'base repository:b:push')).rejects.toThrow('registry-name');
  });
});

describe('a copy between registries', () => {
  it('streams', async () => {
    const { client } = await withBlob();
    const to = open((await double()).host);
    const progress: number[] = [];
    const options = { onProgress: (sent: number) => progress.push(sent) };
    expect(await copyBlob({ registry: client, repository: 'base' }, { registry: to, repository: 'a' }, blob, options)).toBe(
      'copied',
    );
    expect((await getBlob(to, 'a', blob.digest)).equals(bytes)).toBe(true);
    expect(progress.at(-1)).toBe(bytes.length);
  });

  it.each<[string, object]>([
    ['wrong bytes', { status: 200, body: Buffer.from(bytes).fill('x', 10) }],
    ['too few', { status: 200, body: bytes.subarray(1) }],
    ['too many', { status: 200, body: Buffer.concat([bytes, bytes]) }],
    ['nothing at all', { status: 200 }],
  ])('that gives %s passes on nothing', async (_, fault) => {
    const { registry, client } = await withBlob();
    registry.faults = () => fault;
    const target = await double();
    const to = open(target.host);
    const problem = await problemOf(copyBlob({ registry: client, repository: 'base' }, { registry: to, repository: 'a' }, blob));
    expect(problem).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining(`${registry.host}/base@${blob.digest}`),
    });
    expect(await headBlob(to, 'a', blob)).toBe(false);
  });

  it('asks both sides again', async () => {
    const { registry, client } = await withBlob();
    const target = await double();
    const reading: unknown[] = ['cut', { cutAfter: 10 }, { status: 503 }, { cutAfter: 20 }];
    const writing: unknown[] = ['cut', { cutBody: 5 }, 'lost'];
    registry.faults = () => reading.shift();
    target.faults = ({ method }) => (method === 'PUT' ? writing.shift() : undefined);
    const to = open(target.host);
    await copyBlob({ registry: client, repository: 'base' }, { registry: to, repository: 'a' }, blob);
    expect((await getBlob(to, 'a', blob.digest)).equals(bytes)).toBe(true);
    expect([reading, writing]).toEqual([[], []]);
  });
});

describe('reading a blob', () => {
  it('resumes at the byte where the connection was cut', async () => {
    const { registry, client } = await withBlob();
    const faults: unknown[] = [{ cutAfter: 10 }, { cutAfter: 5 }];
    registry.faults = () => faults.shift();
    expect((await collect(streamBlob(client, 'base', blob))).equals(bytes)).toBe(true);
    expect(registry.journal.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=10-', 'bytes=15-']);
  });

  it('skips what it has where a registry begins again', async () => {
    let count = 0;
    const host = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      if ((count += 1) === 2) return void response.end(bytes);
      response.write(bytes.subarray(0, 10), () => response.destroy());
    });
    expect((await collect(streamBlob(open(host), 'base', blob))).equals(bytes)).toBe(true);
  });

  it('ends after as many cuts as other requests', async () => {
    const { registry, client } = await withBlob();
    registry.faults = () => ({ cutAfter: 1 });
    expect((await problemOf(collect(streamBlob(client, 'base', blob)))).message).toContain('in the middle of');
    expect(registry.journal).toHaveLength(5);
  });

  it('follows a redirect without the credentials, and takes no endless body', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const more = () => response.destroyed || response.write(bytes, more);
      more();
    });
    const registry = await double({ auth: { type: 'basic', users: { me: 'hunter2' } } });
    registry.faults = ({ headers }) => headers.authorization && { status: 307, headers: { location: `http://${storage}/blob` } };
    const client = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }) });
    expect((await problemOf(collect(streamBlob(client, 'base', blob)))).message).toContain('more than the expected 65 bytes');
    expect(seen).toEqual([undefined]);
  });

  it('that does not exist', async () => {
    const { client } = await withBlob();
    expect((await problemOf(collect(streamBlob(client, 'base', other)))).code).toBe('image-not-found');
    expect((await problemOf(collect(streamBlob(open('127.0.0.1:9'), 'base', other)))).code).toBe('registry-unreachable');
  });

  it('may end early, and leaves no request behind', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024);
    const { client } = await withBlob();
    await uploadBlob(client, 'base', named(large), source(large, 65_536).open);
    for await (const chunk of streamBlob(client, 'base', named(large))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const active = Object.values(client.transport.agents.http.sockets).flat();
    expect(active.filter((socket) => !socket?.destroyed)).toEqual([]);
  });

  it('of 300 MB does not fill the memory, copied either', async () => {
    const piece = Buffer.alloc(1024 * 1024, 1);
    const count = 300;
    const hash = createHash('sha256');
    for (let i = 0; i < count; i += 1) hash.update(piece);
    const large = { digest: `sha256:${hash.digest('hex')}`, size: count * piece.length };
    let arrived = 0;
    let given = 0;
    let maxBuffered = 0;
    const from = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(large.size) });
      const more = () => {
        if (given === large.size) return void response.end();
        given += piece.length;
        maxBuffered = Math.max(maxBuffered, given - arrived);
        response.write(piece, more);
      };
      more();
    });
    const to = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => (arrived += chunk.length));
      request.on('end', () => response.writeHead(request.method === 'PUT' ? 201 : 202, { location: '/upload' }).end());
    });
    await copyBlob({ registry: open(from), repository: 'base' }, { registry: open(to), repository: 'a' }, large);
    expect(arrived).toBe(large.size);
    expect(maxBuffered).toBeLessThan(48 * 1024 * 1024);
  }, 120_000);
});
