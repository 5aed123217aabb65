// Blobs and uploads. A blob belongs only to the repositories that it was pushed or mounted to.
import { randomUUID } from 'node:crypto';
import { DIGEST, digestOf, refuse, reply } from './protocol.mjs';

export function createBlobs(store, { mount = true, leastPiece = 0, most = Infinity } = {}) {
  const sessions = new Map();
  const content = (digest) => `blobs/${digest.replace(':', '/')}`;
  const link = (name, digest) => `repositories/${name}/_blobs/${digest.replace(':', '/')}`;
  const find = (name, digest) => (store.get(link(name, digest)) ? store.get(content(digest)) : undefined);

  function save(name, digest, bytes) {
    store.set(content(digest), bytes);
    store.set(link(name, digest), Buffer.from(digest));
    return reply(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
  }

  function open(name) {
    const id = randomUUID();
    sessions.set(id, { name, chunks: [], size: 0 });
    return progress(id, 202);
  }

  // The upload's location changes with every response: a client that uses an old one is refused, as real registries do.
  function progress(id, status) {
    const { name, size } = sessions.get(id);
    const location = `/v2/${name}/blobs/uploads/${id}?_state=${size}`;
    const least = leastPiece > 0 ? { 'oci-chunk-min-length': String(leastPiece) } : {};
    return reply(status, { ...least, location, range: `0-${Math.max(size - 1, 0)}`, 'docker-upload-uuid': id });
  }

  function start({ name, query, body }) {
    const mounted = query.get('mount');
    if (mount && mounted && DIGEST.test(mounted) && find(query.get('from') ?? '', mounted))
      return save(name, mounted, store.get(content(mounted)));
    const digest = query.get('digest');
    return digest ? finish(name, digest, body) : open(name);
  }

  function finish(name, digest, bytes) {
    if (!DIGEST.test(digest) || digestOf(bytes) !== digest)
      return refuse(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    return save(name, digest, bytes);
  }

  function append(session, body, headers) {
    const range = /^(\d+)-(\d+)$/.exec(headers['content-range'] ?? '');
    if (range && Number(range[1]) !== session.size) return false;
    // Only the last piece may be small.
    if (body.length > 0) (session.pieces ??= []).push(...(session.last === undefined ? [] : [session.last]));
    if (body.length > 0) session.last = body.length;
    session.chunks.push(body);
    session.size += body.length;
    return true;
  }

  function upload({ method, name, id, query, body, headers }) {
    const session = sessions.get(id);
    const stale = query.has('_state') && Number(query.get('_state')) !== session?.size;
    if (!session || session.name !== name) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    if (method === 'GET') return progress(id, 204);
    if (method === 'DELETE') return sessions.delete(id) && reply(204);
    if (method !== 'PATCH' && method !== 'PUT') return refuse(405, 'UNSUPPORTED', 'The operation is unsupported.');
    if (body.length > most)
      return reply(413, { 'content-type': 'text/html' }, '<html><h1>413 Request Entity Too Large</h1></html>');
    if (method === 'PUT' && session.pieces?.some((size) => size < leastPiece))
      return refuse(400, 'SIZE_INVALID', 'a piece was too small');
    if (stale) return refuse(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid: this is not the location of the last answer');
    if (!append(session, body, headers)) return { ...progress(id, 416), body: Buffer.alloc(0) };
    if (method === 'PATCH') return progress(id, 202);
    sessions.delete(id);
    return finish(name, query.get('digest') ?? '', Buffer.concat(session.chunks));
  }

  function blob({ method, name, digest, headers }) {
    if (!DIGEST.test(digest)) return refuse(400, 'DIGEST_INVALID', 'provided digest is not a digest');
    const bytes = find(name, digest);
    if (!bytes) return refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    if (method === 'DELETE') return store.remove(link(name, digest)) && reply(202);
    const common = {
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    };
    return headers.range ? part(bytes, headers.range, common) : reply(200, common, bytes);
  }

  return { start, upload, blob, has: (name, digest) => Boolean(find(name, digest)) };
}

function part(bytes, header, common) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === undefined || (first === '' && last === '')) return reply(200, common, bytes);
  const from = first === '' ? Math.max(bytes.length - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (from > to) return reply(416, { 'content-range': `bytes */${bytes.length}` });
  return reply(206, { ...common, 'content-range': `bytes ${from}-${to}/${bytes.length}` }, bytes.subarray(from, to + 1));
}
