import { type RegistryName, KdcubeError, lastGood, printRecord, ReleaseRecord, tagSafe } from '@kdcube/release/internal';
import { openRepository } from '../../workspace/registries';
import { carryOut } from '../../system/journal';
import type { Log } from '../../system/log';
import { inParallel } from '../../system/parallel';
import { type Repository, getBlob } from '../../registry/blobs/blobs';
import { sha256Digest } from '../../registry/transport/connect';
import { listTags } from '../../registry/tags/list-tags';
import { isIndex, OCI_MANIFEST } from '../../registry/manifests/manifest-format';
import { pushImage } from '../../registry/push';
import { getManifest } from '../../registry/manifests/manifests';
import { inOneChunk } from '../../system/chunks';

/** What a record is, as an OCI artifact: an image manifest with one layer and an empty config. */
export const RECORD_TYPE = 'application/vnd.kdcube.release.v1+json';
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };

/** Where the records of a registry are: `<prefix>/releases`. */
export function recordsOf(registry: RegistryName, log: Log): Repository {
  return openRepository(registry, 'releases', log);
}

/** The tags of an environment's records. Asked before the first write too: a missing repository is found there. */
export async function recordTags({ registry, repository }: Repository, environment: string): Promise<string[]> {
  const tags = await listTags(registry, repository);
  return tags.filter((tag) => tag.startsWith(`${environment}.`) && /\.\d+$/.test(tag));
}

/** Every record of an environment, the newest first. One that cannot be read is left out, and said. */
export async function listRecords(place: Repository, environment: string, log: Log): Promise<ReleaseRecord[]> {
  const tags = await recordTags(place, environment);
  const read = await inParallel(tags, 8, async (tag) => {
    try {
      return await readRecord(place, tag);
    } catch (error) {
      if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'registry-response') throw error;
      log.note(`the record ${tag} cannot be read: ${error.problems[0].message}`);
      return undefined;
    }
  });
  return read
    .filter((record) => record !== undefined && record.environment === environment)
    .sort((a, b) => (a!.endedAt < b!.endedAt ? 1 : -1)) as ReleaseRecord[];
}

/** Every record of a registry, of all environments, newest first. One that cannot be read is a Problem. */
export async function readAllRecords(place: Repository): Promise<ReleaseRecord[]> {
  const tags = (await listTags(place.registry, place.repository)).filter((tag) => /\.\d+$/.test(tag));
  const records = await inParallel(tags, 8, (tag) => readRecord(place, tag));
  return records.sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1));
}

async function readRecord({ registry, repository }: Repository, tag: string): Promise<ReleaseRecord> {
  const { json } = await getManifest(registry, repository, tag);
  const layer = isIndex(json) ? undefined : json.layers.find(({ mediaType }) => mediaType === RECORD_TYPE);
  const bytes = layer && (await getBlob(registry, repository, layer.digest));
  const record = ReleaseRecord.safeParse(parse(bytes));
  if (record.success) return record.data;
  throw new KdcubeError({ code: 'registry-response', message: `${repository}:${tag} is no release record of this version.` });
}

/** The last good record of an environment. */
export async function lastGoodRecord(place: Repository, environment: string, log: Log): Promise<ReleaseRecord | undefined> {
  return lastGood(await listRecords(place, environment, log));
}

/** Writes a record under the next free number of its release, never over another one. Returns the tag. */
export async function writeRecord(place: Repository, draft: Omit<ReleaseRecord, 'attempt'>): Promise<string> {
  const stem = `${draft.environment}.${tagSafe(draft.release)}`;
  const existing = await recordTags(place, draft.environment);
  const numbers = existing.filter((tag) => tag.replace(/\.\d+$/, '') === stem).map((tag) => Number(/\d+$/.exec(tag)![0]));
  let attempt = Math.max(0, ...numbers) + 1;
  for (;;) {
    const tag = `${stem}.${attempt}`;
    try {
      const text = `wrote the release record ${place.registry.host}/${place.repository}:${tag}`;
      await carryOut({ kind: 'other', text }, () => put(place, tag, { ...draft, attempt }));
      return tag;
    } catch (error) {
      // Another deploy ended in the same moment.
      if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'tag-exists' || attempt > 10_000) throw error;
      attempt += 1;
    }
  }
}

async function put({ registry, repository }: Repository, tag: string, record: ReleaseRecord): Promise<void> {
  const bytes = Buffer.from(printRecord(record));
  const layer = { mediaType: RECORD_TYPE, digest: sha256Digest(bytes), size: bytes.length };
  const config = { mediaType: EMPTY.mediaType, digest: sha256Digest(EMPTY.bytes), size: EMPTY.bytes.length };
  const annotations = { 'org.opencontainers.image.created': record.endedAt, 'org.opencontainers.image.title': tag };
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: RECORD_TYPE, config, layers: [layer], annotations };
  const blob = (content: Buffer, of: { digest: string; size: number }) => ({
    digest: of.digest,
    size: of.size,
    open: () => inOneChunk(content),
  });
  const image = {
    manifest: Buffer.from(JSON.stringify(manifest)),
    mediaType: OCI_MANIFEST,
    blobs: [blob(bytes, layer), blob(EMPTY.bytes, config)],
  };
  await pushImage(registry, repository, image, { tags: [{ tag, moving: false }] });
}

function parse(bytes: Buffer | undefined): unknown {
  try {
    return bytes && JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
