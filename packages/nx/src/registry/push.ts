import { checkTag, KdcubeError } from '@kdcube/release/internal';
import { getManifest, headManifest, putManifest } from './manifests/manifests';
import type { Repository } from './blobs/blobs';
import { referenceName, type Registry } from './transport/connect';
import { type PushBlob, uploadBlobs, type UploadBlobsOptions } from './blobs/upload-blobs';
import { tagExists } from './tags/set-tag';
import { jobOf, type PushImage, type PushTags, type Uploaded, type TagHeads, type Job, RECENT, codeOf } from './push-job';
import { readTags, tagImage, type TagResult } from './tags/tag-image';

export interface Pushed extends Omit<Uploaded, 'manifest' | 'tagHeads'> {
  tags: TagResult[];
}

/** Uploads an image and tags it. A push that failed can be done again: only the rest is sent then. Problems: those of `uploadImage` and `tagImage`. */
export async function pushImage(
  registry: Registry,
  repository: string,
  image: PushImage,
  tags: PushTags = {},
  options: UploadBlobsOptions = {},
): Promise<Pushed> {
  const { manifest, tagHeads, ...uploaded } = await uploadImage(registry, repository, image, tags, options);
  return { ...uploaded, tags: await tagImage(registry, repository, { ...uploaded, manifest, tagHeads }, tags.tags) };
}

/**
 * Sends the blobs that the registry lacks, then the manifest under its key, and reads back what the registry has: that is what counts. Sets no other tag, but checks first that `tags` can be set.
 * Problems: `tag-exists` for a tag that must not move and names another image (nothing is sent then), `push-failed`, `file-error` for a source that changed, `registry-*`.
 */
export async function uploadImage(
  registry: Registry,
  repository: string,
  image: PushImage,
  { key, keyAbsentAt, replaces, tags = [], tagHeads: known }: PushTags = {},
  options: UploadBlobsOptions = {},
): Promise<Uploaded> {
  const job = jobOf({ registry, repository }, image, options);
  const askedAt = keyAbsentAt ?? registry.now();
  for (const { tag } of tags) checkTag(tag);
  const [existing, tagHeads] = await Promise.all([
    key === undefined || keyAbsentAt !== undefined ? undefined : headManifest(registry, repository, key),
    known ?? readTags(job, tags),
  ]);
  const expected = existing?.digest ?? job.own.digest;
  for (const { tag, moving } of tags) {
    const head = tagHeads.heads.get(tag);
    if (head && !moving && head.digest !== expected) throw tagExists(registry.host, repository, tag, head.digest, expected);
  }
  if (existing) return uploaded(job, existing.digest, 'there', tagHeads);
  const reference = key ?? job.own.digest;
  const sent = await sendImage(job, reference, { askedAt, replaces });
  // Another push may have written the same key at the same moment: the image that the registry has now counts.
  return uploaded(job, sent === job.own.digest ? await readBack(job, reference) : sent, 'pushed', tagHeads);
}

async function uploaded(job: Job, digest: string, how: 'pushed' | 'there', tagHeads: TagHeads): Promise<Uploaded> {
  const { registry, repository, own, sent: blobs } = job;
  const isOurs = digest === own.digest;
  const manifest = isOurs ? own : await getManifest(registry, repository, digest);
  const size = manifest.bytes.length;
  return { digest, mediaType: manifest.mediaType, size, how: isOurs ? how : 'reused', blobs, manifest, tagHeads };
}

/** Sends blobs and manifest. Returns the digest that the reference then names: another process may have pushed first. */
async function sendImage(
  job: Job,
  reference: string,
  { askedAt, replaces }: { askedAt: number; replaces?: string },
): Promise<string> {
  const { registry, repository, blobs, sent, options, own } = job;
  const put = () => putManifest(registry, repository, reference, own.bytes, own.mediaType);
  await uploadBlobs(job, blobs, sent, options);
  // During a long upload another process may have pushed the same key: its image keeps the tag.
  const meanwhile = registry.now() - askedAt > RECENT ? await headManifest(registry, repository, reference) : undefined;
  if (meanwhile && meanwhile.digest !== replaces) return meanwhile.digest;
  const believed = blobs.filter(({ assumeExists }) => assumeExists);
  const how = await put().catch(async (error: unknown) => {
    if (codeOf(error) !== 'registry-response' || believed.length === 0) throw error;
    // The registry may have lost a blob that was assumed to exist: look each one up now.
    sent.splice(0, sent.length, ...sent.filter(({ how }) => how !== 'there'));
    await uploadBlobs(job, blobs.filter(({ digest }) => !sent.some((blob) => blob.digest === digest)).map(asked), sent, options);
    return put();
  });
  return how === 'written' ? own.digest : readBack(job, reference);
}

/** The digest that the reference names now. */
async function readBack({ registry, repository }: Repository, reference: string): Promise<string> {
  const now = await headManifest(registry, repository, reference, { isWritten: true });
  if (now) return now.digest;
  throw new KdcubeError({
    code: 'push-failed',
    message: `${registry.host} accepted ${referenceName(registry, repository, reference)}, but does not have it now.`,
  });
}

function asked(blob: PushBlob): PushBlob {
  return { ...blob, assumeExists: false };
}
