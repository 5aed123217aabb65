import { KdcubeError } from '@kdcube/release/internal';
import { unexpectedResponse } from '../responses';
import { sendAuthorized } from '../transport/auth';
import {
  endpointUrl,
  checkRepository,
  referenceName,
  type Registry,
  pushScope,
  pullScope,
  sha256Digest,
} from '../transport/connect';
import { isHtml } from '../transport/response-text';
import { initiateRequest, type UploadSession, sessionFrom } from './upload-session';
import { streamBlob } from './download-blob';
import { type BlobDescriptor } from './verify-blob';
import { checkContentDigest, uploadVerifiedBlob, type UploadOptions } from './upload-blob';
import { MAX_MANIFEST_BYTES, digestMismatch, notFound } from '../manifests/manifests';
import type { HttpResponse } from '../transport/types';

/** A repository in a registry. */
export interface Repository {
  registry: Registry;
  repository: string;
}

/**
 * Mounts a blob from another repository of the same registry, without sending it. If the registry does not mount it (Amazon's, unless it is enabled; a
 * repository without read access), the result has the upload session that most registries open instead.
 */
export async function mountBlob(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  from: string,
): Promise<{ mounted: true } | { mounted: false; upload?: UploadSession }> {
  checkRepository(from);
  const outgoing = initiateRequest(registry, repository);
  outgoing.url.search = `?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`;
  const scopes = `${pushScope(repository)} repository:${from}:pull`;
  const answer = await sendAuthorized(registry, outgoing, scopes).catch((error: unknown) => {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'registry-denied') return undefined;
    throw error;
  });
  if (answer?.status === 202) return { mounted: false, upload: sessionFrom(registry, outgoing.url, answer) };
  if (answer?.status !== 201) return { mounted: false };
  checkContentDigest(answer, referenceName(registry, repository, blob.digest), blob);
  return { mounted: true };
}

/** Brings a blob from one repository to another: mounted where both are in one registry and it does that, else streamed, and verified on the way. */
export async function copyBlob(
  from: Repository,
  to: Repository,
  blob: BlobDescriptor,
  options: UploadOptions = {},
): Promise<'mounted' | 'copied'> {
  const mount =
    from.registry.host === to.registry.host ? await mountBlob(to.registry, to.repository, blob, from.repository) : undefined;
  if (mount?.mounted) return 'mounted';
  await copyByStreaming(from, to, blob, mount?.upload, options);
  return 'copied';
}

/** Copies without asking for a mount. `session`: what the registry opened when it refused to mount. */
export async function copyByStreaming(
  from: Repository,
  to: Repository,
  blob: BlobDescriptor,
  session: UploadSession | undefined,
  options: UploadOptions = {},
): Promise<void> {
  const open = () => streamBlob(from.registry, from.repository, blob, { signal: options.signal });
  await uploadVerifiedBlob(to.registry, to.repository, blob, open, { ...options, session });
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
  throw await unexpectedResponse(registry, repository, `read ${from}`, answer);
}
