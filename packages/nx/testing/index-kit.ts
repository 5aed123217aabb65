import { OCI_INDEX } from '../src/registry/manifests/manifest-format';
import type { Repository } from '../src/registry/blobs/blobs';
import { pushImage } from '../src/registry/push';
import type { PushImage } from '../src/registry/push-job';
import { named } from './push-kit';

/** An image, or an index with its images. */
export interface TestImage extends PushImage {
  digest: string;
  children?: readonly TestImage[];
}

/** An index of images, by their platforms. */
export function indexOf(images: readonly (readonly [platform: string, image: TestImage])[]): TestImage {
  const manifests = images.map(([platform, image]) => {
    const [os, architecture, variant] = platform.split('/');
    const { digest, size } = named(image.manifest);
    return { mediaType: image.mediaType, digest, size, platform: { os, architecture, ...(variant && { variant }) } };
  });
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  return {
    manifest,
    mediaType: OCI_INDEX,
    blobs: [],
    digest: named(manifest).digest,
    children: images.map(([, image]) => image),
  };
}

/** Pushes an image or an index under a tag, with everything in it. */
export async function pushIndex({ registry, repository }: Repository, image: TestImage, tag?: string): Promise<void> {
  for (const child of image.children ?? []) await pushIndex({ registry, repository }, child);
  await pushImage(registry, repository, image, { tags: tag === undefined ? [] : [{ tag, moving: false }] });
}
