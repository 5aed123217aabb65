import type { PeopleTag } from '@kdcube/release/internal';
import { KdcubeError, quoted } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { BuiltImage } from '../../oci/build';
import { knownLayers } from '../../oci/known';
import { openBlob, partsOf } from '../../oci/layout';
import type { Repository } from '../../registry/blobs';
import type { Descriptor, ImageManifest } from '../../registry/manifest';
import { askTags, type AskedTags, pushImage as pushTo, type PushImage, type Pushed } from '../../registry/push';
import { getManifest, headManifest, type ManifestHead } from '../../registry/registry';
import { logProgress, type PushBlob } from '../../registry/send';
import { initiateUploads, type UploadSessions } from '../../registry/session';
import { setTag } from '../../registry/tags';
import { type Ahead, type Existing, keptName } from './ahead';
import type { Destination, Taken } from './destination';
import { push as pushFromEngine, type Engine } from '../build/docker';
import type { ImageJob } from '../job';
import { keep } from '../build/kept';
import type { Source } from '../build/source';

/** A registry as the place where an image goes. */
export function toRegistry(job: ImageJob, { place, shownName, before, last, kept, people }: Ahead, log: Log): Destination {
  const { registry } = place;
  let askedAt: number | undefined;
  let there: Existing | undefined;
  let asked: Promise<AskedTags> | undefined;
  let uploads: UploadSessions | undefined;
  const askedFor = async (tags: readonly string[]): Promise<AskedTags> => {
    const early = await people;
    return early && tags.every((tag) => early.tags.has(tag)) ? early : askTags(registry, place.repository, tags);
  };
  // For a config, and mostly one layer.
  const open = (): UploadSessions => (uploads ??= initiateUploads(registry, place.repository, 2));
  return {
    shownName,
    foresee() {
      // What was sent from here last has another content: mostly nobody else has sent the new one.
      if (!last?.sent || last.key === job.plan.key) return undefined;
      open();
      return kept && { known: knownLayers(kept.manifest, kept.config) };
    },
    async find() {
      askedAt = registry.now();
      return headManifest(registry, place.repository, job.plan.tag);
    },
    async before() {
      there = await before;
      return there && { labels: there.config.config?.Labels ?? {}, known: knownLayers(there.manifest, there.config) };
    },
    expect(tags) {
      asked ??= askedFor(tags.map(({ tag }) => tag));
      open();
    },
    async leave() {
      await uploads?.close();
    },
    async take(source, tags) {
      if (source.kind === 'engine') return fromEngine(source, job, place, shownName, tags, log);
      const image = sendable(source, new Set(there?.manifest.layers.map(({ digest }) => digest)));
      let keeping: Promise<void> | undefined;
      const onLanded = (digest: string) => void (keeping = keepSent(source, digest, keptName(shownName, job.plan.platform)));
      const pushed = await pushTo(
        registry,
        place.repository,
        image,
        { key: job.plan.tag, keyAbsentAt: askedAt, people: tags, asked: await asked },
        { onProgress: logProgress(log, job.plan.image), sessions: uploads, onLanded },
      ).finally(() => keeping);
      for (const { tag, how } of pushed.tags) if (how === 'skipped') log.note(skipped(shownName, tag));
      return taken(pushed, image);
    },
  };
}

/** For the next push from here, if it is what the registry has now. What cannot be kept costs time, and nothing else. */
async function keepSent(source: Source, digest: string, name: string): Promise<void> {
  if (source.kind !== 'arithmetic' || source.image.digest !== digest) return;
  const { mediaType, manifest, config } = source.image;
  await keep('pushed', name, digest, mediaType, { manifest, config: config.bytes }).catch(() => undefined);
}

