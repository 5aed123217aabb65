import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import type { Repository } from './blobs/blobs';
import { nextPage } from './tags/list-tags';
import { type Descriptor, isIndex, OCI_INDEX, parseManifest } from './manifests/manifest-format';
import { findManifest, putManifest } from './manifests/manifests';
import { isMissingRepository, unexpectedResponse } from './responses';
import { sendLookup } from './tags/look-up';
import { checkRepository, referenceName } from './transport/connect';
import { invalidResponse } from './transport/problems';
import { isHtml } from './transport/response-text';
import type { HttpRequest } from './transport/types';

/** A manifest that names another one as its subject, as an index of referrers lists it. */
export type Referrer = Descriptor & { artifactType?: string };

/** The tag that stands in for the referrers API where a registry has none: the index of the manifests that refer to a digest. */
export function referrersTag(digest: string): string {
  return digest.replace(':', '-');
}

/**
 * The manifests that refer to a digest: from the referrers API, or from the tag where the registry does not have that API. Anyone with write access can add entries: they prove nothing.
 * Problem `registry-response` for what is no index.
 */
export async function listReferrers(place: Repository, digest: string): Promise<Referrer[]> {
  return (await fromApi(place, digest)) ?? (await fromTag(place, digest));
}

/** The responses of registries without the referrers API. */
const NO_SUCH_API = [400, 404, 405, 406, 410, 501];

/** Undefined where the registry does not have the API. */
async function fromApi({ registry, repository }: Repository, digest: string): Promise<Referrer[] | undefined> {
  checkRepository(repository);
  const from = `the referrers of ${referenceName(registry, repository, digest)}`;
  const found: Referrer[] = [];
  let url: URL | undefined = new URL(`/v2/${repository}/referrers/${digest}`, registry.base);
  for (let page = 0; url && page < LIMITS.referrerPages.max; page += 1) {
    const outgoing: HttpRequest = { method: 'GET', url, headers: { accept: OCI_INDEX }, maxBytes: LIMITS.manifestBytes.max };
    const answer = await sendLookup(registry, repository, outgoing);
    if (page === 0 && NO_SUCH_API.includes(answer.status) && !isMissingRepository(registry, answer)) return undefined;
    if (answer.status !== 200) throw await unexpectedResponse(registry, repository, `read ${from}`, answer);
    if (isHtml(answer)) return undefined;
    const { json } = parseManifest(answer.body, answer.headers['content-type'], from);
    if (!isIndex(json)) throw invalidResponse(`${from} are not an index.`);
    found.push(...json.manifests);
    url = nextPage(answer.headers.link, registry, url);
  }
  return found;
}

async function fromTag({ registry, repository }: Repository, digest: string): Promise<Referrer[]> {
  const tag = referrersTag(digest);
  const found = await findManifest(registry, repository, tag);
  if (!found) return [];
  if (!isIndex(found.json)) throw invalidResponse(`${referenceName(registry, repository, tag)} is not an index of referrers.`);
  return found.json.manifests;
}

/** How often the tag is written again after a concurrent write. */
const ATTEMPTS = 5;

/** Makes a manifest that is in the registry findable from its subject. Reads back what the registry lists: that is what counts. */
export async function addReferrer(place: Repository, digest: string, referrer: Referrer): Promise<void> {
  const isListed = (list: readonly Referrer[] | undefined) => list?.some((each) => each.digest === referrer.digest);
  if (isListed(await fromApi(place, digest))) return;
  const { registry, repository } = place;
  const tag = referrersTag(digest);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const existing = await fromTag(place, digest);
    if (isListed(existing)) return;
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...existing, referrer] };
    const how = await putManifest(registry, repository, tag, Buffer.from(JSON.stringify(index)), OCI_INDEX);
    if (how === 'immutable') throw immutableTag(referenceName(registry, repository, tag));
  }
  if (isListed(await fromTag(place, digest))) return;
  throw new KdcubeError({
    code: 'registry-response',
    message: `${registry.host} accepted ${referenceName(registry, repository, tag)}, but does not list ${referrer.digest} in it.`,
  });
}

function immutableTag(name: string): KdcubeError {
  return new KdcubeError({
    code: 'tag-exists',
    message: `${name} lists the signatures of an image. The registry does not let it change, because the repository's tags are immutable, and it has no referrers API.`,
    hint: 'except sha256-* from the immutable tags of the repository',
  });
}
