import type { PeopleTag } from '@kdcube/release/internal';
import { checkTag, KdcubeError } from '@kdcube/release/internal';
import { inParallel, toTheEnd } from '../system/parallel';
import { getManifest, headManifest, type Manifest, type ManifestHead, putManifest } from './registry';
import type { Repository } from './blobs';
import { sha256Digest, referenceName, type Registry } from './transport/connect';
import { isIndex, parseManifest } from './manifest';
import { type UploadedBlob, type PushBlob, uploadBlobs, type UploadBlobsOptions } from './send';
import { setTag, tagTaken } from './tags';

export interface PushImage {
  /** As it is to be in the registry. An index is pushed after the manifests that it names. */
  manifest: Uint8Array;
  mediaType: string;
  /** The config and every layer of the manifest; none for an index. */
  blobs: readonly PushBlob[];
}

export interface PushTags {
  /** The tag of the content key. Whoever put it there first is right: another digest under it is adopted. */
  key?: string;
  /** When the caller asked for the key, and it was not there (milliseconds since 1970): then it is not asked again at once. */
  keyAbsentAt?: number;
  people?: readonly PeopleTag[];
  /** When the caller asked for people's tags already: `askTags`. */
  asked?: AskedTags;
}

export interface Pushed {
  /** What the registry has under the tags: the image that was pushed, or the one that was adopted. */
  digest: string;
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** `there`: the key's tag had this digest already, and nothing was sent. */
  how: 'pushed' | 'there' | 'adopted';
  tags: { tag: string; how: 'set' | 'there' | 'skipped' }[];
  /** Empty unless the image was pushed. */
  blobs: UploadedBlob[];
}

export interface PushOptions extends UploadBlobsOptions {
  /** Told what is there under the key when the image has arrived, or somebody else's has, before people's tags are set. */
  onLanded?: (digest: string) => void;
}

/** People's tags, and what they stood for when they were asked for. */
export interface AskedTags {
  /** Milliseconds since 1970. */
  at: number;
  tags: ReadonlySet<string>;
  found: Promise<ReadonlyMap<string, ManifestHead | undefined>>;
}

/** Asks for tags, and goes on: what comes back is for `pushImage`, which says what went wrong too. */
export function askTags(registry: Registry, repository: string, tags: readonly string[]): AskedTags {
  const ask = async (tag: string) => [tag, await headManifest(registry, repository, tag)] as const;
  const wanted = new Set(tags);
  const found = Promise.all([...wanted].map(ask)).then((entries) => new Map(entries));
  found.catch(() => undefined);
  return { at: registry.now(), tags: wanted, found };
}

/** Milliseconds for which the answer "not there" is good: two pushes of one key within them are as good as at the same moment. */
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

/**
 * Pushes an image: blobs first, then the manifest, then the tags, so that no tag is ever without its blobs; what the registry has is not sent again. Reads back
 * what became of it, while people's tags are set. Problems: `tag-exists` for a tag of people's that stays and names something else (found before anything is sent), `push-failed`,
 * `file-error` for a source that changed, `registry-*`. A push that failed can be done again: only the rest is sent then.
 */
export async function pushImage(
  registry: Registry,
  repository: string,
  image: PushImage,
  tags: PushTags = {},
  options: PushOptions = {},
): Promise<Pushed> {
  const job = jobOf({ registry, repository }, image, options);
  const { key, people = [] } = tags;
  const askedAt = tags.keyAbsentAt ?? registry.now();
  for (const { tag } of people) checkTag(tag);
  const keys = key === undefined || tags.keyAbsentAt !== undefined ? [] : [key];
  const askedKey = askTags(registry, repository, keys);
  const asked =
    tags.asked ??
    askTags(
      registry,
      repository,
      people.map(({ tag }) => tag),
    );
  const found = await asked.found;
  const there = key === undefined ? undefined : (await askedKey.found).get(key);
  const expected = there?.digest ?? job.own.digest;
  for (const { tag, moving } of people) {
    const before = found.get(tag);
    if (before && !moving && before.digest !== expected) throw tagTaken(registry.host, repository, tag, before.digest, expected);
  }
  if (there) return withTags(job, there.digest === job.own.digest ? 'there' : 'adopted', there.digest, people, asked);
  const reference = key ?? job.own.digest;
  const landed = await sendImage(job, reference, askedAt);
  options.onLanded?.(landed);
  // Where the registry said that it wrote ours, it is read back while people's tags are set.
  const [early, pushed] = await toTheEnd([
    landed === job.own.digest ? readEarly(job, reference) : landed,
    withTags(job, landed === job.own.digest ? 'pushed' : 'adopted', landed, people, asked),
  ] as const);
  const now = early ?? (await confirmed(job, reference));
  // Somebody else wrote the same key at the same moment, where tags may move: all of us agree on what stands there.
  return now === landed ? pushed : withTags(job, 'adopted', now, people.map(movable(pushed)));
}

/** What this push has just put there may be put somewhere else. */
function movable({ tags }: Pushed): (people: PeopleTag) => PeopleTag {
  const own = new Set(tags.filter(({ how }) => how === 'set').map(({ tag }) => tag));
  return ({ tag, moving }) => ({ tag, moving: moving || own.has(tag) });
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

/** What the registry says that it has, asked once; undefined where it does not say it. docker-registry may answer 500 while another tag is put on the image: waiting is no use before that is done. */
function readEarly({ registry, repository }: Repository, reference: string): Promise<string | undefined> {
  return headManifest(registry, repository, reference, { noRetry: true }).then(
    (head) => head?.digest,
    () => undefined,
  );
}

function confirmed(job: Job, reference: string): Promise<string> {
  const { registry, repository, own } = job;
  return leaving(
    () => readBack(job, reference),
    () => `${registry.host} said that ${repository} has the image ${own.digest}; some of its tags may be set`,
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

async function withTags(
  job: Job,
  how: Pushed['how'],
  digest: string,
  people: readonly PeopleTag[],
  before?: AskedTags,
): Promise<Pushed> {
  const { registry, repository, own, sent: blobs } = job;
  const work = async () => {
    const manifest = how === 'adopted' ? await getManifest(registry, repository, digest) : own;
    const known = before && registry.now() - before.at <= RECENT ? await before.found : undefined;
    const set = async (wanted: PeopleTag) => {
      const asked = known?.has(wanted.tag) ? { head: known.get(wanted.tag) } : undefined;
      return { tag: wanted.tag, how: await setTag(registry, repository, wanted, manifest, asked) };
    };
    // Not Promise.all: after a failure nothing may go on behind it.
    const tags = await inParallel(people, people.length, set);
    return { digest, mediaType: manifest.mediaType, size: manifest.bytes.length, how, tags, blobs };
  };
  return leaving(work, () =>
    how === 'there' ? undefined : `${registry.host}/${repository} has the image ${digest}; not all of its tags are set`,
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
