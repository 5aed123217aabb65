import { type ImageTag, type PushReceipt, whyBuilt } from '@kdcube/release/internal';
import { withLock } from '../../system/lock';
import type { Log } from '../../system/log';
import type { ManifestHead } from '../../registry/manifests';
import type { Registries } from '../../workspace/registries';
import { findOrBuild, type Builder } from '../build/image-source';
import { contentOf, type ImageJob } from '../job';
import type { Destination, PreviousImage } from './destination';
import { findExisting, readRemoteState } from './find';
import { folderDestination, type ImageFormat } from './folder-destination';
import { registryDestination, type RegistryOptions } from './registry-destination';
import { commitOf, tagsOf } from './tags';

export interface PushOptions extends RegistryOptions {
  registries: Registries;
  engine: Builder;
  dryRun: boolean;
  /** Called on a dry run with the reasons why the image would be pushed. */
  onWouldPush?: (why: readonly string[]) => void;
  /** The format in dist/images, if no registry is configured. Default: oci-layout. */
  format?: ImageFormat;
}

/** One push, as far as it is known before the build. */
interface Push {
  job: ImageJob;
  destination: Destination;
  previous: PreviousImage | undefined;
  tags: ImageTag[];
  why: string[];
  startedAt: number;
}

/** How long to wait for another process that pushes the same image: longer than a build and an upload take. Milliseconds. */
const LOCK_TIMEOUT = 3 * 3_600_000;

/**
 * Pushes an image to the registry, or to dist/images if no registry is configured: find and verify (`find.ts`) → build → upload → tag.
 * If the image is already there, it is reused: nothing is built and nothing is sent. Returns the receipt; on a dry run, undefined if the image would have to be pushed.
 */
export async function pushImage(job: ImageJob, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const startedAt = Date.now();
  const destination = destinationOf(job, options, log);

  const { existing, previous } = await readRemoteState(job, destination);
  if (existing) return reuse({ job, destination, startedAt }, existing, log);

  const why = whyBuilt(previous?.labels, job.plan);
  if (options.dryRun) return reportDryRun(job, destination, why, options, log);

  // Before the build: an invalid tag must not be discovered after the upload.
  const tags = await tagsOf(job, options, log);
  return pushOrReuse({ job, destination, previous, tags, why, startedAt }, options, log);
}

/** Takes a lock, so that two processes on one machine do not build the same image twice: the second one waits, and reuses what the first one pushed. */
function pushOrReuse(push: Push, options: PushOptions, log: Log): Promise<PushReceipt> {
  const { job, destination } = push;
  const pushUnlessDone = async (hasWaited: boolean) => {
    // Whoever waited may find the image that the other process pushed.
    const existing = hasWaited ? await findExisting(job, destination) : undefined;
    return existing ? reuse(push, existing, log) : buildAndPush(push, options, log);
  };
  return withLock(`the push of ${destination.name}:${job.plan.tag}`, pushUnlessDone, LOCK_TIMEOUT, log);
}

async function buildAndPush(push: Push, options: PushOptions, log: Log): Promise<PushReceipt> {
  const { job, destination, previous, tags, why, startedAt } = push;
  const { image } = job.plan;

  const built = await findOrBuild(job, { ...options, previousLayer: previous?.layer }, log);

  const uploaded = await destination.upload(built, { previous, tags });
  const { digest, isReused, transfer } = uploaded;
  log.done(isReused ? 'reused' : 'pushed', image, digest, startedAt);

  const appliedTags = await destination.tag(uploaded, tags);
  if (appliedTags.length > 0) log.done('tagged', image, appliedTags.join(', '));

  // The content of an image with uncommitted files is not the commit's.
  const commit = job.uncommitted.length === 0 ? await commitOf(options) : undefined;
  return receiptOf(push, uploaded, {
    ...(isReused ? { how: 'reused', why: [] } : { how: built.how, why, ...(transfer && { sent: transfer }) }),
    ...(commit !== undefined && { commit }),
    tags: appliedTags,
  });
}

async function reuse(
  push: Pick<Push, 'job' | 'destination' | 'startedAt'>,
  existing: ManifestHead,
  log: Log,
): Promise<PushReceipt> {
  log.done('reused', push.job.plan.image, `${existing.digest}  (already in ${push.destination.kind})`, push.startedAt);
  await push.destination.afterReuse?.();
  return receiptOf(push, existing, { how: 'reused', tags: [], why: [] });
}

function reportDryRun(job: ImageJob, { name }: Destination, why: string[], { onWouldPush }: PushOptions, log: Log): undefined {
  log.done('would push', job.plan.image, `to ${name}:${job.plan.tag}  (${why.join('; ')})`);
  onWouldPush?.(why);
}

function destinationOf(job: ImageJob, options: PushOptions, log: Log): Destination {
  const { registry } = options.registries;
  return registry ? registryDestination(job, registry, options, log) : folderDestination(job, options, log);
}

function receiptOf(
  { job, destination }: Pick<Push, 'job' | 'destination'>,
  { digest, mediaType, size }: ManifestHead,
  more: Pick<PushReceipt, 'how' | 'tags' | 'why' | 'sent' | 'commit'>,
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
