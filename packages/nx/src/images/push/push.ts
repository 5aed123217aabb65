import type { PeopleTag, PushReceipt } from '@kdcube/release/internal';
import { whyBuilt } from '@kdcube/release/internal';
import { withLock } from '../../system/lock';
import type { Log } from '../../system/log';
import type { ManifestHead } from '../../registry/registry';
import { lookAhead, type Ahead } from './ahead';
import type { Before, Destination } from './destination';
import { contentOf, type ImageJob } from '../job';
import { commitOf, tagsForPeople, type PeopleOptions } from './people';
import type { Registries } from '../../workspace/registries';
import { buildEarly, sourceOf, type Builder, type EarlyBuild } from '../build/source';
import { toFolder, type ImageFormat } from './to-folder';
import { toRegistry } from './to-registry';

export interface PushOptions extends PeopleOptions {
  registries: Registries;
  engine: Builder;
  dryRun: boolean;
  /** Told on a dry run why the image would be pushed. */
  would?: (why: readonly string[]) => void;
  /** What was asked already; by default it is asked now. */
  ahead?: Ahead;
  /** Where nobody named a registry. Default: oci-layout. */
  format?: ImageFormat;
}

/** Building and sending: longer than both may take, so that whoever waits for another process waits for its end. Milliseconds. */
const PATIENCE = 3 * 3_600_000;

/**
 * Brings an image to the registry, or to dist/images where nobody named one (HOUSE law 4): asks for its key first; what is there is adopted, and nothing is built or sent. After a push the tag is read
 * back: its digest is what the registry has, whatever the engine says. Returns the receipt; undefined on a dry run that found nothing.
 */
export async function pushImage(job: ImageJob, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const destination = destinationOf(job, options, log);
  return bring(job, destination, options, log).finally(() => destination.leave?.());
}

async function bring(job: ImageJob, destination: Destination, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const startedAt = Date.now();
  const foreseen = options.dryRun ? undefined : destination.foresee?.();
  const finding = Promise.all([destination.find(), destination.before()]);
  finding.catch(() => undefined);
  // The question is on its way before a build keeps this process.
  await new Promise(setImmediate);
  const early = foreseen && buildEarly(job, { ...options, known: foreseen.known }, log);
  try {
    const [there, before] = await finding;
    if (!there) return await bringAnew(job, destination, { before, early, startedAt }, options, log);
    await early?.giveUp();
    return adopted(job, destination, there, startedAt, log);
  } finally {
    // It reads what is gone after this function.
    await early?.giveUp();
  }
}

/** What is not there is built and sent, unless a dry run only says why. */
async function bringAnew(
  job: ImageJob,
  destination: Destination,
  { before, early, startedAt }: Pick<Sending, 'before' | 'early' | 'startedAt'>,
  options: PushOptions,
  log: Log,
): Promise<PushReceipt | undefined> {
  const { image, tag } = job.plan;
  const why = whyBuilt(before?.labels, job.plan);
  if (options.dryRun) {
    log.done('would push', image, `to ${destination.shownName}:${tag}  (${why.join('; ')})`);
    options.would?.(why);
    return undefined;
  }
  // Before anything is built: a name that cannot be a tag must not be found out behind a push.
  const tags = options.registries.registry ? await tagsForPeople(job, options, log) : [];
  // Two runs on one machine would build the same image twice, and one would untag in the engine what the other is sending.
  const sendOnce = async (waited: boolean) => {
    const meanwhile = waited ? await destination.find() : undefined;
    if (meanwhile) return adopted(job, destination, meanwhile, startedAt, log);
    return send(job, destination, { before, early, why, tags, startedAt }, options, log);
  };
  return withLock(`the push of ${destination.shownName}:${tag}`, sendOnce, PATIENCE, log);
}

function destinationOf(job: ImageJob, options: PushOptions, log: Log): Destination {
  const { registry } = options.registries;
  // An image that is there gets its archive when it is found: a dry run asks for none.
  if (!registry) return toFolder(job, options.root, (!options.dryRun && options.format) || 'oci-layout', log);
  return toRegistry(job, options.ahead ?? lookAhead({ ...job.plan, registry }, options, log), log);
}

function adopted(job: ImageJob, destination: Destination, there: ManifestHead, startedAt: number, log: Log): PushReceipt {
  log.done('adopted', job.plan.image, `${there.digest}  (its key was there: nothing built, nothing sent)`, startedAt);
  return receiptOf(job, destination, there, { how: 'adopted', tags: [], why: [] });
}

interface Sending {
  before: Before | undefined;
  early: EarlyBuild | undefined;
  why: string[];
  tags: PeopleTag[];
  startedAt: number;
}

async function send(
  job: ImageJob,
  destination: Destination,
  { before, early, why, tags: wanted, startedAt }: Sending,
  options: PushOptions,
  log: Log,
): Promise<PushReceipt> {
  const commit = job.uncommitted.length === 0 ? commitOf(options) : Promise.resolve(undefined);
  // A push that is under way is waited for, whatever git says meanwhile: the snapshot and the lock are gone after this function.
  commit.catch(() => undefined);
  const begin = () => destination.expect?.(wanted);
  // After an early build mostly nothing is left to be done but to send it.
  if (early) begin();
  const source = await sourceOf(job, { ...options, known: before?.known, begin, early }, log);
  const { head, adopted: late, tags, sent } = await destination.take(source, wanted);
  const committed = await commit;
  log.done(late ? 'adopted' : 'pushed', job.plan.image, head.digest, startedAt);
  if (tags.length > 0) log.done('tagged', job.plan.image, tags.join(', '));
  return receiptOf(job, destination, head, {
    how: late ? 'adopted' : source.how,
    tags,
    why: late ? [] : why,
    ...(!late && sent && { sent }),
    ...(committed !== undefined && { commit: committed }),
  });
}

function receiptOf(
  job: ImageJob,
  { shownName: repository }: Destination,
  { digest, mediaType, size }: ManifestHead,
  more: Pick<PushReceipt, 'how' | 'tags' | 'why' | 'sent' | 'commit'>,
): PushReceipt {
  return { receipt: 'docker-push', version: 1, ...contentOf(job), repository, digest, mediaType, size, ...more };
}
