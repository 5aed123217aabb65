import { openBlob, partsOf, type Layout, type Parts } from '../../oci/layout';
import { type Descriptor, parsePlatform, formatPlatform } from '../../registry/manifest';
import { streamBlob } from '../../registry/stream';
import type { Source } from './source';

/** All parts of an image that is not an engine's: its own layers from here, the base's from `before` where that layout has them, else from where the base is. */
export function wholeParts(source: Exclude<Source, { kind: 'engine' }>, before?: Layout): Parts {
  const parts = source.kind === 'arithmetic' ? partsOf(source.image) : partsOfLayout(source.layout);
  const open = (layer: Descriptor): ReturnType<Parts['open']> => {
    if (before && has(before, layer)) return openBlob(before.dir, layer);
    return parts.open(layer) ?? (source.base && streamBlob(source.base.registry, source.base.repository, layer));
  };
  return { ...parts, open };
}

/** Whether a layout has a layer of its image. */
export function has(layout: Layout | undefined, { digest }: Descriptor): boolean {
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
    // Of a config, only what an index says of an image.
    platform: parsePlatform(formatPlatform(config)),
    open: (layer) => (absent.has(layer.digest) ? undefined : openBlob(dir, layer)),
  };
}
