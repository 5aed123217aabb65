import { parseImageReference } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { Base } from '../../oci/base';
import type { Repository } from '../../registry/blobs/blobs';
import { getImage } from '../../registry/manifests/image';
import { readCachedImage, storeImage } from './image-cache';
import { openRegistry } from '../../workspace/registries';

/** A base, and the repository of its layers. */
export interface LocatedBase {
  base: Base;
  place: Repository;
}

/**
 * The manifest and config of an image by digest, for one platform. A digest is immutable, so the response is requested once and cached.
 * Problems: `image-not-found`, `registry-*`.
 */
export async function findBase(reference: string, platform: string, log: Log): Promise<LocatedBase> {
  const { host, repository, digest } = parseImageReference(reference);
  const place = { registry: openRegistry(host, log), repository };
  const name = `${digest} ${platform}`;
  const cached = readCachedImage(name, digest!);
  if (cached) return { base: { ...cached, reference }, place };
  const { mediaType, manifest, config, bytes } = await getImage(place.registry, place.repository, digest!, platform);
  await storeImage(name, digest!, mediaType, bytes);
  return { base: { reference, mediaType, manifest, config }, place };
}
