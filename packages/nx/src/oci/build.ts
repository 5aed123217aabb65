import type { BaseTree, Ignore, Recipe, Refusal } from '@kdcube/release/internal';
import { isRefusal } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import { baseLayers, type Base } from './base';
import type { ContextTree } from './context';
import { printConfig, printManifest, type ConfigBlob } from './image-json';
import { cachedLayer, layerContent, makeLayer, type CachedLayer } from './layer';
import { forEachLayer, planImageLayers } from './layer-plan';
import type { TarEntry } from './tar';
import { sha256Digest } from '../registry/transport/connect';
import { OCI_LAYER, OCI_MANIFEST, type Descriptor } from '../registry/manifest-format';

export interface OciBuild {
  recipe: Recipe;
  base: Base;
  /** `linux/amd64` */
  platform: string;
  /** The image's own files at '', and each bundle where it lies in the context. */
  context: readonly ContextTree[];
  ignore: Ignore;
  /** As an engine's --label: they win over the Dockerfile's. */
  labels: Readonly<Record<string, string>>;
  /** Asked at most once, and only where a line cannot be understood without: what is in the base. Undefined: it cannot be known. Default: never known. */
  baseFiles?: () => Promise<BaseTree | undefined>;
  /** A layer of another image that claims to have this key. It is reused if its `diffId` is the one that is computed here. */
  known?: (key: string) => { descriptor: Descriptor; diffId: string } | undefined;
  log?: Log;
}

/** A layer of ours. `make` gives its file: from the cache folder, or made now. */
export interface BuiltLayer {
  key: string;
  descriptor: Descriptor;
  diffId: string;
  /** It was made for this build: no earlier one can have sent it. */
  isNew: boolean;
  make(): Promise<CachedLayer>;
}

export interface BuiltImage {
  /** `sha256:…` of the manifest. */
  digest: string;
  mediaType: string;
  manifest: Buffer;
  config: ConfigBlob;
  /** The base's, by their own digests. */
  base: Descriptor[];
  layers: BuiltLayer[];
  platform: string;
}

/**
 * Assembles an image without a container engine: the base's layers by their descriptors, one layer for the files of each COPY and one for each bundle, a config, a manifest. To the byte the same for the same Dockerfile,
 * trees, base and labels. A line that cannot be followed is returned, not thrown. Problems: those of the base (`requireBase`), of git, of the disk.
 */
export async function assembleImage(build: OciBuild): Promise<BuiltImage | Refusal> {
  const plan = await planImageLayers(build);
  if (isRefusal(plan)) return plan;
  const layers = await forEachLayer(plan, (key, entries) => builtLayer(key, entries, build));
  const own = layers.flat().filter((layer) => layer !== undefined);
  const config = printConfig(build, plan, layers);
  const base = baseLayers(build.base);
  const manifest = printManifest(config.descriptor, [...base, ...own.map(({ descriptor }) => descriptor)]);
  const digest = sha256Digest(manifest);
  return { digest, mediaType: OCI_MANIFEST, manifest, config, base, layers: own, platform: build.platform };
}

/** From the cache, else from another image if that has the same content, else made. Undefined where the layer is empty. */
async function builtLayer(
  key: string,
  entries: () => AsyncIterable<TarEntry>,
  { known }: OciBuild,
): Promise<BuiltLayer | undefined> {
  const make = () => makeLayer(key, entries) as Promise<CachedLayer>;
  // Anybody who can push can claim a key: what is computed here decides.
  const claimed = cachedLayer(key) === undefined ? known?.(key) : undefined;
  if (claimed?.descriptor.mediaType === OCI_LAYER && (await layerContent(key, entries))?.diffId === claimed.diffId)
    return { key, ...claimed, isNew: false, make };
  const layer = await makeLayer(key, entries);
  if (!layer) return undefined;
  const { digest, size, diffId, isNew } = layer;
  return { key, descriptor: { mediaType: OCI_LAYER, digest, size }, diffId, isNew, make };
}
