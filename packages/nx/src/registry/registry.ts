import { KdcubeError, isDigest, quoted } from '@kdcube/release/internal';
import { sendAuthorized, hasCredentials } from './transport/auth';
import { endpointUrl, sha256Digest, referenceName, type Registry, contentDigest } from './transport/connect';
import type { HttpResponse, HttpRequest } from './transport/types';
import * as manifests from './manifest';
import {
  accessDenied,
  ecrRegion,
  parseErrors,
  isHtml,
  invalidResponse,
  repositoryMissing,
  describeResponse,
} from './transport/problems';

export { connect, type ConnectOptions, type Registry } from './transport/connect';
export type { Descriptor } from './manifest';

/** What a tag or a digest stands for. `size` is the manifest's own, in bytes. */
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

/** The registry protocol asks for at least 4 MiB, and no real manifest or config comes near. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/**
 * What a tag or a digest stands for; undefined only when the registry says that it has none. A repository that must be made first (ECR) and is not there is
 * the Problem `registry-repository-missing`. A HEAD has no body to say why, so an answer that is not plainly "here" is followed by a GET, unless this repository has answered before.
 * `noRetry`: a failure is not retried.
 */
export async function headManifest(
  registry: Registry,
  repository: string,
  reference: string,
  { noRetry }: Pick<HttpRequest, 'noRetry'> = {},
): Promise<ManifestHead | undefined> {
  const from = referenceName(registry, repository, reference);
  const headers = { accept: manifests.ACCEPT };
  const url = endpointUrl(registry, repository, 'manifests', reference);
  const answer = await sendAuthorized(registry, { method: 'HEAD', url, headers, maxBytes: 0, noRetry }, pullScope(repository));
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
  const reading = fetchManifest(registry, repository, reference);
  // Whoever asks for another tag meanwhile waits for what this says of the repository.
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

/**
 * Puts a manifest under a tag: how a tag is added to a digest that is there. `immutable` when the tag exists and the repository does not let it move,
 * be it to the same digest. Throws `registry-denied`, `registry-repository-missing` and `registry-response`.
 */
export async function putManifest(
  registry: Registry,
  repository: string,
  tag: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<'written' | 'immutable'> {
  const from = referenceName(registry, repository, tag);
  const url = endpointUrl(registry, repository, 'manifests', tag);
  const outgoing: HttpRequest = {
    method: 'PUT',
    url,
    headers: { 'content-type': mediaType },
    body: bytes,
    maxBytes: MAX_MANIFEST_BYTES,
  };
  const answer = await sendAuthorized(registry, outgoing, `repository:${repository}:pull,push`);
  if (answer.status === 200 || answer.status === 201) {
    const digest = contentDigest(answer, from) ?? (await headManifest(registry, repository, tag))?.digest;
    if (digest !== sha256Digest(bytes)) throw digestMismatch(from, sha256Digest(bytes), digest ?? 'none');
    return 'written';
  }
  if (await isTagImmutable(registry, repository, tag, answer)) return 'immutable';
  throw await unexpectedResponse(registry, repository, `to write ${from}`, answer);
}

/** A small blob, its digest verified. `maxBytes` defaults to 4 MiB. Throws `image-not-found` when the registry does not have it. */
export async function getBlob(
  registry: Registry,
  repository: string,
  digest: string,
  { maxBytes = MAX_MANIFEST_BYTES }: { maxBytes?: number } = {},
): Promise<Buffer> {
  const from = referenceName(registry, repository, digest);
  const validate = ({ status, body }: HttpResponse) => {
    if (status === 200 && sha256Digest(body) !== digest) throw digestMismatch(from, digest, sha256Digest(body));
  };
  const url = endpointUrl(registry, repository, 'blobs', digest);
  const answer = await sendAuthorized(registry, { method: 'GET', url, headers: {}, maxBytes, validate }, pullScope(repository));
  if (answer.status === 200) return answer.body;
  if (answer.status === 404 && !isHtml(answer)) throw notFound(`The blob ${from} does not exist.`);
  throw await unexpectedResponse(registry, repository, `to give ${from}`, answer);
}

/** An image for one platform: its manifest and its config, also as the registry has them. */
export interface RegistryImage {
  digest: string;
  mediaType: string;
  manifest: manifests.ImageManifest;
  config: manifests.ImageConfig;
  bytes: { manifest: Buffer; config: Buffer };
}

/** The manifest and the config of an image for one platform (`linux/amd64`): of an index, the child that fits. Throws `image-not-found`, naming what is there. */
export async function getImage(
  registry: Registry,
  repository: string,
  reference: string,
  platform: string,
): Promise<RegistryImage> {
  const wanted = manifests.parsePlatform(platform);
  const from = referenceName(registry, repository, reference);
  const top = await getManifest(registry, repository, reference);
  const chosen = manifests.isIndex(top.json) ? await getPlatformManifest(registry, repository, top.json, wanted, from) : top;
  const manifest = chosen.json as manifests.ImageManifest;
  if (manifests.isIndex(chosen.json)) throw invalidResponse(`${from} is an index of indexes, which no image is.`);
  if (!manifests.isImageManifest(manifest))
    throw notFound(`${from} is no image: its config is ${quoted(manifest.config.mediaType)}.`);
  const { digest, size } = manifest.config;
  if (size > MAX_MANIFEST_BYTES) throw invalidResponse(`The config of ${from} has ${size} bytes, more than any image.`);
  const bytes = await getBlob(registry, repository, digest, { maxBytes: size });
  const config = manifests.parseConfig(bytes, manifest, from);
  if (!manifests.matchesPlatform(config, wanted)) throw wrongPlatform(from, platform, [manifests.formatPlatform(config)]);
  return {
    digest: chosen.digest,
    mediaType: chosen.mediaType,
    manifest,
    config,
    bytes: { manifest: chosen.bytes, config: bytes },
  };
}

async function getPlatformManifest(
  registry: Registry,
  repository: string,
  index: manifests.ImageIndex,
  wanted: manifests.Platform,
  from: string,
): Promise<Manifest> {
  const child = manifests.selectPlatform(index, wanted);
  if (!child) throw wrongPlatform(from, manifests.formatPlatform(wanted), manifests.listPlatforms(index));
  return getManifest(registry, repository, child.digest);
}

async function fetchManifest(registry: Registry, repository: string, reference: string): Promise<Manifest | undefined> {
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
  const answer = await sendAuthorized(registry, outgoing, pullScope(repository));
  if (answer.status === 404 && !isHtml(answer) && !isMissingRepository(registry, answer)) return undefined;
  if (answer.status !== 200) throw await unexpectedResponse(registry, repository, `to give ${from}`, answer);
  markExisting(registry, repository);
  const read = manifests.parseManifest(answer.body, answer.headers['content-type'], from);
  return { ...read, digest: sha256Digest(answer.body), bytes: answer.body };
}

function verifiedDigest(answer: HttpResponse, reference: string, from: string): void {
  if (isHtml(answer))
    throw invalidResponse(`${from}: a web page came instead of a manifest.`, 'look whether a proxy or a login page is between');
  const digest = sha256Digest(answer.body);
  const expected = isDigest(reference) ? reference : (contentDigest(answer, from) ?? digest);
  if (digest !== expected) throw digestMismatch(from, expected, digest);
}

/**
 * NAME_UNKNOWN means two things: a plain registry says it of a repository in which nothing is yet, and makes that by itself; Amazon's and Google's say it of
 * one that somebody must make first. Only their words tell them apart.
 */
export function isMissingRepository({ host }: Registry, answer: HttpResponse): boolean {
  const needsMaking = /does not exist in the registry|^repository ".*" not found/i;
  return parseErrors(answer).some(
    ({ code, message }) => code === 'NAME_UNKNOWN' && (ecrRegion(host) !== undefined || needsMaking.test(message)),
  );
}

/** Whether a refused write means "this tag exists and stays". Registries say it in many ways; where they say only "not allowed", the tag itself is asked for. */
async function isTagImmutable(registry: Registry, repository: string, tag: string, answer: HttpResponse): Promise<boolean> {
  if (![400, 403, 405, 409, 412].includes(answer.status)) return false;
  const messages = parseErrors(answer).map(({ message }) => message);
  if (messages.some((message) => /immutab|already exists|cannot be overwritten|AlreadyExists/i.test(message))) return true;
  return [405, 409, 412].includes(answer.status) && (await headManifest(registry, repository, tag)) !== undefined;
}

/** The Problem for an answer that is not what was asked for. `what` continues "was asked" and "refuses". */
export async function unexpectedResponse(
  registry: Registry,
  repository: string,
  what: string,
  answer: HttpResponse,
): Promise<KdcubeError> {
  const response = describeResponse(answer, registry.transport.secrets);
  if (answer.status === 401 || answer.status === 403)
    return accessDenied(registry.host, what, response, await hasCredentials(registry));
  if (answer.status === 404 && isMissingRepository(registry, answer))
    return repositoryMissing(registry.host, repository, response);
  return invalidResponse(`${registry.host} was asked ${what} and answered ${response}${redirectNote(answer)}.`);
}

/** What is written is not taken to another address: nobody has said that it may be trusted with it. */
function redirectNote({ status, headers }: HttpResponse): string {
  const to = headers.location;
  if (status < 300 || status > 399 || to === undefined || !URL.canParse(to)) return '';
  return `, which leads to ${new URL(to).host} and is not followed`;
}

function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

function notFound(message: string, hint?: string): KdcubeError {
  return new KdcubeError({ code: 'image-not-found', message, hint });
}

function wrongPlatform(from: string, platform: string, available: string[]): KdcubeError {
  return notFound(`${from} has no image for ${platform}. It is there for ${available.join(', ') || 'no platform at all'}.`);
}

function digestMismatch(from: string, expected: string, digest: string): KdcubeError {
  return invalidResponse(`${from} is not what it should be: expected ${expected}, got ${digest}.`);
}
