import type { Place } from '../problem/problem';
import { KdcubeError } from '../problem/problem';
import { type ImageReference, parseImageReference } from '../release/reference';
import { mayHoldSecret } from '../document/values';
import type { FoundService, ImportNote } from './types';

/** The image as the environment's file names it: by digest, or with a placeholder for the digest. */
export function importedImage(
  name: string,
  written: unknown,
  notes: ImportNote[],
  at?: Place,
): Pick<FoundService, 'image' | 'registry'> {
  const image = typeof written === 'string' ? parsed(written) : undefined;
  if (!image) {
    const message = 'is missing: write the name of an image of the release, or another image by digest';
    notes.push({ subject: `${name} image`, reason: 'image', message, ...(at && { at }) });
    return { image: `docker.io/kdcube/${name.toLowerCase()}@sha256:<DIGEST>` };
  }
  const { host, repository, digest } = image;
  if (digest === undefined)
    notes.push({
      subject: `${name} image`,
      reason: 'image',
      message: 'has no digest: write the name of an image of the release, or this image by digest',
      hint: `docker buildx imagetools inspect ${written as string}`,
      ...(at && { at }),
    });
  return { image: `${host}/${repository}@${digest ?? 'sha256:<DIGEST>'}`, registry: registryOf(image) };
}

function parsed(text: string): ImageReference | undefined {
  try {
    return mayHoldSecret(text) ? undefined : parseImageReference(text);
  } catch (error) {
    if (error instanceof KdcubeError) return undefined;
    throw error;
  }
}

/** The registry of an image that is written in full. */
export function registryOfImage(text: string): string | undefined {
  // The digest may be a placeholder.
  const image = parsed(text.replace(/@sha256:<DIGEST>$/, ''));
  return image && registryOf(image);
}

/**
 * The registry of the environment: that of proc's image, which contains the bundles, else that of the first component. Services with images in other registries keep their full names.
 */
export function registryOfAll(services: readonly FoundService[], notes: ImportNote[]): string | undefined {
  const own = services.filter(({ component, registry }) => component !== 'other' && registry !== undefined);
  const proc = own.find(({ component }) => component === 'proc') ?? own[0];
  const elsewhere = own.filter(({ registry }) => registry !== proc?.registry);
  if (proc && elsewhere.length > 0)
    notes.push({
      subject: 'registry:',
      reason: 'registry',
      message: `is that of ${proc.name}: the images of ${elsewhere.map(({ name }) => name).join(', ')} are in other registries, and keep their full names`,
    });
  return proc?.registry;
}

/** The registry of an image, in the form of `registry:`. Undefined for official images of Docker Hub and those of the platform: no release is pushed there. */
function registryOf({ host, repository }: ImageReference): string | undefined {
  const prefix = repository.split('/').slice(0, -1).join('/');
  if (host === 'docker.io') return prefix === '' || prefix === 'library' || prefix === 'kdcube' ? undefined : `${host}/${prefix}`;
  return prefix === '' ? host : `${host}/${prefix}`;
}
