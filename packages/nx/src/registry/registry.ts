import { KdcubeError, isDigest, quoted } from '@kdcube/release/internal';
import { authorized, hasCredentials } from './transport/auth';
import { addressOf, digestOf, nameOf, type Registry, statedDigest } from './transport/connect';
import type { Answer, Outgoing } from './transport/types';
import * as manifests from './manifest';
import { denied, ecrRegion, errorsIn, isWebPage, oddAnswer, repositoryMissing, saidBy } from './transport/problems';

export type { Credentials } from './transport/docker-config';
export { connect, type ConnectOptions, type Registry } from './transport/connect';
export type { Descriptor, ImageConfig, ImageIndex, ImageManifest, Platform } from './manifest';

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
const LIMIT = 4 * 1024 * 1024;

/**
 * What a tag or a digest stands for; undefined only when the registry says that it has none. A repository that must be made first (ECR) and is not there is
 * the Problem `registry-repository-missing`. A HEAD has no body to say why, so an answer that is not plainly "here" is followed by a GET, unless this repository has answered before.
 * `once`: a failure is not waited for.
 */
export async function headManifest(
  registry: Registry,
  repository: string,
  reference: string,
  { once }: Pick<Outgoing, 'once'> = {},
): Promise<ManifestHead | undefined> {
  const from = nameOf(registry, repository, reference);
  const headers = { accept: manifests.ACCEPT };
  const url = addressOf(registry, repository, 'manifests', reference);
  const answer = await authorized(registry, { method: 'HEAD', url, headers, limit: 0, once }, pull(repository));
  if (answer.status === 200) {
    const digest = statedDigest(answer, from);
    const size = answer.headers['content-length'];
    const mediaType = manifests.manifestType(answer.headers['content-type'], from);
    if (digest && isDigest(reference) && digest !== reference) throw wrongDigest(from, reference, digest);
    if (digest && mediaType && size !== undefined && Number(size) <= LIMIT) {
      proves(registry, repository);
      return { digest, mediaType, size: Number(size) };
    }
  }
  const isPlain404 = answer.status === 404 && !isWebPage(answer);
  if (isPlain404 && (await registry.proved.get(repository))) return undefined;
  const reading = readManifest(registry, repository, reference);
  // Whoever asks for another tag meanwhile waits for what this says of the repository.
  const proof = reading.then(
    () => true,
    () => registry.proved.delete(repository) && false,
  );
  if (isPlain404) registry.proved.set(repository, proof);
  const manifest = await reading;
  return manifest && { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length };
}

function proves(registry: Registry, repository: string): void {
  registry.proved.set(repository, Promise.resolve(true));
}

/** A manifest or an index, its digest and its shape verified. Throws the Problem `image-not-found` when there is none. */
export async function getManifest(registry: Registry, repository: string, reference: string): Promise<Manifest> {
  const manifest = await readManifest(registry, repository, reference);
  if (manifest) return manifest;
  throw notFound(`${nameOf(registry, repository, reference)} does not exist.`);
}

/**
 * Puts a manifest under a tag: how a tag is added to a digest that is there. `immutable` when the tag exists and the repository does not let it move,
 * be it to the same digest. Throws `registry-denied`, `registry-repository-missing` and `registry-answer`.
 */
