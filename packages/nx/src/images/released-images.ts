import type { ImagePlan, RegistryName } from '@kdcube/release/internal';
import { KdcubeError, repositoryOf, shown } from '@kdcube/release/internal';
import { withSnapshot } from '../git/snapshot/snapshot';
import type { ExpectedImage } from '../oci/expected';
import type { Log } from '../system/log';
import { findManifest } from '../registry/manifests/manifests';
import type { Repository } from '../registry/blobs/blobs';
import type { Registry } from '../registry/transport/connect';
import type { OpenRelease } from '../workspace/workspace';
import type { ImageJob } from './job';
import { notPushed } from './not-pushed';
import { planImageJob } from './plan-job';
import { pushReceipt } from './receipts';
import { openRegistry } from '../workspace/registries';
import type { SignatureSearch } from './signatures/find-signature';
import { findUnsigned, type SignatureRule } from './signatures/unsigned';
import { imageUnverified, signedImage, verifyImage, type TrustOptions } from './verify/verify';

/** A pushed and verified image of the release. Any checkout may have pushed it. */
export interface ReleasedImage extends Pick<ImageJob, 'plan' | 'uncommitted'> {
  /** Without the host, as in registry requests. */
  repository: string;
  digest: string;
  /** The full reference, by digest. */
  reference: string;
  /** The expected content; undefined if it cannot be computed here. */
  expected?: ExpectedImage;
  /** What was found when a signature had to prove the image. */
  signature?: SignatureSearch;
  /** It is not pushed: `digest` is its content key, which names no image. */
  isUnpushed?: true;
}

export interface ReleasedOptions extends TrustOptions, Pick<SignatureRule, 'signedFor'> {
  root: string;
  /** Reads digests from the receipts of this checkout's own pushes, and contacts no registry except `connection`. */
  offline: boolean;
  /** For a plan that nobody carries out: an image that is not pushed is no problem. Default: false. */
  allowsUnpushed?: boolean;
  /** The connection to use offline for an image without a receipt. */
  connection?: Registry;
}

/** Plans the named images of the release by content, and passes them to `work` while the workspace's snapshot is open. */
export function withPlannedImages<T>(
  open: OpenRelease,
  names: readonly string[],
  options: { platform?: string; args?: Readonly<Record<string, string>>; offline: boolean },
  log: Log,
  work: (planned: readonly ImageJob[]) => Promise<T>,
): Promise<T> {
  const { platform, args = {}, offline } = options;
  return withSnapshot(open.root, async (snapshot) => {
    const planned: ImageJob[] = [];
    for (const name of names)
      planned.push(await planImageJob(open, name, snapshot, { platform, args, offline, checksRefs: false }, log));
    return work(planned);
  });
}

/**
 * Resolves the content key of each image to a verified digest. All missing images are reported at once, each as a Problem
 * `image-not-pushed`; a wrong image is `image-mismatch`, and an unverified one is `image-unverified`.
 */
export async function releasedImages(
  planned: readonly ImageJob[],
  registry: RegistryName,
  options: ReleasedOptions,
  log: Log,
): Promise<ReleasedImage[]> {
  const { root, offline } = options;
  // By default, the platform's images are in the registry of the release's images.
  // Bases that are built here are beside them.
  const registries = { ...options.registries, registry, platform: options.registries.platform ?? registry };
  const connection = offline ? options.connection : openRegistry(registry.host, log);
  if (options.signedFor !== undefined && !connection)
    log.note(`${options.signedFor} requires signatures. Offline, signatures were not checked.`);
  const missing: KdcubeError[] = [];
  const found: ReleasedImage[] = [];
  for (const job of planned) {
    const { plan, uncommitted } = job;
    const repository = repositoryOf(registry, plan.image);
    const name = `${shown(registry)}/${plan.image}`;
    const receipt = receiptDigest(root, plan, name);
    const verified: VerifiedImage | undefined =
      (offline && receipt !== undefined ? { digest: receipt } : undefined) ??
      (connection && (await verifiedImage(job, { connection, repository, name }, receipt, { ...options, registries }, log)));
    if (verified === undefined && options.allowsUnpushed) {
      const digest = `sha256:${plan.key}`;
      found.push({ plan, uncommitted, repository, digest, reference: `${name}@${digest}`, isUnpushed: true });
    } else if (verified === undefined) missing.push(connection ? notPushed(registry, plan) : noReceipt(registry, plan));
    else {
      const reference = `${name}@${verified.digest}`;
      const unsigned =
        connection && (await findUnsignedImage(job, verified, { registry: connection, repository }, reference, options));
      if (unsigned) missing.push(unsigned);
      found.push({ plan, uncommitted, repository, ...verified, reference });
    }
  }
  if (missing.length > 0) throw new KdcubeError(missing.flatMap(({ problems }) => problems));
  return found;
}

type VerifiedImage = Pick<ReleasedImage, 'digest' | 'expected' | 'signature'>;

/** The image that the registry has under the content key, verified; undefined if it has none. */
async function verifiedImage(
  job: ImageJob,
  { connection, repository, name }: { connection: Registry; repository: string; name: string },
  receipt: string | undefined,
  trust: TrustOptions,
  log: Log,
): Promise<VerifiedImage | undefined> {
  const found = await findManifest(connection, repository, job.plan.tag);
  if (!found) return undefined;
  const place = `${name}:${job.plan.tag}`;
  const signatures = { registry: connection, repository };
  const verdict = await verifyImage(job, { ...found, place, signatures }, trust, log, receipt);
  if (verdict.by === 'nothing') throw imageUnverified({ place, digest: found.digest }, verdict.why);
  const { digest, expected, signature } = verdict;
  if (digest === found.digest) return { digest, expected, ...(signature && { signature }) };
  // The tag was moved after the push of this receipt.
  log.note(`${place} names ${found.digest} now. The receipt of its push names ${digest}, which is used.`);
  return (await findManifest(connection, repository, digest)) && { digest };
}

/** A note of a plan for each image that is not pushed. */
export function describeUnpushed(images: readonly ReleasedImage[]): string[] {
  return images
    .filter(({ isUnpushed }) => isUnpushed)
    .map(({ plan: { image } }) => `${image} is not built and pushed yet: the plan shows its content key in place of a digest.`);
}

/** The Problem of an image of the release without a valid signature, where the environment requires one. */
export function findUnsignedImage(
  job: Pick<ImageJob, 'plan'>,
  { digest, signature }: VerifiedImage,
  place: Repository,
  reference: string,
  rule: SignatureRule,
): Promise<KdcubeError | undefined> {
  return findUnsigned(place, signedImage(job, digest), reference, rule, { search: signature });
}

/** The registry was not contacted, so the image may exist there. */
function noReceipt(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `This checkout has no receipt of ${shown(registry)}/${image} with this release's content (its key is ${tag}), and --offline does not contact the registry.`,
    hint: `nx run ${image}:docker-push    writes one; or run the command without --offline`,
  });
}

function receiptDigest(root: string, { image, key }: ImagePlan, repository: string): string | undefined {
  const receipt = pushReceipt(root, image);
  return receipt?.key === key && receipt.repository === repository ? receipt.digest : undefined;
}
