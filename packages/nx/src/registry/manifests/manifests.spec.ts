import { withJournal } from '../../system/journal';
import { getBlob } from '../blobs/blobs';
import { OCI_MANIFEST } from './manifest-format';
import { getManifest, headManifest, putManifest } from './manifests';
import { sha256Digest } from '../transport/connect';
import { config, layer, manifestOf, type Reply, serveReplies, withImage } from '../../../testing/manifest-kit';
import { closeAfterEach, double, open, problemOf } from '../../../testing/push-kit';

closeAfterEach();

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

  it('needs one request for an existing tag', async () => {
    const { registry, client, bytes } = await withImage();
    await putManifest(client, 'a/x', 'v1', bytes, OCI_MANIFEST);
    registry.journal.length = 0;
    await headManifest(client, 'a/x', 'v1');
    expect(registry.journal.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('needs one request for a missing tag, if the repository is known to exist', async () => {
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
    const registry = await double({ repositories: ['a/x'] });
    const client = open(registry.host);
    expect(await headManifest(client, 'a/x', 'v1')).toBeUndefined();
    for (const work of [headManifest(client, 'a/y', 'v1'), putManifest(client, 'a/y', 'v1', Buffer.from('{}'), OCI_MANIFEST)]) {
      expect((await problemOf(work)).code).toBe('registry-repository-missing');
    }
    const plain = await serveReplies(() => ({
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

  it.each(['basic', 'bearer'])('with %s accepts the stored credentials, and tokens are renewed', async (type) => {
    const registry = await double({ auth: { type, users: { me: 'hunter2' } } });
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

  it('that fails temporarily gets the request again', async () => {
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

describe('responses that are not accepted', () => {
  const bytes = manifestOf(config('amd64'));
  const digest = sha256Digest(bytes);
  const other = sha256Digest(Buffer.from('other'));
  const headers = (more: Record<string, string> = {}) => ({
    'content-type': OCI_MANIFEST,
    'content-length': `${bytes.length}`,
    ...more,
  });

  it('a missing Docker-Content-Digest is made up for by reading the manifest', async () => {
    const client = open(await serveReplies(() => ({ headers: headers(), body: bytes })));
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
    const host = await serveReplies(() => reply);
    expect((await problemOf(headManifest(open(host), 'x', reference))).code).toBe('registry-response');
  });

  it.each<[string, Reply]>([
    ['a web page with 404', { status: 404, headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['403', { status: 403 }],
    ['418', { status: 418 }],
  ])('a HEAD with %s does not mean that the tag is missing, although the repository exists', async (_, reply) => {
    const found = { headers: headers({ 'docker-content-digest': digest }), body: bytes };
    const client = open(await serveReplies((_method, url) => (url.endsWith('/v1') ? found : reply)));
    expect((await headManifest(client, 'x', 'v1'))!.digest).toBe(digest);
    expect((await problemOf(headManifest(client, 'x', 'v2'))).code).toMatch(/^registry-(?:response|denied)$/);
  });

  it('a web page with 200 is named as one', async () => {
    const host = await serveReplies(() => ({ headers: { 'content-type': 'text/html' }, body: '<html></html>' }));
    expect(await problemOf(getManifest(open(host), 'x', 'v1'))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('is not a manifest: the response is a web page.'),
      hint: expect.stringContaining('a login page'),
    });
  });

  it.each([401, 403])('%d is never "absent"', async (status) => {
    const host = await serveReplies(() => ({ status, body: '{"errors":[{"code":"DENIED","message":"not yours"}]}' }));
    const problem = await problemOf(headManifest(open(host), 'x', 'v1'));
    expect(problem).toMatchObject({ code: 'registry-denied', message: expect.stringContaining('not yours') });
  });

  it.each<[string, Record<string, string>, string]>([
    ['digest in the header', { 'docker-content-digest': other }, 'v1'],
    ['digest that was asked for', {}, other],
  ])('a GET whose body does not fit the %s', async (_, more, reference) => {
    let requests = 0;
    const host = await serveReplies(() => ({ headers: { ...headers(more), requests: `${(requests += 1)}` }, body: bytes }));
    const problem = await problemOf(getManifest(open(host), 'x', reference));
    expect(problem).toMatchObject({ code: 'registry-response', message: expect.stringContaining(digest) });
    expect(requests).toBe(5);
  });

  it('a blob whose bytes do not fit, behind a redirect too', async () => {
    const storage = await serveReplies(() => ({ body: 'something else' }));
    const host = await serveReplies(() => ({ status: 307, headers: { location: `http://${storage}/blob` } }));
    for (const place of [storage, host]) {
      expect((await problemOf(getBlob(open(place), 'x', digest))).code).toBe('registry-response');
    }
  });

  it.each([
    ['stated for another digest', { 'docker-content-digest': other }],
    ['stated as nonsense', { 'docker-content-digest': 'x' }],
  ])('a write %s', async (_, more) => {
    const host = await serveReplies(() => ({ status: 201, headers: more }));
    expect((await problemOf(putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST))).code).toBe('registry-response');
  });

  it('a write that states nothing is read back', async () => {
    const serveStored = (reply: Buffer) =>
      serveReplies((method) => (method === 'PUT' ? { status: 201 } : { headers: { 'content-type': OCI_MANIFEST }, body: reply }));
    expect(await putManifest(open(await serveStored(bytes)), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
    const lost = await serveStored(manifestOf(config('arm64')));
    expect((await problemOf(putManifest(open(lost), 'x', 'v1', bytes, OCI_MANIFEST))).code).toBe('registry-response');
  });
});

it.each([200, 201, 202, 204])('a manifest that is accepted with %d is written', async (status) => {
  const bytes = manifestOf(config('amd64'));
  const host = await serveReplies((method) =>
    method === 'PUT' ? { status } : { headers: { 'content-type': OCI_MANIFEST }, body: bytes },
  );
  expect(await putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
});

describe('the last line after a write', () => {
  const bytes = manifestOf(config('amd64'));
  const digest = sha256Digest(bytes);
  const refuse = (status: number): Reply => ({ status, body: '{"errors":[{"code":"DENIED","message":"no"}]}' });
  const lineAfter = (host: string) =>
    withJournal('/w', async (describeChanges) => {
      await putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST).catch(() => undefined);
      return describeChanges();
    });

  it.each([401, 403, 429, 500])('does not claim that nothing changed if the read-back is answered with %d', async (status) => {
    const host = await serveReplies((method) => (method === 'PUT' ? { status: 201 } : refuse(status)));
    expect(await lineAfter(host)).toBe(`Unconfirmed: tagged ${host}/x@${digest} as v1. Nothing else was changed.`);
  });

  it('claims it if the write itself was refused', async () => {
    const host = await serveReplies(() => refuse(403));
    expect(await lineAfter(host)).toBe('No file, image, tag or service was changed.');
  });

  it('has the manifest that was written under its digest, to see whether the tag stays', async () => {
    const host = await serveReplies((method, path) => {
      if (method === 'PUT') return path.includes('sha256:') ? { status: 201 } : refuse(403);
      return { headers: { 'content-type': OCI_MANIFEST }, body: bytes };
    });
    expect(await lineAfter(host)).toBe(`Already done: pushed ${host}/x@${digest}. Nothing else was changed.`);
  });
});
