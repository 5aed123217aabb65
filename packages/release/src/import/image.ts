import type { Place } from '../problem/problem';
import { KdcubeError } from '../problem/problem';
import { type ImageReference, parseImageReference } from '../release/reference';
import { mayHoldSecret } from '../document/values';
import type { FoundService, ImportNote } from './types';

/** Where an image is, as the environment's file has it: by digest, or with a place for the digest, which a person fills in. */
export function importedImage(
  name: string,
  written: unknown,
  notes: ImportNote[],
  at?: Place,
): Pick<FoundService, 'image' | 'registry'> {
  const image = typeof written === 'string' ? parsed(written) : undefined;
  if (!image) {
    const message = 'is not named: put the name of an image of the release there, or another one by its digest';
    notes.push({ subject: `${name} image`, reason: 'image', message, ...(at && { at }) });
    return { image: `docker.io/kdcube/${name.toLowerCase()}@sha256:<DIGEST>` };
  }
  const { host, repository, digest } = image;
  if (digest === undefined)
    notes.push({
      subject: `${name} image`,
      reason: 'image',
      message: 'is not named by digest: put the name of an image of the release there, or this one by its digest',
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
  // The digest may be one that a person has to fill in.
  const image = parsed(text.replace(/@sha256:<DIGEST>$/, ''));
  return image && registryOf(image);
}

/**
 * The one registry that an environment names for the images of the release: that of proc's image, which has the bundles in it, else of the first part of the platform. Services whose images are elsewhere go on naming them in full.
 */
export function registryOfAll(services: readonly FoundService[], notes: ImportNote[]): string | undefined {
  const own = services.filter(({ component, registry }) => component !== 'other' && registry !== undefined);
  const proc = own.find(({ component }) => component === 'proc') ?? own[0];
  const elsewhere = own.filter(({ registry }) => registry !== proc?.registry);
  if (proc && elsewhere.length > 0)
    notes.push({
      subject: 'registry:',
      reason: 'registry',
      message: `is that of ${proc.name}; the images of ${elsewhere.map(({ name }) => name).join(', ')} are in others, and keep their full names`,
    });
  return proc?.registry;
}

/** Where it was pushed to, as `registry:` says it. The hub's own images and the platform's are there for everybody: nobody pushes a release to them. */
function registryOf({ host, repository }: ImageReference): string | undefined {
  const prefix = repository.split('/').slice(0, -1).join('/');
  if (host === 'docker.io') return prefix === '' || prefix === 'library' || prefix === 'kdcube' ? undefined : `${host}/${prefix}`;
  return prefix === '' ? host : `${host}/${prefix}`;
}
