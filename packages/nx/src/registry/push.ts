import type { ImageTag } from '@kdcube/release/internal';
import { checkTag, KdcubeError } from '@kdcube/release/internal';
import { inParallel } from '../system/parallel';
import { getManifest, headManifest, type Manifest, type ManifestHead, putManifest } from './registry';
import type { Repository } from './blobs';
import { sha256Digest, referenceName, type Registry } from './transport/connect';
import { isIndex, parseManifest } from './manifest';
import { type UploadedBlob, type PushBlob, uploadBlobs, type UploadBlobsOptions } from './upload-blobs';
import { setTag, tagExists } from './tags';

export interface PushImage {
  /** As it is to be in the registry. An index is pushed after the manifests that it names. */
  manifest: Uint8Array;
  mediaType: string;
  /** The config and every layer of the manifest; none for an index. */
  blobs: readonly PushBlob[];
}

export interface PushTags {
  /** The tag of the content key. The first push of a key wins: if the registry has another digest under it, that image is reused. */
  key?: string;
  /** When the caller looked for the key and did not find it (milliseconds since 1970): it is not looked up again within a second. */
  keyAbsentAt?: number;
  tags?: readonly ImageTag[];
}

/** An image that is in the registry now, under its key or its digest. */
export interface Uploaded extends ManifestHead {
  /** `there`: the registry had it already, nothing was sent. `reused`: another digest has the key, and that image counts. */
  how: 'pushed' | 'there' | 'reused';
  /** Empty unless the image was pushed. */
  blobs: UploadedBlob[];
  manifest: Manifest;
  /** What the tags stood for before anything was sent. */
  tagHeads: TagHeads;
}

/** What `tagImage` needs to know of an image. Without `tagHeads` it asks what the tags stand for. */
export type TaggableImage = Pick<Uploaded, 'digest' | 'how' | 'manifest'> & Partial<Pick<Uploaded, 'tagHeads'>>;

export interface Pushed extends Omit<Uploaded, 'manifest' | 'tagHeads'> {
  tags: TagResult[];
}

export interface TagResult {
  tag: string;
  how: 'set' | 'there' | 'skipped';
}

/** What tags stood for at one moment. */
interface TagHeads {
  /** Milliseconds since 1970. */
  at: number;
  heads: ReadonlyMap<string, ManifestHead | undefined>;
}

/** Milliseconds for which what the registry said of a tag is used: two pushes of one key within them are as good as at the same moment. */
const RECENT = 1_000;

/** One push. */
interface Job extends Repository {
  image: PushImage;
  blobs: PushBlob[];
  own: Manifest;
  /** What has arrived so far. */
  sent: UploadedBlob[];
  options: UploadBlobsOptions;
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
  { key, keyAbsentAt, tags = [] }: PushTags = {},
  options: UploadBlobsOptions = {},
): Promise<Uploaded> {
  const job = jobOf({ registry, repository }, image, options);
  const askedAt = keyAbsentAt ?? registry.now();
  for (const { tag } of tags) checkTag(tag);
  const [existing, tagHeads] = await Promise.all([
    key === undefined || keyAbsentAt !== undefined ? undefined : headManifest(registry, repository, key),
    readTags(job, tags),
  ]);
  const expected = existing?.digest ?? job.own.digest;
  for (const { tag, moving } of tags) {
    const head = tagHeads.heads.get(tag);
    if (head && !moving && head.digest !== expected) throw tagExists(registry.host, repository, tag, head.digest, expected);
  }
  if (existing) return uploaded(job, existing.digest, 'there', tagHeads);
  const reference = key ?? job.own.digest;
  const sent = await sendImage(job, reference, askedAt);
  // Another push may have written the same key at the same moment: everybody uses what the registry has now.
  return uploaded(job, sent === job.own.digest ? await confirmed(job, reference) : sent, 'pushed', tagHeads);
}

/** What each of the tags stands for. */
async function readTags({ registry, repository }: Repository, tags: readonly ImageTag[]): Promise<TagHeads> {
  const at = registry.now();
  const read = async ({ tag }: ImageTag) => [tag, await headManifest(registry, repository, tag)] as const;
  return { at, heads: new Map(await Promise.all(tags.map(read))) };
}

async function uploaded(job: Job, digest: string, how: 'pushed' | 'there', tagHeads: TagHeads): Promise<Uploaded> {
  const { registry, repository, own, sent: blobs } = job;
  const isOurs = digest === own.digest;
  const manifest = isOurs ? own : await getManifest(registry, repository, digest);
  const size = manifest.bytes.length;
  return { digest, mediaType: manifest.mediaType, size, how: isOurs ? how : 'reused', blobs, manifest, tagHeads };
}

