import type { Descriptor, ImageConfig, ImageManifest } from '../registry/manifests/manifest-format';
import type { OciBuild } from './layer-plan';
import { layerKeyIn } from './layer/layer';

/** A layer in an existing image that this plugin created. */
export interface OwnLayer {
  key: string;
  descriptor: Descriptor;
  diffId: string;
}

/** The layers of an image that this plugin created: their keys come from its history, their diff ids from its config. */
export function ownLayers({ layers }: ImageManifest, { history = [], rootfs }: ImageConfig): OwnLayer[] {
  const described = history.filter((entry) => (entry as { empty_layer?: unknown } | null)?.empty_layer !== true);
  // If the history does not match the layers, its entries cannot be assigned to them.
  if (described.length !== layers.length) return [];
  return layers.flatMap(({ mediaType, digest, size }, index) => {
    const key = layerKeyIn(described[index]);
    return key === undefined ? [] : [{ key, descriptor: { mediaType, digest, size }, diffId: rootfs.diff_ids[index]! }];
  });
}

/** Finds an image's own layers by their keys. */
export function indexOwnLayers(manifest: ImageManifest, config: ImageConfig): NonNullable<OciBuild['previousLayer']> {
  const byKey = new Map(ownLayers(manifest, config).map((layer) => [layer.key, layer]));
  return (key) => byKey.get(key);
}
