import { LIMITS, KdcubeError, isDigest } from '@kdcube/release/internal';
import { carryOut, type Effect, recordUnconfirmed } from '../../system/journal';
import { sendAuthorized } from '../transport/auth';
import {
  endpointUrl,
  sha256Digest,
  referenceName,
  type Registry,
  contentDigest,
  pullScope,
  pushScope,
} from '../transport/connect';
import type { HttpResponse, HttpRequest } from '../transport/types';
import * as manifests from './manifest-format';
import { invalidResponse } from '../transport/problems';
import { isHtml } from '../transport/response-text';
import { sendLookup } from '../tags/look-up';
import { isExistingTag, isMissingRepository, isRefusedOverwrite, unexpectedResponse } from '../responses';

/** The manifest that a tag or a digest names. `size`: of the manifest itself, in bytes. */
export interface ManifestHead {
  digest: string;
  mediaType: string;
  size: number;
}

export interface Manifest {
  digest: string;
  mediaType: string;
  /** As the registry has them: the digest is theirs. */
  bytes: Buffer;
  json: manifests.ImageManifest | manifests.ImageIndex;
}

/** The OCI specification requires at least 4 MiB, and no real manifest or config is near it. */
export const MAX_MANIFEST_BYTES = LIMITS.manifestBytes.max;

interface HeadOptions extends Pick<HttpRequest, 'noRetry'> {
  /** It was just written: a denial does not mean that it does not exist. */
  isWritten?: true;
}

/**
 * The manifest that a tag or a digest names; undefined only if the registry reports that there is none. A missing repository that must be created first (ECR) is
 * the Problem `registry-repository-missing`. The response to a HEAD has no body with a reason, so any status but 200 is followed by a GET, unless the repository is known to exist.
 */
export async function headManifest(
  registry: Registry,
  repository: string,
  reference: string,
  { noRetry, isWritten }: HeadOptions = {},
): Promise<ManifestHead | undefined> {
  const from = referenceName(registry, repository, reference);
  const headers = { accept: manifests.ACCEPT };
  const url = endpointUrl(registry, repository, 'manifests', reference);
  const outgoing: HttpRequest = { method: 'HEAD', url, headers, maxBytes: 0, noRetry };
  const answer = await (isWritten
    ? sendAuthorized(registry, outgoing, pullScope(repository))
    : sendLookup(registry, repository, outgoing));
  if (answer.status === 200) {
    const digest = contentDigest(answer, from);
    const size = answer.headers['content-length'];
    const mediaType = manifests.parseMediaType(answer.headers['content-type'], from);
    if (digest && isDigest(reference) && digest !== reference) throw digestMismatch(from, reference, digest);
    if (digest && mediaType && size !== undefined && Number(size) <= MAX_MANIFEST_BYTES) {
      markExisting(registry, repository);
      return { digest, mediaType, size: Number(size) };
    }
  }
  const isPlain404 = answer.status === 404 && !isHtml(answer);
  if (isPlain404 && (await registry.existingRepositories.get(repository))) return undefined;
  const reading = fetchManifest(registry, repository, reference, isWritten);
  // A parallel look-up of another tag waits for the result: it shows whether the repository exists.
  const proof = reading.then(
    () => true,
    () => registry.existingRepositories.delete(repository) && false,
  );
  if (isPlain404) registry.existingRepositories.set(repository, proof);
  const manifest = await reading;
  return manifest && { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length };
}

function markExisting(registry: Registry, repository: string): void {
  registry.existingRepositories.set(repository, Promise.resolve(true));
}

/** A manifest or an index, its digest and its shape verified. Throws the Problem `image-not-found` when there is none. */
export async function getManifest(registry: Registry, repository: string, reference: string): Promise<Manifest> {
  const manifest = await fetchManifest(registry, repository, reference);
  if (manifest) return manifest;
  throw notFound(`${referenceName(registry, repository, reference)} does not exist.`);
}

/** A manifest or an index, its digest and its shape verified; undefined only if the registry reports that there is none. */
export function findManifest(registry: Registry, repository: string, reference: string): Promise<Manifest | undefined> {
  const reading = fetchManifest(registry, repository, reference);
  // A parallel look-up of another tag waits for the result: it shows whether the repository exists.
  const proof = reading.then(
    () => true,
    () => registry.existingRepositories.delete(repository) && false,
  );
  if (!registry.existingRepositories.has(repository)) registry.existingRepositories.set(repository, proof);
  return reading;
}

/**
 * Puts a manifest under a tag, which is also how a tag is added to an existing digest. `immutable` if the tag exists and the repository does not allow it to be overwritten,
 * not even with the same digest. Throws `registry-denied`, `registry-repository-missing` and `registry-response`.
 */
