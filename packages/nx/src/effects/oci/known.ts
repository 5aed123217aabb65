import type { ImageConfig, ImageManifest } from '../registry/manifest';
import { LAYER_KEY, type OciBuild } from './build';

/** The layers of ours in an image: each says what is in it, and the config says what it is unpacked. */
export function knownLayers(manifest: ImageManifest, config: ImageConfig): NonNullable<OciBuild['known']> {
  const known = new Map<string, ReturnType<NonNullable<OciBuild['known']>>>();
  for (const [index, { mediaType, digest, size, annotations }] of manifest.layers.entries()) {
    const key = annotations?.[LAYER_KEY];
    if (key !== undefined) known.set(key, { descriptor: { mediaType, digest, size }, diffId: config.rootfs.diff_ids[index]! });
  }
  return (key) => known.get(key);
}
