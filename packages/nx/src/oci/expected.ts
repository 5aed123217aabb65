import type { Refusal } from '@kdcube/release/internal';
import { isRefusal } from '@kdcube/release/internal';
import { OCI_LAYER, isIndex, type Descriptor, type ImageIndex, type ImageManifest } from '../registry/manifests/manifest-format';
import { baseLayers, MAX_LAYERS } from './base';
import { printConfig, printManifest, type ConfigBlob } from './image-json';
import { layerContent, type LayerContent } from './layer/layer';
import { forEachLayer, planImageLayers, type OciBuild } from './layer-plan';

/** What an image must contain, computed only from git and its base: everything except the compressed bytes of its own layers. */
export interface ExpectedImage {
  config: ConfigBlob;
  /** The layers of its base, which come first. */
  base: Descriptor[];
  /** Its own layers in order, by their uncompressed content. */
  layers: (LayerContent & { key: string })[];
}

/**
 * Computes what `assembleImage` would build, without compressing anything. All layers run at once, so concurrent fetches of bundles share
 * one request. Returns the Refusal of an unsupported line.
 */
export async function expectImage(build: OciBuild): Promise<ExpectedImage | Refusal> {
  const plan = await planImageLayers(build);
  if (isRefusal(plan)) return plan;
  const contentOf = async (key: string, entries: Parameters<typeof layerContent>[1]) => {
    const content = await layerContent(key, entries);
    return content && { key, ...content };
  };
  const layers = await forEachLayer(plan, contentOf, MAX_LAYERS);
  const own = layers.flat().filter((layer) => layer !== undefined);
  return { config: printConfig(build, plan, layers), base: baseLayers(build.base), layers: own };
}

/**
 * Why a manifest is not the expected image; undefined if it is. The config has every `diff_id`, label and setting, so its digest is compared. The compressed bytes of own layers may differ:
 * a container runtime refuses bytes that do not unpack to their `diff_id`.
 */
export function findMismatch(
  { config, base, layers }: ExpectedImage,
  found: { bytes: Uint8Array; json: ImageManifest | ImageIndex },
): string | undefined {
  const { json } = found;
  if (isIndex(json)) return 'it is an image index';
  if (json.config.digest !== config.descriptor.digest)
    return `its config is ${json.config.digest} instead of ${config.descriptor.digest}`;
  const expected = base.length + layers.length;
  if (json.layers.length !== expected) return `it has ${json.layers.length} layers instead of ${expected}`;
  const wrong = base.findIndex(({ digest }, index) => json.layers[index]!.digest !== digest);
  if (wrong !== -1) return `its layer ${wrong + 1} is ${json.layers[wrong]!.digest} instead of the base's ${base[wrong]!.digest}`;
  const own = json.layers.slice(base.length).map(({ digest, size }) => ({ mediaType: OCI_LAYER, digest, size }));
  // The rest of the manifest must equal ours: no unknown fields, which another client may interpret.
  const same = printManifest(config.descriptor, [...base, ...own]).equals(found.bytes);
  return same ? undefined : 'its manifest has unexpected fields';
}
