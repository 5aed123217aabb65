import { KdcubeError } from '@kdcube/release/internal';
import { inParallel } from '../system/parallel';
import type { Repository } from './blobs/blobs';
import type { UploadBlobsOptions, UploadedBlob } from './blobs/upload-blobs';
import { isIndex, type ImageManifest } from './manifests/manifest-format';
import { findManifest, getManifest, headManifest, type Manifest } from './manifests/manifests';
import { uploadImage } from './push';
import { referenceName } from './transport/connect';

/** An image that was copied: its top manifest, and what was done with its blobs. */
export interface CopiedImage {
  manifest: Manifest;
  blobs: UploadedBlob[];
}

/**
 * Copies an image by digest from one repository to another, byte for byte: an index with all its manifests. Only what is missing is sent, so that a copy that was interrupted
 * can be repeated. Nothing is sent before all manifests have been read. Problems: `image-not-found`, naming what the source does not have; those of `uploadImage`.
 */
export async function copyImage(
  from: Repository,
  to: Repository,
  digest: string,
  options: UploadBlobsOptions = {},
): Promise<CopiedImage> {
  const manifest = await getManifest(from.registry, from.repository, digest);
  const children = isIndex(manifest.json) ? await readChildren(from, manifest, manifest.json.manifests) : [];
  const blobs: UploadedBlob[] = [];
  for (const each of [...children, manifest]) {
    if (await headManifest(to.registry, to.repository, each.digest)) continue;
    const image = { manifest: each.bytes, mediaType: each.mediaType, blobs: blobsFrom(each, from) };
    const { blobs: sent } = await uploadImage(to.registry, to.repository, image, {}, options);
    blobs.push(...sent);
  }
  return { manifest, blobs };
}

async function readChildren(
  { registry, repository }: Repository,
  index: Manifest,
  listed: readonly { digest: string }[],
): Promise<Manifest[]> {
  return inParallel(listed, 4, async ({ digest }) => {
    const child = await findManifest(registry, repository, digest);
    if (child && !isIndex(child.json)) return child;
    const name = referenceName(registry, repository, index.digest);
    throw new KdcubeError({
      code: 'image-not-found',
      message: child
        ? `${name} is an index of indexes, which is not supported.`
        : `${name} is incomplete: the registry does not have its manifest ${digest}.`,
      hint: 'write another platform.ref in release.yaml, then nx sync',
    });
  });
}

function blobsFrom({ json }: Manifest, from: Repository) {
  if (isIndex(json)) return [];
  const { config, layers } = json as ImageManifest;
  return [config, ...layers].map(({ digest, size }) => ({ digest, size, from }));
}