export function putManifest(
  registry: Registry,
  repository: string,
  tag: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<'written' | 'immutable'> {
  const effect = tagEffect(registry, repository, sha256Digest(bytes), tag);
  return carryOut(
    effect,
    () => sendManifest(registry, repository, tag, bytes, mediaType, effect),
    (how) => how === 'written',
  );
}

function tagEffect({ host }: Registry, repository: string, digest: string, reference: string): Effect {
  return { kind: 'tag', repository: `${host}/${repository}`, digest, reference };
}

async function sendManifest(
  registry: Registry,
  repository: string,
  tag: string,
  bytes: Uint8Array,
  mediaType: string,
  effect: Effect,
): Promise<'written' | 'immutable'> {
  const from = referenceName(registry, repository, tag);
  const url = endpointUrl(registry, repository, 'manifests', tag);
  const outgoing = {
    method: 'PUT',
    url,
    headers: { 'content-type': mediaType },
    body: bytes,
    maxBytes: MAX_MANIFEST_BYTES,
  } as const;
  const answer = await sendAuthorized(registry, outgoing, pushScope(repository));
  // Quay answers 202, and older registries too.
  if (isAccepted(answer)) {
    recordUnconfirmed(effect);
    const digest = contentDigest(answer, from) ?? (await headManifest(registry, repository, tag, { isWritten: true }))?.digest;
    if (digest !== sha256Digest(bytes)) throw digestMismatch(from, sha256Digest(bytes), digest ?? 'none');
    return 'written';
  }
  if (await isTagImmutable(registry, repository, outgoing, answer)) return 'immutable';
  throw await unexpectedResponse(registry, repository, `write ${from}`, answer);
}

async function fetchManifest(
  registry: Registry,
  repository: string,
  reference: string,
  isWritten?: true,
): Promise<Manifest | undefined> {
  const from = referenceName(registry, repository, reference);
  const url = endpointUrl(registry, repository, 'manifests', reference);
  const validate = (answer: HttpResponse) => void (answer.status === 200 && verifiedDigest(answer, reference, from));
  const outgoing: HttpRequest = {
    method: 'GET',
    url,
    headers: { accept: manifests.ACCEPT },
    maxBytes: MAX_MANIFEST_BYTES,
    validate,
  };
  const answer = await (isWritten
    ? sendAuthorized(registry, outgoing, pullScope(repository))
    : sendLookup(registry, repository, outgoing));
  if (answer.status === 404 && !isHtml(answer) && !isMissingRepository(registry, answer)) return undefined;
  if (answer.status !== 200) throw await unexpectedResponse(registry, repository, `read ${from}`, answer);
  markExisting(registry, repository);
  const read = manifests.parseManifest(answer.body, answer.headers['content-type'], from);
  return { ...read, digest: sha256Digest(answer.body), bytes: answer.body };
}

function verifiedDigest(answer: HttpResponse, reference: string, from: string): void {
  if (isHtml(answer))
    throw invalidResponse(
      `${from} is not a manifest: the response is a web page.`,
      'check whether a proxy or a login page answers instead of the registry',
    );
  const digest = sha256Digest(answer.body);
  const expected = isDigest(reference) ? reference : (contentDigest(answer, from) ?? digest);
  if (digest !== expected) throw digestMismatch(from, expected, digest);
}

/** How registries refuse to overwrite a tag. */
const OVERWRITE_REFUSALS = [400, 401, 403, 405, 409, 412, 423];

/**
 * Whether a refused write means that the tag is immutable. Registries report it in many ways. Some only deny the write, as for a login
 * without the right to write: if they accept the same manifest under its digest, the tag is immutable.
 */
async function isTagImmutable(
  registry: Registry,
  repository: string,
  outgoing: HttpRequest & { body: Uint8Array },
  answer: HttpResponse,
): Promise<boolean> {
  const { status } = answer;
  const reference = outgoing.url.pathname.split('/').at(-1)!;
  if (!OVERWRITE_REFUSALS.includes(status) || isDigest(reference)) return false;
  if (isExistingTag(answer)) return true;
  // Nexus without redeployment refuses every further tag of an image, with the words for a tag that exists.
  if (!(await headManifest(registry, repository, reference))) return false;
  if (isRefusedOverwrite(answer) || ![400, 401, 403].includes(status)) return true;
  const digest = sha256Digest(outgoing.body);
  const url = endpointUrl(registry, repository, 'manifests', digest);
  // An effect of its own: the registry may not have had the manifest.
  return carryOut(
    tagEffect(registry, repository, digest, digest),
    async () => isAccepted(await sendAuthorized(registry, { ...outgoing, url }, pushScope(repository))),
    (accepted) => accepted,
  );
}

function isAccepted({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

export function notFound(message: string, hint?: string): KdcubeError {
  return new KdcubeError({ code: 'image-not-found', message, hint });
}

export function digestMismatch(from: string, expected: string, digest: string): KdcubeError {
  return invalidResponse(`${from} has the wrong digest: expected ${expected}, got ${digest}.`);
}
