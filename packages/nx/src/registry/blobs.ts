import { KdcubeError } from '@kdcube/release/internal';
import { refused } from './registry';
import { authorized } from './transport/auth';
import { addressOf, checkRepository, nameOf, type Registry } from './transport/connect';
import { oddAnswer } from './transport/problems';
import { opening, pushScope, startingWith, type Upload, uploadAt } from './session';
import { type BlobName, streamBlob } from './stream';
import { checkStated, putVerified, type UploadOptions } from './upload';

/** A repository in a registry. */
export interface Place {
  registry: Registry;
  repository: string;
}

/** Whether a repository has a blob. Throws `registry-answer` where it has another length, `registry-denied` and `registry-unreachable`. */
export async function headBlob(registry: Registry, repository: string, { digest, size }: BlobName): Promise<boolean> {
  const name = nameOf(registry, repository, digest);
  const url = addressOf(registry, repository, 'blobs', digest);
  const answer = await authorized(registry, { method: 'HEAD', url, headers: {}, limit: 0 }, `repository:${repository}:pull`);
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw await refused(registry, repository, `for ${name}`, answer);
  const length = answer.headers['content-length'];
  if (length === undefined || Number(length) === size) return true;
  throw oddAnswer(`${name} is not what it should be: it has ${length} bytes there, and should have ${size}.`);
}

/**
 * Gives a repository a blob that another repository of the same registry has, without sending it. Where that is not done (Amazon's, unless it is switched on; a
 * repository that may not be read), it says so, with the upload that most registries open instead.
 */
export async function mountBlob(
  registry: Registry,
  repository: string,
  blob: BlobName,
  from: string,
): Promise<{ mounted: true } | { mounted: false; upload?: Upload }> {
  checkRepository(from);
  const outgoing = opening(registry, repository);
  outgoing.url.search = `?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`;
  const scopes = `${pushScope(repository)} repository:${from}:pull`;
  const answer = await authorized(registry, outgoing, scopes).catch((error: unknown) => {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'registry-denied') return undefined;
    throw error;
  });
  if (answer?.status === 202) return { mounted: false, upload: uploadAt(registry, outgoing.url, answer) };
  if (answer?.status !== 201) return { mounted: false };
  checkStated(answer, nameOf(registry, repository, blob.digest), blob);
  return { mounted: true };
}

/** Brings a blob from one repository to another: mounted where both are in one registry and it does that, else streamed, and verified on the way. */
export async function copyBlob(
  from: Place,
  to: Place,
  blob: BlobName,
  options: UploadOptions = {},
): Promise<'mounted' | 'copied'> {
  const mount =
    from.registry.host === to.registry.host ? await mountBlob(to.registry, to.repository, blob, from.repository) : undefined;
  if (mount?.mounted) return 'mounted';
  await streamAcross(from, to, blob, mount?.upload, options);
  return 'copied';
}

/** Copies without asking for a mount. `upload`: one that is open already. */
export async function streamAcross(
  from: Place,
  to: Place,
  blob: BlobName,
  upload: Upload | undefined,
  options: UploadOptions = {},
): Promise<void> {
  const uploads = upload ? startingWith([Promise.resolve(upload)], to.registry, to.repository) : options.uploads;
  const open = () => streamBlob(from.registry, from.repository, blob, { signal: options.signal });
  await putVerified(to.registry, to.repository, blob, open, { ...options, uploads });
}
