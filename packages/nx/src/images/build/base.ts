import { parseImageReference } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { Base } from '../../oci/base';
import type { Repository } from '../../registry/blobs';
import { getImage } from '../../registry/registry';
import { keep, readKept } from './kept';
import { openRegistry } from '../../workspace/registries';

/** A base, and the repository that has its layers. */
export interface FoundBase {
  base: Base;
  place: Repository;
}

/**
 * What an image that is named by digest says of itself for one platform. A digest says the same for ever, so an answer is kept in the cache folder and the registry
 * is asked once. Problems: `image-not-found`, `registry-*`.
 */
export async function findBase(reference: string, platform: string, log: Log): Promise<FoundBase> {
  const kept = keptBase(reference, platform, log);
  if (kept) return kept;
  const { digest, place, name } = located(reference, platform, log);
  const { mediaType, manifest, config, bytes } = await getImage(place.registry, place.repository, digest, platform);
  await keep('bases', name, digest, mediaType, bytes);
  return { base: { reference, mediaType, manifest, config }, place };
}

/** The same as far as this machine knows it. */
export function keptBase(reference: string, platform: string, log: Log): FoundBase | undefined {
  const { digest, place, name } = located(reference, platform, log);
  const kept = readKept('bases', name, digest);
  return kept && { base: { ...kept, reference }, place };
}

/** Where it is, and under which name it is kept. */
function located(reference: string, platform: string, log: Log): { digest: string; place: Repository; name: string } {
  const { host, repository, digest } = parseImageReference(reference);
  return { digest: digest!, place: { registry: openRegistry(host, log), repository }, name: `${digest} ${platform}` };
}
