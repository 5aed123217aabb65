import type { MirrorReceipt, PlatformPin, RegistryName } from '@kdcube/release/internal';
import { KdcubeError, manifestName, parseImageReference, platformPinFile, shown } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { inParallel } from '../../system/parallel';
import type { Repository } from '../../registry/blobs/blobs';
import { logProgress } from '../../registry/blobs/progress';
import { copyImage } from '../../registry/copy-image';
import { findManifest, headManifest, type Manifest, type ManifestHead } from '../../registry/manifests/manifests';
import { setTag } from '../../registry/tags/set-tag';
import { expectWrites } from '../../registry/tags/look-up';
import { openRegistry, openRepository } from '../../workspace/registries';

/** A published image of the platform, and what its pin says. */
export interface MirrorJob {
  image: string;
  pin: PlatformPin;
}

/**
 * Copies a published image of the platform into the registry, by the digest in its pin, and tags it with platform.ref: find → copy → tag. An image that is already there costs
 * one request: its tag is looked up. Returns undefined on a dry run if something would be done. Problems: `tag-exists` if the tag names another image, `image-not-found` if the source lacks it.
 */
export async function mirrorImage(
  job: MirrorJob,
  target: RegistryName,
  { dryRun }: { dryRun: boolean },
  log: Log,
): Promise<MirrorReceipt | undefined> {
  const startedAt = Date.now();
  const { image, pin } = job;
  const place = openRepository(target, image, log);
  const name = `${shown(target)}/${image}`;
  if (!dryRun) expectWrites(place);

  const tagged = await findTagged(job, place, name);
  if (!tagged && dryRun) return void log.done('would mirror', image, `${pin.source}@${pin.digest}`, startedAt);
  const { head, sent } = tagged ? { head: tagged } : await copyAndTag(job, place, log);

  const how = sent ? 'copied' : 'reused';
  log.done(sent ? 'mirrored' : 'reused', image, `${head.digest}${sent ? '' : '  (already in the registry)'}`, startedAt);
  const { digest, mediaType, size } = head;
  const { ref, source } = pin;
  const found = { image, ref, source, repository: name, digest, mediaType, size };
  return { receipt: 'mirror', version: 1, ...found, how, tags: [ref], ...(sent && { sent }) };
}

/** The image, if its tag names it already. Problem `tag-exists` if the tag names another image. `name`: the repository with its host. */
export async function findTagged({ image, pin }: MirrorJob, place: Repository, name: string): Promise<ManifestHead | undefined> {
  const head = await headManifest(place.registry, place.repository, pin.ref);
  if (!head || head.digest === pin.digest) return head;
  throw new KdcubeError({
    code: 'tag-exists',
    message: `${name}:${pin.ref} is another image (${head.digest}) than the one in the pin of ${image} (${pin.digest}). The tag of a platform image is never moved.`,
    hint: `delete the tag in the registry if nothing runs it; or, if the pin is wrong: git rm ${platformPinFile(image)} && nx sync`,
    at: { file: platformPinFile(image) },
  });
}

async function copyAndTag(
  { image, pin }: MirrorJob,
  place: Repository,
  log: Log,
): Promise<{ head: ManifestHead; sent?: NonNullable<MirrorReceipt['sent']> }> {
  const source = parseImageReference(`${pin.source}@${pin.digest}`);
  const from = { registry: openRegistry(source.host, log), repository: source.repository };
  const existing = await findComplete(pin, place);
  const copied = existing
    ? undefined
    : await copyImage(from, place, manifestName(source), { onProgress: logProgress(log, image) });
  const manifest = existing ?? copied!.manifest;
  await setTag(place.registry, place.repository, { tag: pin.ref, moving: false }, manifest);
  const head = { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length };
  return { head, ...(copied && { sent: transferOf(copied.blobs) }) };
}

/** The image by its digest, if the registry has every manifest of it. Garbage collection may have removed some: they have no tags. */
async function findComplete(
  { digest, manifests }: PlatformPin,
  { registry, repository }: Repository,
): Promise<Manifest | undefined> {
  const found = await findManifest(registry, repository, digest);
  const heads = found ? await inParallel(manifests, 4, (each) => headManifest(registry, repository, each.digest)) : [];
  return heads.every((head) => head !== undefined) ? found : undefined;
}

function transferOf(blobs: readonly { how: string; size: number }[]): NonNullable<MirrorReceipt['sent']> {
  const sent = blobs.filter(({ how }) => how === 'copied');
  return {
    reusedBlobs: blobs.length - sent.length,
    sentBlobs: sent.length,
    bytes: sent.reduce((sum, { size }) => sum + size, 0),
  };
}