export async function putManifest(
  registry: Registry,
  repository: string,
  tag: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<'written' | 'immutable'> {
  const from = nameOf(registry, repository, tag);
  const url = addressOf(registry, repository, 'manifests', tag);
  const outgoing: Outgoing = { method: 'PUT', url, headers: { 'content-type': mediaType }, body: bytes, limit: LIMIT };
  const answer = await authorized(registry, outgoing, `repository:${repository}:pull,push`);
  if (answer.status === 200 || answer.status === 201) {
    const digest = statedDigest(answer, from) ?? (await headManifest(registry, repository, tag))?.digest;
    if (digest !== digestOf(bytes)) throw wrongDigest(from, digestOf(bytes), digest ?? 'none');
    return 'written';
  }
  if (await isImmutable(registry, repository, tag, answer)) return 'immutable';
  throw await refused(registry, repository, `to write ${from}`, answer);
}

/** A small blob, its digest verified. `maxBytes` defaults to 4 MiB. Throws `image-not-found` when the registry does not have it. */
export async function getBlob(
  registry: Registry,
  repository: string,
  digest: string,
  { maxBytes = LIMIT }: { maxBytes?: number } = {},
): Promise<Buffer> {
  const from = nameOf(registry, repository, digest);
  const check = ({ status, body }: Answer) => {
    if (status === 200 && digestOf(body) !== digest) throw wrongDigest(from, digest, digestOf(body));
  };
  const url = addressOf(registry, repository, 'blobs', digest);
  const answer = await authorized(registry, { method: 'GET', url, headers: {}, limit: maxBytes, check }, pull(repository));
  if (answer.status === 200) return answer.body;
  if (answer.status === 404 && !isWebPage(answer)) throw notFound(`The blob ${from} does not exist.`);
  throw await refused(registry, repository, `to give ${from}`, answer);
}

/** An image for one platform: its manifest and its config, also as the registry has them. */
export interface FoundImage {
  digest: string;
  mediaType: string;
  manifest: manifests.ImageManifest;
  config: manifests.ImageConfig;
  bytes: { manifest: Buffer; config: Buffer };
}

/** The manifest and the config of an image for one platform (`linux/amd64`): of an index, the child that fits. Throws `image-not-found`, naming what is there. */
export async function imageConfig(
  registry: Registry,
  repository: string,
  reference: string,
  platform: string,
): Promise<FoundImage> {
  const wanted = manifests.parsePlatform(platform);
  const from = nameOf(registry, repository, reference);
  const top = await getManifest(registry, repository, reference);
  const chosen = manifests.isIndex(top.json) ? await childOf(registry, repository, top.json, wanted, from) : top;
  const manifest = chosen.json as manifests.ImageManifest;
  if (manifests.isIndex(chosen.json)) throw oddAnswer(`${from} is an index of indexes, which no image is.`);
  if (!manifests.isImage(manifest)) throw notFound(`${from} is no image: its config is ${quoted(manifest.config.mediaType)}.`);
  const { digest, size } = manifest.config;
  if (size > LIMIT) throw oddAnswer(`The config of ${from} has ${size} bytes, more than any image.`);
  const bytes = await getBlob(registry, repository, digest, { maxBytes: size });
  const config = manifests.readConfig(bytes, manifest, from);
  if (!manifests.samePlatform(config, wanted)) throw wrongPlatform(from, platform, [manifests.platformName(config)]);
  return {
    digest: chosen.digest,
    mediaType: chosen.mediaType,
    manifest,
    config,
    bytes: { manifest: chosen.bytes, config: bytes },
  };
}

async function childOf(
  registry: Registry,
  repository: string,
  index: manifests.ImageIndex,
  wanted: manifests.Platform,
  from: string,
): Promise<Manifest> {
  const child = manifests.chooseChild(index, wanted);
  if (!child) throw wrongPlatform(from, manifests.platformName(wanted), manifests.platformsOf(index));
  return getManifest(registry, repository, child.digest);
}

async function readManifest(registry: Registry, repository: string, reference: string): Promise<Manifest | undefined> {
  const from = nameOf(registry, repository, reference);
  const url = addressOf(registry, repository, 'manifests', reference);
  const check = (answer: Answer) => void (answer.status === 200 && verifiedDigest(answer, reference, from));
  const outgoing: Outgoing = { method: 'GET', url, headers: { accept: manifests.ACCEPT }, limit: LIMIT, check };
  const answer = await authorized(registry, outgoing, pull(repository));
  if (answer.status === 404 && !isWebPage(answer) && !isMissingRepository(registry, answer)) return undefined;
  if (answer.status !== 200) throw await refused(registry, repository, `to give ${from}`, answer);
  proves(registry, repository);
  const read = manifests.readManifest(answer.body, answer.headers['content-type'], from);
  return { ...read, digest: digestOf(answer.body), bytes: answer.body };
}

function verifiedDigest(answer: Answer, reference: string, from: string): void {
  if (isWebPage(answer))
    throw oddAnswer(`${from}: a web page came instead of a manifest.`, 'look whether a proxy or a login page is between');
  const digest = digestOf(answer.body);
  const expected = isDigest(reference) ? reference : (statedDigest(answer, from) ?? digest);
  if (digest !== expected) throw wrongDigest(from, expected, digest);
}

/**
 * NAME_UNKNOWN means two things: a plain registry says it of a repository in which nothing is yet, and makes that by itself; Amazon's and Google's say it of
 * one that somebody must make first. Only their words tell them apart.
 */
export function isMissingRepository({ host }: Registry, answer: Answer): boolean {
  const needsMaking = /does not exist in the registry|^repository ".*" not found/i;
  return errorsIn(answer).some(
    ({ code, message }) => code === 'NAME_UNKNOWN' && (ecrRegion(host) !== undefined || needsMaking.test(message)),
  );
}

/** Whether a refused write means "this tag exists and stays". Registries say it in many ways; where they say only "not allowed", the tag itself is asked for. */
async function isImmutable(registry: Registry, repository: string, tag: string, answer: Answer): Promise<boolean> {
  if (![400, 403, 405, 409, 412].includes(answer.status)) return false;
  const said = errorsIn(answer).map(({ message }) => message);
  if (said.some((message) => /immutab|already exists|cannot be overwritten|AlreadyExists/i.test(message))) return true;
  return [405, 409, 412].includes(answer.status) && (await headManifest(registry, repository, tag)) !== undefined;
}

/** The Problem for an answer that is not what was asked for. `what` continues "was asked" and "refuses". */
export async function refused(registry: Registry, repository: string, what: string, answer: Answer): Promise<KdcubeError> {
  const said = saidBy(answer, registry.transport.secrets);
  if (answer.status === 401 || answer.status === 403) return denied(registry.host, what, said, await hasCredentials(registry));
  if (answer.status === 404 && isMissingRepository(registry, answer)) return repositoryMissing(registry.host, repository, said);
  return oddAnswer(`${registry.host} was asked ${what} and answered ${said}${elsewhere(answer)}.`);
}

/** What is written is not taken to another address: nobody has said that it may be trusted with it. */
function elsewhere({ status, headers }: Answer): string {
  const to = headers.location;
  if (status < 300 || status > 399 || to === undefined || !URL.canParse(to)) return '';
  return `, which leads to ${new URL(to).host} and is not followed`;
}

function pull(repository: string): string {
  return `repository:${repository}:pull`;
}

function notFound(message: string, hint?: string): KdcubeError {
  return new KdcubeError({ code: 'image-not-found', message, hint });
}

function wrongPlatform(from: string, platform: string, there: string[]): KdcubeError {
  return notFound(`${from} has no image for ${platform}. It is there for ${there.join(', ') || 'no platform at all'}.`);
}

function wrongDigest(from: string, expected: string, digest: string): KdcubeError {
  return oddAnswer(`${from} is not what it should be: expected ${expected}, got ${digest}.`);
}
