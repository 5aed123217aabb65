import type { ImagePlan, RegistryName } from '@kdcube/release';
import { KdcubeError, shown } from '@kdcube/release';

/** Tagging nothing is no success. */
export function noImages(): KdcubeError {
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: 'This release has no images to tag: no folder in images/ has a Dockerfile.',
    hint: 'nx g @kdcube/nx:image',
    at: { file: 'images' },
  });
}

export function notCommitted(places: readonly string[]): KdcubeError {
  return new KdcubeError({
    code: 'not-committed',
    message: `A release is what is committed, and these are not: ${places.join(', ')}.`,
    hint: 'git add and git commit them, then push the images again',
  });
}

export function notPushed(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `${shown(registry)}/${image} does not have this release's content (its key is ${tag}).`,
    hint: `nx run ${image}:docker-push`,
  });
}