/** An image with the places of its parts. `there`: layers that the repository's last image has. */
function sendable(source: Exclude<Source, { kind: 'engine' }>, there: ReadonlySet<string>): PushImage {
  const fresh = new Set(source.kind === 'arithmetic' ? freshBlobs(source.image) : []);
  const blob = ({ digest, size }: Descriptor, open: PushBlob['open']): PushBlob => {
    const common = { digest, size, assumeExists: there.has(digest), assumeMissing: fresh.has(digest) };
    return open ? { ...common, open } : { ...common, from: source.base };
  };
  if (source.kind === 'arithmetic') {
    const { manifest, bytes, config, layers, open } = partsOf(source.image);
    const own = new Set(source.image.layers.map(({ descriptor }) => descriptor.digest));
    const opener = (layer: Descriptor) => (own.has(layer.digest) ? () => open(layer) as AsyncIterable<Uint8Array> : undefined);
    const blobs = [blob(config.descriptor, () => inOne(config.bytes)), ...layers.map((layer) => blob(layer, opener(layer)))];
    return { manifest: bytes, mediaType: manifest.mediaType, blobs };
  }
  const { dir, bytes, manifest, image, missing } = source.layout;
  const absent = new Set(missing.map(({ digest }) => digest));
  const blobs = [image.config, ...image.layers].map((each) =>
    blob(each, absent.has(each.digest) ? undefined : () => openBlob(dir, each)),
  );
  return { manifest: bytes, mediaType: manifest.mediaType, blobs };
}

/** Bytes up to which sending costs less than asking. */
const SMALL = 64 * 1024;

/** What was made just now, and is small. A config is as new as the newest layer. */
function freshBlobs({ config, layers }: BuiltImage): string[] {
  const made = layers.filter(({ isNew }) => isNew).map(({ descriptor }) => descriptor);
  const blobs = made.length > 0 ? [config.descriptor, ...made] : [];
  return blobs.filter(({ size }) => size <= SMALL).map(({ digest }) => digest);
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function taken({ digest, mediaType, size, how, tags, blobs }: Pushed, { manifest }: PushImage): Taken {
  const { layers } = JSON.parse(Buffer.from(manifest).toString('utf8')) as ImageManifest;
  const moved = new Map(
    blobs.filter(({ how: way }) => way === 'sent' || way === 'copied').map((blob) => [blob.digest, blob.size]),
  );
  const sentLayers = layers.filter((layer) => moved.has(layer.digest)).length;
  return {
    head: { digest, mediaType, size },
    adopted: how !== 'pushed',
    tags: tags.filter((tag) => tag.how !== 'skipped').map(({ tag }) => tag),
    sent: {
      keptLayers: layers.length - sentLayers,
      sentLayers,
      bytes: [...moved.values()].reduce((sum, count) => sum + count, 0),
    },
  };
}

/** The engine sends it; then the tag is read back: its digest is what the registry has, whatever the engine says. */
async function fromEngine(
  { engine, local }: { engine: Engine; local: string },
  { plan }: ImageJob,
  place: Repository,
  shownName: string,
  wanted: readonly PeopleTag[],
  log: Log,
): Promise<Taken> {
  const { registry, repository } = place;
  // The engine goes the way that our own questions go.
  await pushFromEngine(engine, local, `${shownName}:${plan.tag}`, log, { plainHttp: registry.base.protocol === 'http:' });
  const head = await headManifest(registry, repository, plan.tag);
  if (!head) {
    throw new KdcubeError(
      {
        code: 'push-failed',
        message: `The push of ${shownName} ended well, but the registry does not have its tag ${plan.tag}.`,
      },
      { changed: 'layers may have been sent' },
    );
  }
  const tags = await setAll(place, shownName, head, wanted, log).catch((error: unknown) => {
    if (!(error instanceof KdcubeError)) throw error;
    throw new KdcubeError(error.problems, {
      cause: error,
      changed: `${shownName} has the image (${head.digest}); its customer tags are not all set`,
    });
  });
  return { head, adopted: false, tags };
}

async function setAll(
  { registry, repository }: Repository,
  shownName: string,
  head: ManifestHead,
  wanted: readonly PeopleTag[],
  log: Log,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const manifest = await getManifest(registry, repository, head.digest);
  const set: string[] = [];
  for (const tag of wanted) {
    if ((await setTag(registry, repository, tag, manifest)) === 'skipped') log.note(skipped(shownName, tag.tag));
    else set.push(tag.tag);
  }
  return set;
}

function skipped(shownName: string, tag: string): string {
  return `${shownName}: the moving tag ${quoted(tag)} was left as it is, because the repository's tags are immutable.`;
}