function jobOf(place: Repository, image: PushImage, options: UploadBlobsOptions): Job {
  const bytes = Buffer.from(image.manifest);
  const digest = sha256Digest(bytes);
  const { json } = parseManifest(bytes, image.mediaType, referenceName(place.registry, place.repository, digest));
  const own: Manifest = { digest, mediaType: image.mediaType, bytes, json };
  return { ...place, image, own, blobs: blobsOf(own, image.blobs), sent: [], options };
}

/** The blobs that the manifest names, each once. A foreign layer (`urls`) lies somewhere else for good. */
function blobsOf({ json, digest: image }: Manifest, blobs: readonly PushBlob[]): PushBlob[] {
  if (isIndex(json)) return [];
  const given = new Map(blobs.map((blob) => [blob.digest, blob]));
  const wanted = [json.config, ...json.layers].filter((layer) => !('urls' in layer));
  return [...new Map(wanted.map((layer) => [layer.digest, layer])).values()].map(({ digest, size }) => {
    const blob = given.get(digest);
    if (blob?.size === size) return blob;
    const how = blob ? `has ${blob.size} bytes where the manifest says ${size}` : 'is not among the blobs that were given';
    throw new KdcubeError({ code: 'push-failed', message: `The blob ${digest} of the image ${image} ${how}.` });
  });
}

/** Sends blobs and manifest. Returns whose digest is there: another one means that somebody else was quicker. */
async function sendImage(job: Job, reference: string, askedAt: number): Promise<string> {
  const { registry, repository, blobs, sent, options, own } = job;
  const put = () => putManifest(registry, repository, reference, own.bytes, own.mediaType);
  const work = async () => {
    await uploadBlobs(job, blobs, sent, options);
    // Sending may have taken long enough for somebody else to push the same key: theirs must not lose its tag.
    const meanwhile = registry.now() - askedAt > RECENT ? await headManifest(registry, repository, reference) : undefined;
    if (meanwhile) return meanwhile.digest;
    const believed = blobs.filter(({ assumeExists }) => assumeExists);
    const how = await put().catch(async (error: unknown) => {
      if (codeOf(error) !== 'registry-response' || believed.length === 0) throw error;
      // The registry may have lost what it was believed to have: now it is asked.
      sent.splice(0, sent.length, ...sent.filter(({ how }) => how !== 'there'));
      await uploadBlobs(
        job,
        blobs.filter(({ digest }) => !sent.some((blob) => blob.digest === digest)).map(asked),
        sent,
        options,
      );
      return put();
    });
    return how === 'written' ? own.digest : readBack(job, reference);
  };
  return leaving(work, () => {
    const count = sent.filter(({ how }) => how !== 'there').length;
    return count > 0 ? `${registry.host}/${repository} has ${count} of its blobs, and no new tag` : undefined;
  });
}

function confirmed(job: Job, reference: string): Promise<string> {
  const { registry, repository, own } = job;
  return leaving(
    () => readBack(job, reference),
    () => `${registry.host} said that ${repository} has the image ${own.digest}; no other tag was set`,
  );
}

/** What the registry says that it has. */
async function readBack({ registry, repository }: Repository, reference: string): Promise<string> {
  const now = await headManifest(registry, repository, reference);
  if (now) return now.digest;
  throw new KdcubeError({
    code: 'push-failed',
    message: `${registry.host} took ${referenceName(registry, repository, reference)}, and does not have it when it is asked for.`,
  });
}

/** Puts the tags on an uploaded image, all at once. Problems: `tag-exists` where somebody else has just set a tag that must not move, `registry-*`. */
export function tagImage(
  registry: Registry,
  repository: string,
  { digest, how, manifest, tagHeads }: TaggableImage,
  tags: readonly ImageTag[] = [],
): Promise<TagResult[]> {
  const heads = tagHeads && registry.now() - tagHeads.at <= RECENT ? tagHeads.heads : undefined;
  const set = async (tag: ImageTag): Promise<TagResult> => {
    const asked = heads?.has(tag.tag) ? { head: heads.get(tag.tag) } : undefined;
    return { tag: tag.tag, how: await setTag(registry, repository, tag, manifest, asked) };
  };
  return leaving(
    // Not Promise.all: after a failure, no request may still be running.
    () => inParallel(tags, tags.length, set),
    () => (how === 'there' ? undefined : `${registry.host}/${repository} has the image ${digest}; not all of its tags are set`),
  );
}

/** Says what a failure left behind. */
async function leaving<T>(work: () => Promise<T>, left: () => string | undefined): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const changed = left();
    if (!(error instanceof KdcubeError) || changed === undefined) throw error;
    throw new KdcubeError(error.problems, { cause: error, changed });
  }
}

function asked(blob: PushBlob): PushBlob {
  return { ...blob, assumeExists: false };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof KdcubeError ? error.problems[0]?.code : undefined;
}
