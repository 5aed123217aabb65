import { type ImageTag, KdcubeError } from '@kdcube/release/internal';
import { isImageManifest, isIndex, type ImageManifest } from '../../registry/manifests/manifest-format';
import { findManifest, type Manifest } from '../../registry/manifests/manifests';
import { parsePlatform, selectPlatform } from '../../registry/manifests/platform';
import { readTags } from '../../registry/tags/tag-image';
import type { Log } from '../../system/log';
import { isInterrupted } from '../../system/programs/signals';
import type { ImageJob } from '../job';
import { findTagged, type MirrorJob } from '../published/mirror';
import { type TrustOptions, type Verdict, verifyImage } from '../verify/verify';
import { builtEntry, type ImagePlace, type InventoryEntry, type InventoryResult, publishedEntry, receiptOf } from './entry';

export interface ReadOptions {
  root: string;
  trust: TrustOptions;
  /** The OCI platform whose size is read. */
  platform: string;
  /** The tags that this release gives its built images. */
  tags: readonly ImageTag[];
}

/** Looks up a built image by its content key, and verifies it. */
export function readBuilt(job: ImageJob, place: ImagePlace, options: ReadOptions, log: Log): Promise<InventoryResult> {
  const planned = builtEntry(job);
  return orProblem(planned, async () => {
    const key = job.plan.tag;
    const found = await findManifest(place.registry, place.repository, key);
    if (!found) return { entry: { ...planned, status: 'missing' }, problems: [] };
    const receipt = receiptOf(options.root, planned, place.name);
    const image = { ...found, place: `${place.name}:${key}`, signatures: place };
    const verdict = await verifyImage(job, image, options.trust, log, receipt?.digest);
    const digest = verdict.by === 'nothing' ? found.digest : verdict.digest;
    const manifest = digest === found.digest ? found : await findManifest(place.registry, place.repository, digest);
    if (!manifest) {
      const reason = `its key names ${found.digest} now, and the pushed ${digest} no longer exists`;
      return { entry: { ...planned, status: 'missing', reason }, problems: [] };
    }
    const names = [...new Set([...options.tags.map(({ tag }) => tag), ...(receipt?.tags ?? [])])];
    const tags = await tagsThatName(place, digest, names);
    const stored = await readStored(place, manifest, options.platform);
    const problems = (verdict.by === 'nothing' && verdict.cause?.problems) || [];
    return { entry: { ...planned, tags, ...statusOf(verdict), ...stored }, problems };
  });
}

/** Looks up a published image by its pinned digest. */
export function readPublished(job: MirrorJob, place: ImagePlace, { platform }: ReadOptions): Promise<InventoryResult> {
  const planned = publishedEntry(job);
  return orProblem(planned, async () => {
    const { ref, digest } = job.pin;
    const tagged = await findTagged(job, place, place.name);
    const manifest = await findManifest(place.registry, place.repository, digest);
    if (!manifest) return { entry: { ...planned, status: 'missing' }, problems: [] };
    const stored = await readStored(place, manifest, platform);
    const tags = tagged ? [ref] : [];
    return { entry: { ...planned, status: 'verified', proof: 'pin', tags, ...stored }, problems: [] };
  });
}

/** What cannot be read is part of the table; its Problem ends the command. A repository that must be created first has no image. */
async function orProblem(entry: InventoryEntry, work: () => Promise<InventoryResult>): Promise<InventoryResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    const { problems } = error;
    const { code, message } = problems[0]!;
    const reason = message.split('\n')[0]!;
    if (code === 'registry-repository-missing') return { entry: { ...entry, status: 'missing', reason }, problems: [] };
    const isMismatch = code === 'image-mismatch' || code === 'tag-exists';
    return { entry: { ...entry, status: isMismatch ? 'mismatch' : 'unknown', reason }, problems };
  }
}

function statusOf(verdict: Verdict): Pick<InventoryEntry, 'status' | 'proof' | 'reason'> {
  if (verdict.by === 'nothing') return { status: 'not-verified', reason: verdict.why };
  if (verdict.by === 'registry') return { status: 'not-verified', reason: 'trustRegistry accepts it by its content key alone' };
  return { status: 'verified', proof: verdict.by };
}

async function tagsThatName(place: ImagePlace, digest: string, names: readonly string[]): Promise<string[]> {
  const { heads } = await readTags(
    place,
    names.map((tag) => ({ tag, moving: false })),
  );
  return names.filter((tag) => heads.get(tag)?.digest === digest).sort();
}

type Stored = Pick<InventoryEntry, 'digest' | 'reference' | 'bytes'> &
  Partial<Pick<InventoryEntry, 'status' | 'proof' | 'reason'>>;

/** Where an image is, and its size for one platform. An index can name an image that the registry does not have. */
async function readStored(place: ImagePlace, { digest, json }: Manifest, platform: string): Promise<Stored> {
  const stored = { digest, reference: `${place.name}@${digest}` };
  if (!isIndex(json)) return { ...stored, bytes: sizeOf(json) };
  const child = selectPlatform(json, parsePlatform(platform));
  if (!child) return { ...stored, reason: `it has no image for ${platform}` };
  const image = await findManifest(place.registry, place.repository, child.digest);
  if (!image) {
    const reason = `its index names ${child.digest} for ${platform}, which the registry does not have`;
    return { ...stored, status: 'not-verified', proof: undefined, reason };
  }
  return { ...stored, ...(!isIndex(image.json) && isImageManifest(image.json) && { bytes: sizeOf(image.json) }) };
}

/** The config and the layers, each blob once, as a pull transfers them. */
function sizeOf({ config, layers }: ImageManifest): number {
  const sizes = new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
