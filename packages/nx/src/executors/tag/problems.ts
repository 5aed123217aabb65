import { KdcubeError } from '@kdcube/release/internal';

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
