// Manifests and tags. A manifest is accepted only if everything that it references is in its repository.
import { DIGEST, TAG, digestOf, json, refuse, reply } from './protocol.mjs';

const INDEXES = new Set(['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']);
const IMAGES = new Set(['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']);

/** `isImmutable(name)`: whether tags of this repository may not be written twice, not even with the same digest (as ECR has it). */
export function createManifests(store, blobs, isImmutable) {
  const tagKey = (name, tag) => `repositories/${name}/_tags/${tag}`;
  const bytesKey = (name, digest) => `repositories/${name}/_manifests/${digest.replace(':', '/')}`;
  const typeKey = (name, digest) => `repositories/${name}/_types/${digest.replace(':', '/')}`;
  const timeKey = (name, digest) => `repositories/${name}/_times/${digest.replace(':', '/')}`;
  const tagsOf = (name) => store.list(`repositories/${name}/_tags`);
  const digestFor = (name, reference) => (DIGEST.test(reference) ? reference : store.get(tagKey(name, reference))?.toString());

  function missing(name, manifest) {
    if (manifest.manifests) return manifest.manifests.filter(({ digest }) => !store.get(bytesKey(name, digest)));
    return [manifest.config, ...manifest.layers].filter(({ digest, urls }) => !urls && !blobs.has(name, digest));
  }

  function put({ name, reference, body, headers }) {
    const type = (headers['content-type'] ?? '').split(';')[0];
    const digest = digestOf(body);
    const byDigest = reference.includes(':');
    if (byDigest && reference !== digest) return refuse(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    if (!byDigest && !TAG.test(reference)) return refuse(400, 'TAG_INVALID', 'manifest tag is not valid');
    const manifest = parse(body, type);
    if (!manifest) return refuse(400, 'MANIFEST_INVALID', 'manifest invalid');
    const absent = missing(name, manifest);
    if (absent.length > 0)
      return refuse(400, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${absent.map((entry) => entry.digest).join(', ')}`);
    if (!byDigest && isImmutable(name) && store.get(tagKey(name, reference))) {
      return refuse(
        400,
        'TAG_INVALID',
        `The image tag '${reference}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`,
      );
    }
    store.set(bytesKey(name, digest), body);
    store.set(typeKey(name, digest), Buffer.from(type));
    store.set(timeKey(name, digest), Buffer.from(String(Date.now())));
    if (!byDigest) store.set(tagKey(name, reference), Buffer.from(digest));
    return reply(201, { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest });
  }

  function remove(name, reference) {
    if (!DIGEST.test(reference)) return store.remove(tagKey(name, reference)) ? reply(202) : unknown(reference);
    if (!store.remove(bytesKey(name, reference))) return unknown(reference);
    for (const tag of tagsOf(name)) if (store.get(tagKey(name, tag))?.toString() === reference) store.remove(tagKey(name, tag));
    return reply(202);
  }

  function manifest(request) {
    const { method, name, reference } = request;
    if (method === 'PUT') return put(request);
    if (method === 'DELETE') return remove(name, reference);
    const digest = digestFor(name, reference);
    const bytes = digest && store.get(bytesKey(name, digest));
    if (!bytes) return unknown(reference);
    const type = store.get(typeKey(name, digest)).toString();
    return reply(200, { 'content-type': type, 'docker-content-digest': digest, etag: `"${digest}"` }, bytes);
  }

  function tags({ name, query }) {
    const all = tagsOf(name);
    if (all.length === 0 && store.list(`repositories/${name}/_manifests`).length === 0)
      return refuse(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    const rest = all.filter((tag) => tag > (query.get('last') ?? ''));
    const page = query.has('n') ? rest.slice(0, Number(query.get('n'))) : rest;
    const next =
      page.length > 0 &&
      page.length < rest.length &&
      `</v2/${name}/tags/list?last=${page.at(-1)}&n=${query.get('n')}>; rel="next"`;
    return json(200, { name, tags: page }, next ? { link: next } : {});
  }

  /** The manifests whose subject is a digest, two a page. */
  function referrers({ name, digest, query }) {
    const all = store.list(`repositories/${name}/_manifests`).flatMap((key) => {
      const found = `sha256:${key.split('/').at(-1)}`;
      const bytes = store.get(bytesKey(name, found));
      const { subject, artifactType, annotations } = JSON.parse(bytes.toString('utf8'));
      const mediaType = store.get(typeKey(name, found)).toString();
      return subject?.digest === digest ? [{ mediaType, digest: found, size: bytes.length, artifactType, annotations }] : [];
    });
    const from = Number(query.get('from') ?? 0);
    const next = from + 2 < all.length && `</v2/${name}/referrers/${digest}?from=${from + 2}>; rel="next"`;
    const type = 'application/vnd.oci.image.index.v1+json';
    const index = { schemaVersion: 2, mediaType: type, manifests: all.slice(from, from + 2) };
    return json(200, index, { 'content-type': type, ...(next && { link: next }) });
  }

  function catalog() {
    const names = store.list('repositories').flatMap((key) => /^(.+)\/_tags\//.exec(key)?.[1] ?? []);
    return json(200, { repositories: [...new Set(names)].sort() });
  }

  /** Every manifest of a repository, also those without a tag, as only Amazon's API lists them: { digest, tags, pushedAt }. */
  function images(name) {
    const tags = tagsOf(name).map((tag) => [tag, store.get(tagKey(name, tag))?.toString()]);
    return store.list(`repositories/${name}/_manifests`).map((key) => {
      const digest = key.replace('/', ':');
      const own = tags.filter(([, of]) => of === digest).map(([tag]) => tag);
      return { digest, tags: own, pushedAt: Number(store.get(timeKey(name, digest)) ?? 0) };
    });
  }

  return { manifest, tags, referrers, catalog, images, remove };
}

function unknown(reference) {
  return refuse(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${reference}`);
}

function parse(body, type) {
  try {
    const manifest = JSON.parse(body.toString('utf8'));
    if (manifest.schemaVersion !== 2 || (manifest.mediaType && manifest.mediaType !== type)) return undefined;
    if (INDEXES.has(type)) return Array.isArray(manifest.manifests) ? manifest : undefined;
    return IMAGES.has(type) && manifest.config?.digest && Array.isArray(manifest.layers) ? manifest : undefined;
  } catch {
    return undefined;
  }
}
