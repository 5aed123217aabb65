import { KdcubeError } from '@kdcube/release/internal';

/** A release without images: a run that tags nothing must not succeed. */
export function noImages(): KdcubeError {
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: 'There are no images to tag: no folder in images/ has a Dockerfile.',
    hint: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled',
    at: { file: 'images' },
  });
}

export function notCommitted(places: readonly string[]): KdcubeError {
  return new KdcubeError({
    code: 'not-committed',
    message: `Only committed content can be tagged as a release. Not committed: ${places.join(', ')}.`,
    hint: 'git add and git commit, then nx run-many -t docker-push',
  });
}
