import type { ImageTag, PushReceipt } from '@kdcube/release/internal';
import { listChanges } from '@kdcube/release/internal';
import { withLock } from '../../system/lock/lock';
import type { Log } from '../../system/log';
import { findOrBuild } from '../build/image-source';
import { contentOf, type ImageJob } from '../job';
import type { SigningKey } from '../signatures/signing-key';
import type { TrustOptions } from '../verify/verify';
import type { Builder } from '../build/engine';
import type { Destination, ExistingImage, PushedImage } from './destination';
import { readRemoteState, type RemoteState } from './find';
import { folderDestination, type ImageFormat } from './folder-destination';
import { registryDestination } from './registry-destination';
import { commitOf, tagsOf, type TagOptions } from './tags';

export interface PushOptions extends TagOptions, TrustOptions {
  engine: Builder;
  dryRun: boolean;
  /** Called on a dry run with the reasons for a push. */
  onWouldPush?: (reasons: readonly string[]) => void;
  /** Signs every pushed image, and every reused one that is verified and not yet signed. */
  signingKey?: SigningKey;
  /** The format in dist/images, if no registry is configured. Default: oci-layout. */
  format?: ImageFormat;
}

/** The state of a push before the build. */
interface Push {
  job: ImageJob;
  destination: Destination;
  tags: ImageTag[];
  remote: RemoteState;
  startedAt: number;
}

/** How long to wait for another process that pushes the same image: longer than a build and an upload. Milliseconds. */
const LOCK_TIMEOUT = 3 * 3_600_000;

/**
 * Pushes an image to the registry, or to dist/images if no registry is configured: find (which verifies) → build → upload → tag. An
 * existing, verified image is reused: nothing is built or sent, only its tags are set. Returns the receipt; on a dry run, undefined if the
 * image would have to be pushed.
 */
export async function pushImage(job: ImageJob, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const startedAt = Date.now();
  const destination = destinationOf(job, options, log);
  // Before the upload, so that an invalid tag fails early.
  const tags = await tagsOf(job, options, log);

  const remote = await readRemoteState(destination, tags);
  const push = { job, destination, tags, remote, startedAt };
  if (remote.existing) return reuse(push, remote.existing, options, log);
  if (options.dryRun) return reportDryRun(push, options, log);
  return pushOrReuse(push, options, log);
}

/** Takes a lock, so that two processes on one machine do not build the same image twice: the second one waits, and reuses what the first one pushed. */
function pushOrReuse(push: Push, options: PushOptions, log: Log): Promise<PushReceipt> {
  const { job, destination } = push;
  const pushUnlessDone = async (hasWaited: boolean) => {
    // After a wait, the other process may have pushed it.
    const { existing } = hasWaited ? await destination.find() : {};
    return existing ? reuse(push, existing, options, log) : buildAndPush(push, options, log);
  };
  return withLock(`the push of ${destination.name}:${job.plan.tag}`, pushUnlessDone, { timeout: LOCK_TIMEOUT, log });
}

async function buildAndPush(push: Push, options: PushOptions, log: Log): Promise<PushReceipt> {
  const { job, destination, tags, remote, startedAt } = push;
  const { previous } = remote;

  const built = await findOrBuild(job, { ...options, previousLayer: previous?.layer }, log);

  const uploaded = await destination.upload(built, { ...remote, tags });
  const { digest, transfer } = uploaded;
  log.done('pushed', job.plan.image, digest, startedAt);

  const signature = await signImage(push, uploaded, options, log);
  const applied = await applyTags(push, uploaded, options, log);
  const why = listChanges(previous?.labels, job.plan);
  return receiptOf(push, uploaded, { how: built.how, why, ...(transfer && { sent: transfer }), ...signature, ...applied });
}

async function reuse(push: Push, existing: ExistingImage, options: PushOptions, log: Log): Promise<PushReceipt> {
  const { job, destination, startedAt } = push;
  const trusted = existing.trustRegistry ? ', not verified (trustRegistry)' : '';
  log.done('reused', job.plan.image, `${existing.digest}  (already in ${destination.kind}${trusted})`, startedAt);
  await destination.afterReuse?.();

  const signature = options.dryRun ? {} : await signImage(push, existing, options, log);
  const applied = options.dryRun ? { tags: [] } : await applyTags(push, existing, options, log);
  const { trustRegistry } = existing;
  return receiptOf(push, existing, {
    how: 'reused',
    why: [],
    ...(trustRegistry && { trustRegistry }),
    ...signature,
    ...applied,
  });
}

/** Signs before tagging, so that an image that users find by a tag is signed. A signature states what a commit contains, and that the content was verified here. */
async function signImage(
  { job, destination }: Push,
  image: ExistingImage,
  options: PushOptions,
  log: Log,
): Promise<Pick<PushReceipt, 'signature'>> {
  const { signingKey } = options;
  if (!signingKey) return {};
  const unsigned = image.trustRegistry
    ? 'nothing proves what is in it (trustRegistry)'
    : job.uncommitted.length > 0 && `it has uncommitted content (${job.uncommitted.join(', ')})`;
  if (unsigned) {
    log.note(`${job.plan.image} is not signed: ${unsigned}.`);
    return {};
  }
  const signature = await destination.sign(image, signingKey, await commitOf(options));
  return signature ? { signature } : {};
}

/** Sets the branch tag and the commit tag, on a reused image too: after a merge, two branches have the same image. */
async function applyTags(
  { job, destination, tags, remote }: Push,
  image: PushedImage,
  options: PushOptions,
  log: Log,
): Promise<Pick<PushReceipt, 'tags' | 'commit'>> {
  const taggable = image.remote && { tagHeads: remote.tagHeads, ...image.remote };
  const applied = await destination.tag({ ...image, remote: taggable }, tags);
  if (applied.length > 0) log.done('tagged', job.plan.image, applied.join(', '));
  // An image with uncommitted files does not match the commit.
  const commit = job.uncommitted.length === 0 ? await commitOf(options) : undefined;
  return { tags: applied, ...(commit !== undefined && { commit }) };
}

function reportDryRun({ job, destination, remote }: Push, { onWouldPush }: PushOptions, log: Log): undefined {
  const reasons = listChanges(remote.previous?.labels, job.plan);
  log.done('would push', job.plan.image, `to ${destination.name}:${job.plan.tag}  (${reasons.join('; ')})`);
  onWouldPush?.(reasons);
}

function destinationOf(job: ImageJob, options: PushOptions, log: Log): Destination {
  const { registry } = options.registries;
  return registry ? registryDestination(job, registry, options, log) : folderDestination(job, options, log);
}

function receiptOf(
  { job, destination }: Push,
  { digest, mediaType, size }: PushedImage,
  more: Pick<PushReceipt, 'how' | 'tags' | 'why' | 'sent' | 'commit' | 'trustRegistry' | 'signature'>,
): PushReceipt {
  return {
    receipt: 'docker-push',
    version: 2,
    ...contentOf(job),
    repository: destination.name,
    digest,
    mediaType,
    size,
    ...more,
  };
}
