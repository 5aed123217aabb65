import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import { readConfig } from './image';
import { type ImageIndex, isImageManifest, isIndex, isIndexType } from './manifest-format';
import { getManifest } from './manifests';
import { referenceName, type Registry } from '../transport/connect';

/** An image of an index. `platform` without a variant: `linux/amd64`. */
interface ListedImage {
  platform: string;
  digest: string;
}

/**
 * The digest of what a reference names and, if it is an index, its images. As in getImage, what an entry without a platform is for is in its config. Such an entry is left out if it is no image or
 * cannot be read.
 */
export async function listImages(
  registry: Registry,
  repository: string,
  reference: string,
): Promise<{ digest: string; images: ListedImage[] }> {
  const { digest, json } = await getManifest(registry, repository, reference);
  const place = { registry, repository, opened: 0 };
  return { digest, images: isIndex(json) ? await imagesOf(place, json) : [] };
}

interface Place {
  registry: Registry;
  repository: string;
  /** Entries that were opened to see what they are. */
  opened: number;
}

async function imagesOf(place: Place, index: ImageIndex): Promise<ListedImage[]> {
  const found: ListedImage[] = [];
  for (const { digest, platform, mediaType } of index.manifests) {
    if (platform) found.push({ platform: `${platform.os}/${platform.architecture}`, digest });
    if (!platform || isIndexType(mediaType)) found.push(...(await openEntry(place, digest)));
  }
  return found;
}

async function openEntry(place: Place, digest: string): Promise<ListedImage[]> {
  const { registry, repository } = place;
  place.opened += 1;
  if (place.opened > LIMITS.indexEntries.max) return [];
  try {
    const { json } = await getManifest(registry, repository, digest);
    if (isIndex(json)) return await imagesOf(place, json);
    if (!isImageManifest(json)) return [];
    const { config } = await readConfig(registry, repository, json, referenceName(registry, repository, digest));
    return [{ platform: `${config.os}/${config.architecture}`, digest }];
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code !== 'interrupted') return [];
    throw error;
  }
}
