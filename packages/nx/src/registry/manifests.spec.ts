import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { problemOf } from '../../testing/push-kit';
import { getManifest, headManifest, putManifest } from './manifests';
import { getBlob } from './blobs/blobs';
import { getImage } from './image';
import { connect, type ConnectOptions, sha256Digest } from './transport/connect';
import { OCI_INDEX, OCI_MANIFEST } from './manifest-format';

/** The part of tools/registry that these tests use. */
interface Double {
  host: string;
  url: string;
  journal: { method: string; kind: string; status: number; reference?: string }[];
  faults?: (request: { method: string; kind: string }) => unknown;
  revoke(): void;
  close(): Promise<void>;
}

const tool = pathToFileURL(path.join(__dirname, '../../../../tools/registry/registry.mjs')).href;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(options: object = {}): Promise<Double> {
  const { start } = (await import(tool)) as { start: (options: object) => Promise<Double> };
  const registry = await start(options);
  closing.push(() => registry.close());
  return registry;
}

type Reply = { status?: number; headers?: Record<string, string>; body?: string | Buffer };

/** A registry of one function, for answers that the double would never give. */
async function serve(script: (method: string, path: string) => Reply): Promise<string> {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const { status = 200, headers, body = '' } = script(request.method!, request.url!);
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    });
  });
  closing.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(host: string, options: ConnectOptions = {}) {
  return connect(host, { credentials: async () => undefined, sleep: async () => undefined, ...options });
}

const descriptor = (mediaType: string, bytes: Buffer, more: object = {}) => ({
  mediaType,
  digest: sha256Digest(bytes),
  size: bytes.length,
  ...more,
});
const layer = Buffer.from('a layer');
const config = (architecture: string, variant?: string) =>
  Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      variant,
      config: { Labels: { a: 'b' } },
      rootfs: { type: 'layers', diff_ids: [sha256Digest(layer)] },
    }),
  );
const manifestOf = (bytes: Buffer, type = 'application/vnd.oci.image.config.v1+json') =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(type, bytes),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    }),
  );

