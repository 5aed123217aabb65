import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import { inParallel } from '../../system/parallel';
import { isIndex, isIndexType } from './manifest-format';
import { findManifest, headManifest } from './manifests';
import { formatPlatform } from './platform';
import { referenceName, type Registry } from '../transport/connect';
import { invalidResponse } from '../transport/problems';

/** What a tag names: an index with its manifests, or one image without any. `unknown/unknown` is an attestation; `none`: the entry names no platform. */
export interface TaggedImage {
  digest: string;
  manifests: { platform: string; digest: string }[];
}

/**
 * Reads what a tag names, and checks that the registry has every manifest of an index. Undefined if it does not have the tag. Problems: `image-not-found` for an index with a
 * missing manifest, naming its platform; `registry-response` for an index of indexes, `limit-exceeded`.
 */
export async function readIndex(registry: Registry, repository: string, tag: string): Promise<TaggedImage | undefined> {
  const found = await findManifest(registry, repository, tag);
  if (!found) return undefined;
  if (!isIndex(found.json)) return { digest: found.digest, manifests: [] };
  const from = referenceName(registry, repository, tag);
  const listed = found.json.manifests;
  if (listed.length > LIMITS.indexManifests.max)
    throw new KdcubeError({
      code: 'limit-exceeded',
      message: `${from} lists ${listed.length} manifests. At most ${LIMITS.indexManifests.max} are read.`,
    });
  if (listed.some(({ mediaType }) => isIndexType(mediaType)))
    throw invalidResponse(`${from} is an index of indexes, which is not supported.`);
  const manifests = listed.map(({ platform, digest }) => ({
    platform: platform ? formatPlatform(platform) : 'none',
    digest,
  }));
  await inParallel(manifests, 4, async ({ platform, digest }) => {
    if (await headManifest(registry, repository, digest)) return;
    throw new KdcubeError({
      code: 'image-not-found',
      message: `${from} is incomplete: the registry does not have its image for ${platform} (${digest}).`,
      hint: 'write another platform.ref in release.yaml, or wait until this one is published completely',
    });
  });
  return { digest: found.digest, manifests };
}
