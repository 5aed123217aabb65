import { KdcubeError, LIMITS, quoted } from '@kdcube/release/internal';
import { getBlob } from '../blobs/blobs';
import { getManifest, MAX_MANIFEST_BYTES, notFound, type Manifest } from './manifests';
import { formatPlatform, listPlatforms, matchesPlatform, parsePlatform, selectPlatform, type Platform } from './platform';
import { referenceName, type Registry } from '../transport/connect';
import * as manifests from './manifest-format';
import { invalidResponse } from '../transport/problems';

/** An image for one platform: its manifest and its config, also as the registry has them. */
export interface RegistryImage {
  digest: string;
  mediaType: string;
  manifest: manifests.ImageManifest;
  config: manifests.ImageConfig;
  bytes: { manifest: Buffer; config: Buffer };
}

/** The manifest and the config of an image for one platform (`linux/amd64`): of an index, the entry that fits. Throws `image-not-found`, naming what is there. */
export async function getImage(
  registry: Registry,
  repository: string,
  reference: string,
  platform: string,
): Promise<RegistryImage> {
  const from = referenceName(registry, repository, reference);
  const search: Search = { registry, repository, wanted: parsePlatform(platform), from, available: new Set(), opened: 0 };
  const top = await getManifest(registry, repository, reference);
  if (!manifests.isIndex(top.json) && !manifests.isImageManifest(top.json))
    throw notFound(`${from} is not an image: its config has the media type ${quoted(top.json.config.mediaType)}.`);
  const image = await findImage(search, top);
  if (image) return image;
  if (search.mislabeled !== undefined)
    throw notFound(`${from} has no image for ${formatPlatform(search.wanted)}: ${search.mislabeled}.`);
  const available = [...search.available].sort().join(', ');
  throw notFound(`${from} has no image for ${formatPlatform(search.wanted)}, only for ${available || 'no platform'}.`);
}

interface Search {
  registry: Registry;
  repository: string;
  wanted: Platform;
  /** The subject of messages. */
  from: string;
  /** The platforms that were seen, for a message. */
  available: Set<string>;
  /** An entry of an index names another platform than its image. */
  mislabeled?: string;
  /** Entries that were opened to see what they are. */
  opened: number;
}

/**
 * The image for the wanted platform. As containerd and crane do, entries without a platform are images too: their config says for which platform.
 * Entries that are indexes are searched in the same way. Entries that are not images (attestations, signatures) are skipped.
 */
async function findImage(search: Search, manifest: Manifest, named?: Platform): Promise<RegistryImage | undefined> {
  const { json } = manifest;
  if (!manifests.isIndex(json)) return manifests.isImageManifest(json) ? readImage(search, manifest, named) : undefined;
  for (const platform of listPlatforms(json)) search.available.add(platform);
  const chosen = selectPlatform(json, search.wanted);
  for (const entry of [...(chosen ? [chosen] : []), ...json.manifests.filter(({ platform }) => platform === undefined)]) {
    if (entry.platform === undefined || manifests.isIndexType(entry.mediaType)) countOpened(search);
    const inner = await getManifest(search.registry, search.repository, entry.digest);
    const found = await findImage(search, inner, entry.platform ?? named);
    if (found) return found;
  }
  return undefined;
}

/** An index can name itself only by a collision, but many entries, and many indexes in each other. */
function countOpened(search: Search): void {
  search.opened += 1;
  if (search.opened <= LIMITS.indexEntries.max) return;
  throw new KdcubeError({
    code: 'limit-exceeded',
    message: `${search.from} has more than ${LIMITS.indexEntries.max} entries without a platform, or indexes in it.`,
    hint: 'pin the image of one platform by its digest',
  });
}

async function readImage(search: Search, found: Manifest, named: Platform | undefined): Promise<RegistryImage | undefined> {
  const { registry, repository, from, wanted, available } = search;
  const manifest = found.json as manifests.ImageManifest;
  const { config, bytes } = await readConfig(registry, repository, manifest, from);
  if (!matchesPlatform(config, wanted)) {
    const platform = formatPlatform(config);
    if (named === undefined) available.add(platform);
    else search.mislabeled ??= `the entry for ${formatPlatform(named)} is an image for ${platform}`;
    return undefined;
  }
  return { digest: found.digest, mediaType: found.mediaType, manifest, config, bytes: { manifest: found.bytes, config: bytes } };
}

/** The config of an image. `from`: the subject of messages. */
export async function readConfig(
  registry: Registry,
  repository: string,
  manifest: manifests.ImageManifest,
  from: string,
): Promise<{ config: manifests.ImageConfig; bytes: Buffer }> {
  const { digest, size } = manifest.config;
  if (size > MAX_MANIFEST_BYTES)
    throw invalidResponse(`The config of ${from} is too large: ${size} bytes, at most ${MAX_MANIFEST_BYTES}.`);
  const bytes = await getBlob(registry, repository, digest, { maxBytes: size });
  return { config: manifests.parseConfig(bytes, manifest, from), bytes };
}