/** Uploads as a client does: this project's own does not need to, yet. */
async function upload(url: string, repository: string, bytes: Buffer): Promise<void> {
  const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(begun.headers.get('location')!, url);
  to.searchParams.set('digest', sha256Digest(bytes));
  const done = await fetch(to, {
    method: 'PUT',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(done.status).toBe(201);
}

async function withImage(options: object = {}) {
  const registry = await start(options);
  const bytes = manifestOf(config('amd64'));
  await upload(registry.url, 'a/x', layer);
  await upload(registry.url, 'a/x', config('amd64'));
  const client = open(registry.host);
  return { registry, client, bytes, digest: sha256Digest(bytes) };
}

describe('a registry', () => {
  it('takes a manifest, and gives it back by tag and by digest', async () => {
    const { client, bytes, digest } = await withImage();
    expect(await headManifest(client, 'a/x', 'v1')).toBeUndefined();
    expect(await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    expect(await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    for (const reference of ['v1', digest]) {
      expect(await headManifest(client, 'a/x', reference)).toEqual({ digest, mediaType: OCI_MANIFEST, size: bytes.length });
      const manifest = await getManifest(client, 'a/x', reference);
      expect(manifest).toMatchObject({ digest, mediaType: OCI_MANIFEST, json: JSON.parse(bytes.toString()) });
      expect(manifest.bytes.equals(bytes)).toBe(true);
    }
    expect(await problemOf(getManifest(client, 'a/x', 'v2'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining('a/x:v2'),
    });
  });

  it('is asked once for what it has', async () => {
    const { registry, client, bytes } = await withImage();
    await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST);
    registry.journal.length = 0;
    await headManifest(client, 'a/x', 'v1');
    expect(registry.journal.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('is asked once for a missing tag, if the repository is known to exist', async () => {
    const { registry, client, bytes } = await withImage();
    await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST);
    const requestsOf = async (at: typeof client, tag: string) => {
      registry.journal.length = 0;
      expect((await headManifest(at, 'a/x', tag)) === undefined).toBe(tag !== 'v1');
      return registry.journal.map(({ method }) => method);
    };
    const [afterTag, afterMissingTag] = [open(registry.host), open(registry.host)];
    expect(await requestsOf(afterTag, 'v1')).toEqual(['HEAD']);
    expect(await requestsOf(afterTag, 'v2')).toEqual(['HEAD']);
    expect(await requestsOf(afterMissingTag, 'v2')).toEqual(['HEAD', 'GET']);
    expect(await requestsOf(afterMissingTag, 'v3')).toEqual(['HEAD']);
  });

  it('gives blobs, no more bytes than asked for', async () => {
    const { client } = await withImage();
    expect((await getBlob(client, 'a/x', sha256Digest(layer))).equals(layer)).toBe(true);
    expect((await problemOf(getBlob(client, 'a/x', sha256Digest(layer), { maxBytes: 3 }))).message).toContain(
      'more than 3 bytes',
    );
    expect((await problemOf(getBlob(client, 'a/x', sha256Digest(Buffer.from('?'))))).code).toBe('image-not-found');
  });

  it('that does not create repositories is distinguished from an empty one', async () => {
    const registry = await start({ repositories: ['a/x'] });
    const client = open(registry.host);
    expect(await headManifest(client, 'a/x', 'v1')).toBeUndefined();
    for (const work of [headManifest(client, 'a/y', 'v1'), putManifest(client, 'a/y', 'v1', Buffer.from('{}'), OCI_MANIFEST)]) {
      expect((await problemOf(work)).code).toBe('registry-repository-missing');
    }
    const plain = await serve(() => ({
      status: 404,
      body: '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}',
    }));
    expect(await headManifest(open(plain), 'a/y', 'v1')).toBeUndefined();
  });

  it('with immutable tags reports them', async () => {
    const { client, bytes } = await withImage({ immutable: true });
    const other = Buffer.concat([bytes, Buffer.from('\n')]);
    expect(await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    expect(await putManifest(client, 'a/x', 'v1', other, OCI_MANIFEST)).toBe('immutable');
    expect((await headManifest(client, 'a/x', 'v1'))!.digest).toBe(sha256Digest(bytes));
  });

  it.each(['basic', 'bearer'])('with %s is opened with what docker keeps, tokens renewed in the middle', async (type) => {
    const registry = await start({ auth: { type, users: { me: 'hunter2' } } });
    const client = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }) });
    expect(await headManifest(client, 'a/x', 'v1')).toBeUndefined();
    registry.revoke();
    expect(await headManifest(client, 'a/x', 'v1')).toBeUndefined();
    const wrong = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'wrong-one' }) });
    for (const refused of [wrong, open(registry.host)]) {
      const problem = await problemOf(headManifest(refused, 'a/x', 'v1'));
      expect(problem).toMatchObject({ code: 'registry-denied', hint: `docker login ${registry.host}` });
      expect(problem.message).not.toContain('wrong-one');
    }
  });

  it('that fails for a moment gets the request again', async () => {
    const { registry, client, bytes, digest } = await withImage();
    const seen = new Map<string, number>();
    const faults = ['cut', { status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, { cutAfter: 3 }];
    registry.faults = ({ method, kind }) => {
      const count = seen.get(method + kind) ?? 0;
      seen.set(method + kind, count + 1);
      return faults[count];
    };
    expect(await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    expect((await headManifest(client, 'a/x', 'v1'))!.digest).toBe(digest);
    expect((await getManifest(client, 'a/x', 'v1')).digest).toBe(digest);
    expect((await getBlob(client, 'a/x', sha256Digest(layer))).equals(layer)).toBe(true);
    expect(seen.get('GETblob')).toBe(5);
  });
});

describe('images', () => {
  async function emptyRepository() {
    const registry = await start();
    return { registry, client: open(registry.host) };
  }

  async function withIndex(platforms: [string, string?][]) {
    const registry = await start();
    const client = open(registry.host);
    await upload(registry.url, 'x', layer);
    const children = [];
    for (const [architecture, variant] of platforms) {
      const bytes = manifestOf(config(architecture, variant));
      await upload(registry.url, 'x', config(architecture, variant));
      await putManifest(client, 'x', `only-${architecture}`, bytes, OCI_MANIFEST);
      children.push(descriptor(OCI_MANIFEST, bytes, { platform: { os: 'linux', architecture, variant } }));
    }
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children }));
    await putManifest(client, 'x', 'all', index, OCI_INDEX);
    return { client, children, index };
  }

  it('are chosen from an index by platform', async () => {
    const { client, children, index } = await withIndex([['amd64'], ['arm64', 'v8']]);
    const { digest, manifest, config: read } = await getImage(client, 'x', 'all', 'linux/arm64');
    expect(digest).toBe(children[1]!.digest);
    expect(manifest.layers[0]!.digest).toBe(sha256Digest(layer));
    expect(read).toMatchObject({ architecture: 'arm64', config: { Labels: { a: 'b' } } });
    expect((await headManifest(client, 'x', 'all'))!.digest).toBe(sha256Digest(index));
    expect((await getImage(client, 'x', 'only-amd64', 'linux/amd64')).digest).toBe(children[0]!.digest);
  });

  it('for other platforms are named', async () => {
    const { client } = await withIndex([['amd64'], ['arm64', 'v8']]);
    expect(await problemOf(getImage(client, 'x', 'all', 'linux/s390x'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining('only for linux/amd64, linux/arm64/v8.'),
    });
    expect(await problemOf(getImage(client, 'x', 'only-amd64', 'linux/arm64'))).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining('only for linux/amd64.'),
    });
  });

  describe('of an index as builders write them', () => {
    const amd64 = manifestOf(config('amd64'));
    const arm64 = manifestOf(config('arm64'));
    const attestation = manifestOf(Buffer.from('{}'), 'application/vnd.in-toto+json');
    const indexOf = (...manifests: object[]) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const entry = (bytes: Buffer, platform?: unknown) => ({
      ...descriptor(OCI_MANIFEST, bytes),
      ...(platform !== undefined && { platform }),
    });
    const within = (bytes: Buffer, platform?: unknown) => ({ ...entry(bytes, platform), mediaType: OCI_INDEX });
    const unknown = { os: 'unknown', architecture: 'unknown' };

    async function put(index: Buffer, ...nested: Buffer[]) {
      const { registry, client } = await emptyRepository();
      for (const bytes of [layer, config('amd64'), config('arm64'), Buffer.from('{}')]) await upload(registry.url, 'x', bytes);
      for (const bytes of [amd64, arm64, attestation]) await putManifest(client, 'x', sha256Digest(bytes), bytes, OCI_MANIFEST);
      for (const bytes of nested) await putManifest(client, 'x', sha256Digest(bytes), bytes, OCI_INDEX);
      await putManifest(client, 'x', 'all', index, OCI_INDEX);
      return client;
    }

    const inner = indexOf(entry(amd64, { os: 'linux', architecture: 'amd64' }), entry(attestation, unknown));
    const plain = indexOf(entry(amd64));

    it.each<[string, Buffer, Buffer[]]>([
      ['one entry without a platform', plain, []],
      ['entries without a platform: the config says which', indexOf(entry(arm64), entry(amd64)), []],
      ['an empty platform', indexOf(entry(amd64, {})), []],
      ['empty names', indexOf(entry(amd64, { os: '', architecture: '' })), []],
      ['a platform that is null', indexOf(entry(amd64, null)), []],
      ['an attestation before it', indexOf(entry(attestation, unknown), entry(amd64)), []],
      ['an attestation without a platform before it', indexOf(entry(attestation), entry(amd64)), []],
      ['the platform beside one without', indexOf(entry(arm64), entry(amd64, { os: 'linux', architecture: 'amd64' })), []],
      ['a variant that was not requested', indexOf(entry(amd64, { os: 'linux', architecture: 'amd64', variant: 'v2' })), []],
      [
        'an os.version and os.features',
        indexOf(entry(amd64, { os: 'linux', architecture: 'amd64', 'os.version': '1', 'os.features': ['x'] })),
        [],
      ],
      ['an index in it', indexOf(within(inner)), [inner]],
      ['an index in it, for the platform', indexOf(within(inner, { os: 'linux', architecture: 'amd64' })), [inner]],
      ['an index in it without platforms', indexOf(entry(arm64), within(plain)), [plain]],
    ])('%s', async (_, index, nested) => {
      const client = await put(index, ...nested);
      expect((await getImage(client, 'x', 'all', 'linux/amd64')).digest).toBe(sha256Digest(amd64));
    });

    it.each<[string, Buffer, string]>([
      ['an image for another platform without one', indexOf(entry(arm64)), 'only for linux/arm64.'],
      ['nothing but attestations', indexOf(entry(attestation, unknown)), 'only for no platform.'],
      ['nothing', indexOf(), 'only for no platform.'],
    ])('%s: what is there is named', async (_, index, message) => {
      const problem = await problemOf(getImage(await put(index), 'x', 'all', 'linux/amd64'));
      expect(problem).toMatchObject({ code: 'image-not-found', message: expect.stringContaining(message) });
    });

    it('any number of entries without a platform: not all are opened', async () => {
      const problem = await problemOf(getImage(await put(indexOf(...Array(60).fill(entry(arm64)))), 'x', 'all', 'linux/amd64'));
      expect(problem).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('more than 50 entries') });
    });
  });

  it('are not charts or signatures', async () => {
    const registry = await start();
    const client = open(registry.host);
    await upload(registry.url, 'x', layer);
    await upload(registry.url, 'x', Buffer.from('{}'));
    await putManifest(
      client,
      'x',
      'chart',
      manifestOf(Buffer.from('{}'), 'application/vnd.cncf.helm.config.v1+json'),
      OCI_MANIFEST,
    );
    expect((await problemOf(getImage(client, 'x', 'chart', 'linux/amd64'))).message).toContain('is not an image');
  });
});

