import { platformImages } from '../platform/images';
import { shown } from './reference';
import type { Release } from './release';

/** A published image of the platform: its name, its tag (platform.ref), and the repository that it is mirrored from. */
export interface PublishedImage {
  name: string;
  ref: string;
  source: string;
}

/** The published images of the release's platform; none if `platform.registry` is not set. */
export function publishedImages({ platform: { ref, registry } }: Pick<Release, 'platform'>): PublishedImage[] {
  if (ref === undefined || registry === undefined) return [];
  return platformImages(ref).map((name) => ({ name, ref, source: `${shown(registry)}/${name}` }));
}
