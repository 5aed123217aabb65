import type { Refusal } from '@kdcube/release/internal';
import { isRefusal } from '@kdcube/release/internal';
import { baseLayers } from './base';
import { printConfig, printManifest, type ConfigBlob } from './image-json';
import { cachedLayer, layerContent, makeLayer, type CachedLayer } from './layer/layer';
import { forEachLayer, planImageLayers, type OciBuild } from './layer-plan';
import type { TarEntry } from './layer/tar';
import { sha256Digest } from '../registry/transport/connect';
import { OCI_LAYER, OCI_MANIFEST, type Descriptor } from '../registry/manifests/manifest-format';

/** A layer that this build adds. `make` returns its file, from the cache or newly created. */
export interface BuiltLayer {
  key: string;
  descriptor: Descriptor;
  diffId: string;
  /** Created by this build, so no earlier push can have uploaded it. */
  isNew: boolean;
  make(): Promise<CachedLayer>;
}

export interface BuiltImage {
  /** `sha256:…` of the manifest. */
  digest: string;
  mediaType: string;
  manifest: Buffer;
  config: ConfigBlob;
  /** The layers of the base. */
  base: Descriptor[];
  layers: BuiltLayer[];
  platform: string;
}

/**
 * Assembles an image without a container engine: the base's layers, one layer for the files of each COPY, one for each bundle, a config and a manifest. Reproducible: the same Dockerfile, trees, base and
 * labels give the same bytes. Returns the Refusal of an unsupported line. Problems: those of `requireBase`, of git and of the file system.
 */
export async function assembleImage(build: OciBuild): Promise<BuiltImage | Refusal> {
  const plan = await planImageLayers(build);
  if (isRefusal(plan)) return plan;
  const layers = await forEachLayer(plan, (key, entries) => buildLayer(key, entries, build));
  const own = layers.flat().filter((layer) => layer !== undefined);
  const config = printConfig(build, plan, layers);
  const base = baseLayers(build.base);
  const manifest = printManifest(config.descriptor, [...base, ...own.map(({ descriptor }) => descriptor)]);
  const digest = sha256Digest(manifest);
  return { digest, mediaType: OCI_MANIFEST, manifest, config, base, layers: own, platform: build.platform };
}

/** From the cache, else from the previous image if its content is the same, else newly created. Undefined if the layer is empty. */
async function buildLayer(
  key: string,
  entries: () => AsyncIterable<TarEntry>,
  { previousLayer }: OciBuild,
): Promise<BuiltLayer | undefined> {
  const make = () => makeLayer(key, entries) as Promise<CachedLayer>;
  // Anyone with write access can claim a key, so the content that is computed here decides.
  const claimed = cachedLayer(key) === undefined ? previousLayer?.(key) : undefined;
  if (claimed?.descriptor.mediaType === OCI_LAYER && (await layerContent(key, entries))?.diffId === claimed.diffId)
    return { key, ...claimed, isNew: false, make };
  const layer = await makeLayer(key, entries);
  if (!layer) return undefined;
  const { digest, size, diffId, isNew } = layer;
  return { key, descriptor: { mediaType: OCI_LAYER, digest, size }, diffId, isNew, make };
}
