import { openBlob, partsOf, type Layout, type Parts } from '../../oci/layout';
import { type Descriptor } from '../../registry/manifests/manifest-format';
import { parsePlatform, formatPlatform } from '../../registry/manifests/platform';
import { streamBlob } from '../../registry/blobs/download-blob';
import type { ImageSource } from './image-source';

/**
 * All parts of an image outside an engine's store: its own layers from this machine, the base's layers from the `previous` layout if it has
 * them, else from the base's repository.
 */
export function completeParts(source: Exclude<ImageSource, { kind: 'engine' }>, previous?: Layout): Parts {
  const parts = source.kind === 'daemonless' ? partsOf(source.image) : partsOfLayout(source.layout);
  const open = (layer: Descriptor): ReturnType<Parts['open']> => {
    if (previous && hasLayer(previous, layer)) return openBlob(previous.dir, layer);
    return parts.open(layer) ?? (source.base && streamBlob(source.base.registry, source.base.repository, layer));
  };
  return { ...parts, open };
}

/** Whether a layout has a layer of its image. */
export function hasLayer(layout: Layout | undefined, { digest }: Descriptor): boolean {
  if (!layout) return false;
  return layout.image.layers.some((layer) => layer.digest === digest) && !layout.missing.some((layer) => layer.digest === digest);
}

function partsOfLayout({ dir, manifest, bytes, image, config, configBytes, missing }: Layout): Parts {
  const absent = new Set(missing.map(({ digest }) => digest));
  return {
    manifest,
    bytes,
    config: { descriptor: image.config, bytes: configBytes },
    layers: image.layers,
    // The platform in an index has only these fields of the config.
    platform: parsePlatform(formatPlatform(config)),
    open: (layer) => (absent.has(layer.digest) ? undefined : openBlob(dir, layer)),
  };
}