describe('answers that are not believed', () => {
  const bytes = manifestOf(config('amd64'));
  const digest = sha256Digest(bytes);
  const other = sha256Digest(Buffer.from('other'));
  const headers = (more: Record<string, string> = {}) => ({
    'content-type': OCI_MANIFEST,
    'content-length': `${bytes.length}`,
    ...more,
  });

  it('a missing Docker-Content-Digest is made up for by reading the manifest', async () => {
    const client = open(await serve(() => ({ headers: headers(), body: bytes })));
    expect(await headManifest(client, 'x', 'v1')).toEqual({ digest, mediaType: OCI_MANIFEST, size: bytes.length });
  });

  it.each<[string, string, Reply]>([
    ['a digest that is none', 'v1', { headers: headers({ 'docker-content-digest': 'sha256:x' }), body: bytes }],
    ['another digest than was asked for', digest, { headers: headers({ 'docker-content-digest': other }), body: bytes }],
    [
      'a type that is no manifest',
      'v1',
      { headers: headers({ 'content-type': 'text/html', 'docker-content-digest': digest }), body: bytes },
    ],
    ['a web page with 200', 'v1', { headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['a web page with 404', 'v1', { status: 404, headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['502 with a web page', 'v1', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['500', 'v1', { status: 500 }],
    ['418', 'v1', { status: 418 }],
    [
      'schema 1',
      'v1',
      { headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, body: '{"schemaVersion":1}' },
    ],
    ['an index that is an image too', 'v1', { body: JSON.stringify({ ...JSON.parse(bytes.toString()), manifests: [] }) }],
    ['too many bytes', 'v1', { headers: headers({ 'content-length': `${5 * 1024 * 1024}`, 'docker-content-digest': digest }) }],
  ])('a HEAD with %s', async (_, reference, reply) => {
    const host = await serve(() => reply);
    expect((await problemOf(headManifest(open(host), 'x', reference))).code).toBe('registry-response');
  });

  it.each<[string, Reply]>([
    ['a web page with 404', { status: 404, headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['403', { status: 403 }],
    ['418', { status: 418 }],
  ])('a HEAD with %s does not mean that the tag is missing, although the repository exists', async (_, reply) => {
    const found = { headers: headers({ 'docker-content-digest': digest }), body: bytes };
    const client = open(await serve((_method, url) => (url.endsWith('/v1') ? found : reply)));
    expect((await headManifest(client, 'x', 'v1'))!.digest).toBe(digest);
    expect((await problemOf(headManifest(client, 'x', 'v2'))).code).toMatch(/^registry-(?:response|denied)$/);
  });

  it('a web page with 200 is named as one', async () => {
    const host = await serve(() => ({ headers: { 'content-type': 'text/html' }, body: '<html></html>' }));
    expect(await problemOf(getManifest(open(host), 'x', 'v1'))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('is not a manifest: the response is a web page.'),
      hint: expect.stringContaining('a login page'),
    });
  });

  it.each([401, 403])('%d is never "absent"', async (status) => {
    const host = await serve(() => ({ status, body: '{"errors":[{"code":"DENIED","message":"not yours"}]}' }));
    const problem = await problemOf(headManifest(open(host), 'x', 'v1'));
    expect(problem).toMatchObject({ code: 'registry-denied', message: expect.stringContaining('not yours') });
  });

  it.each<[string, Record<string, string>, string]>([
    ['digest in the header', { 'docker-content-digest': other }, 'v1'],
    ['digest that was asked for', {}, other],
  ])('a GET whose body does not fit the %s', async (_, more, reference) => {
    let requests = 0;
    const host = await serve(() => ({ headers: { ...headers(more), requests: `${(requests += 1)}` }, body: bytes }));
    const problem = await problemOf(getManifest(open(host), 'x', reference));
    expect(problem).toMatchObject({ code: 'registry-response', message: expect.stringContaining(digest) });
    expect(requests).toBe(5);
  });

  it('a blob whose bytes do not fit, behind a redirect too', async () => {
    const storage = await serve(() => ({ body: 'something else' }));
    const host = await serve(() => ({ status: 307, headers: { location: `http://${storage}/blob` } }));
    for (const place of [storage, host]) {
      expect((await problemOf(getBlob(open(place), 'x', digest))).code).toBe('registry-response');
    }
  });

  it.each([
    ['stated for another digest', { 'docker-content-digest': other }],
    ['stated as nonsense', { 'docker-content-digest': 'x' }],
  ])('a write %s', async (_, more) => {
    const host = await serve(() => ({ status: 201, headers: more }));
    expect((await problemOf(putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST))).code).toBe('registry-response');
  });

  it('a write that states nothing is read back', async () => {
    const serveStored = (reply: Buffer) =>
      serve((method) => (method === 'PUT' ? { status: 201 } : { headers: { 'content-type': OCI_MANIFEST }, body: reply }));
    expect(await putManifest(open(await serveStored(bytes)), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    const lost = await serveStored(manifestOf(config('arm64')));
    expect((await problemOf(putManifest(open(lost), 'x', 'v1', bytes, OCI_MANIFEST))).code).toBe('registry-response');
  });
});

describe('tags that stay', () => {
  const bytes = manifestOf(config('amd64'));
  const refusing = (status: number, message: string, exists: boolean) =>
    serve((method) => {
      if (method === 'PUT') return { status, body: JSON.stringify({ errors: [{ code: 'X', message }] }) };
      return exists ? { headers: { 'content-type': OCI_MANIFEST }, body: bytes } : { status: 404 };
    });

  it.each<[number, string, boolean]>([
    [
      400,
      "The image tag 'v1' already exists in the 'x' repository and cannot be overwritten because the repository is immutable.",
      false,
    ],
    [409, 'ImageTagAlreadyExistsException', false],
    [412, 'Failed to process request due to: configured as immutable', false],
    [409, 'conflict', true],
    [405, 'The operation is unsupported.', true],
    [412, 'precondition failed', true],
    [423, 'locked', true],
    [400, 'Repository does not allow updating assets: docker-hosted', true],
  ])('%d %s', async (status, message, exists) => {
    expect(await putManifest(open(await refusing(status, message, exists)), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('immutable');
  });

  it.each<[number, string, string]>([
    [405, 'The operation is unsupported.', 'registry-response'],
    [400, 'manifest invalid', 'registry-response'],
    [413, 'too large', 'registry-response'],
    [403, 'not yours', 'registry-denied'],
    [400, 'Repository does not allow updating assets: docker-hosted', 'registry-response'],
  ])('are not confused with %d %s', async (status, message, code) => {
    const problem = await problemOf(putManifest(open(await refusing(status, message, false)), 'x', 'v1', bytes, OCI_MANIFEST));
    expect(problem).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    [403, 'DENIED', 'requested access to the resource is denied'],
    [401, 'UNAUTHORIZED', 'access to the requested resource is not authorized'],
    [400, 'MANIFEST_INVALID', 'manifest invalid'],
  ])('%d %s: only where the same manifest is accepted under its digest', async (status, code, message) => {
    const refusal = { status, body: JSON.stringify({ errors: [{ code, message }] }) };
    let acceptsDigest = true;
    const host = await serve((method, path) => {
      if (method === 'PUT') return acceptsDigest && path.includes('sha256:') ? { status: 201 } : refusal;
      return { headers: { 'content-type': OCI_MANIFEST }, body: bytes };
    });
    expect(await putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('immutable');
    acceptsDigest = false;
    const problem = await problemOf(putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST));
    expect(problem.code).toBe(status === 400 ? 'registry-response' : 'registry-denied');
  });
});

it.each([200, 201, 202, 204])('a manifest that is accepted with %d is written', async (status) => {
  const bytes = manifestOf(config('amd64'));
  const host = await serve((method) =>
    method === 'PUT' ? { status } : { headers: { 'content-type': OCI_MANIFEST }, body: bytes },
  );
  expect(await putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
});
