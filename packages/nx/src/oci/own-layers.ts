import type { Descriptor, ImageConfig, ImageManifest } from '../registry/manifest-format';
import type { OciBuild } from './build';
import { layerKeyIn } from './layer';

/** A layer of ours in an image that is there. */
export interface OwnLayer {
  key: string;
  descriptor: Descriptor;
  diffId: string;
}

/** The layers of ours in an image: its history says what is in each, and its config what each is unpacked. */
export function ownLayers({ layers }: ImageManifest, { history = [], rootfs }: ImageConfig): OwnLayer[] {
  const told = history.filter((entry) => (entry as { empty_layer?: unknown } | null)?.empty_layer !== true);
  // Where it tells of other layers than there are, nobody knows which is which.
  if (told.length !== layers.length) return [];
  return layers.flatMap(({ mediaType, digest, size }, index) => {
    const key = layerKeyIn(told[index]);
    return key === undefined ? [] : [{ key, descriptor: { mediaType, digest, size }, diffId: rootfs.diff_ids[index]! }];
  });
}

export function knownLayers(manifest: ImageManifest, config: ImageConfig): NonNullable<OciBuild['known']> {
  const known = new Map(ownLayers(manifest, config).map((layer) => [layer.key, layer]));
  return (key) => known.get(key);
}
