import { parseImageReference } from '@kdcube/release';
import type { Log } from '../log';
import type { Base } from '../oci/base';
import type { Place } from '../registry/blobs';
import { imageConfig } from '../registry/registry';
import { keep, readKept } from './kept';
import { openRegistry } from './registries';

/** A base, and the repository that has its layers. */
export interface FoundBase {
  base: Base;
  place: Place;
}

/**
 * What an image that is named by digest says of itself for one platform. A digest says the same for ever, so an answer is kept in the cache folder and the registry
 * is asked once. Problems: `image-not-found`, `registry-*`.
 */
export async function findBase(reference: string, platform: string, log: Log): Promise<FoundBase> {
  const { host, repository, digest } = parseImageReference(reference);
  const place = { registry: openRegistry(host, log), repository };
  const name = `${digest} ${platform}`;
  const kept = readKept('bases', name, digest!);
  if (kept) return { base: { ...kept, reference }, place };
  const { mediaType, manifest, config } = await imageConfig(place.registry, repository, digest!, platform);
  await keep('bases', name, digest!, { mediaType, manifest, config });
  return { base: { reference, mediaType, manifest, config }, place };
}
