import type { Place } from '../problem/problem';
import { KdcubeError } from '../problem/problem';
import { type ImageReference, parseImageReference } from '../release/reference';
import { type Component, components, factsOf } from '../platform/components';
import { mayHoldSecret } from '../document/values';
import type { FoundService, ImportNote } from './types';

export interface WrittenImage {
  /** The service, as the notes name it. */
  name: string;
  component: Component;
  image?: unknown;
  /** Whether it is built on the host: its name is that of no image in a registry. */
  isBuilt?: boolean;
  at?: Place;
}

/** The image as the environment's file names it: by digest, or with a placeholder for the digest. */
export function importedImage(written: WrittenImage, notes: ImportNote[]): Pick<FoundService, 'image' | 'registry'> {
  const { name, component, at } = written;
  const text = typeof written.image === 'string' ? written.image : undefined;
  const image = text === undefined ? undefined : parsed(text);
  const note = (message: string, hint?: string) =>
    notes.push({ subject: `${name} image`, reason: 'image', message, ...(hint !== undefined && { hint }), ...(at && { at }) });
  const local = text === undefined ? name.toLowerCase() : image && localName(image, written);
  if (!image || local !== undefined) {
    const what =
      local === undefined ? 'has no name that can be read' : text === undefined ? 'is missing' : 'is built on the host';
    note(`${what}: write the name of an image of the release, or another image by digest`, 'image: kdcube-chat-proc-bundled');
    // The platform publishes what its compose files build.
    const platform = factsOf(component).image;
    return {
      image: `${platform === undefined ? `<REGISTRY>/${local ?? '<IMAGE>'}` : `docker.io/kdcube/${platform}`}@sha256:<DIGEST>`,
    };
  }
  const { host, repository, digest } = image;
  if (digest === undefined)
    note(
      'has no digest: write the name of an image of the release, or this image by digest',
      `docker buildx imagetools inspect ${text!}`,
    );
  return { image: `${host}/${repository}@${digest ?? 'sha256:<DIGEST>'}`, registry: registryOf(image) };
}

/** The name of an image that only the host has. Docker would look for it among the official images. */
function localName({ host, repository, digest }: ImageReference, { isBuilt }: WrittenImage): string | undefined {
  const name = /^library\/([^/]+)$/.exec(repository)?.[1];
  if (host !== 'docker.io' || name === undefined || digest !== undefined) return undefined;
  return isBuilt || components.some((component) => factsOf(component).image === name) ? name : undefined;
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

/** The name of a mirrored image of the platform, if the reference is exactly what the environment resolves this name to. */
export function publishedName(
  reference: string,
  registry: string | undefined,
  published: ReadonlyMap<string, string> | undefined,
): string | undefined {
  const name = reference.replace(/@.*$/, '').split('/').at(-1)!;
  const digest = published?.get(name);
  return digest !== undefined && registry !== undefined && reference === `${registry}/${name}@${digest}` ? name : undefined;
}

/** The registry of an image, in the form of `registry:`. Undefined for official images of Docker Hub and those of the platform: no release is pushed there. */
function registryOf({ host, repository }: ImageReference): string | undefined {
  const prefix = repository.split('/').slice(0, -1).join('/');
  if (host === 'docker.io') return prefix === '' || prefix === 'library' || prefix === 'kdcube' ? undefined : `${host}/${prefix}`;
  return prefix === '' ? host : `${host}/${prefix}`;
}
