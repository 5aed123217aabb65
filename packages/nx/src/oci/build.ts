import type { BaseTree, FollowedRecipe, Ignore, PlannedLayer, Recipe, Refusal } from '@kdcube/release/internal';
import { EMPTY_TREE, followRecipe, isRefusal, planLayers, printedSettings } from '@kdcube/release/internal';
import { inParallel, PARALLEL_REQUESTS } from '../system/parallel';
import { silentLog, type Log } from '../system/log';
import { baseLayers, historyOf, requireBase, settingsOf, tooManyLayers, type Base } from './base';
import { openContext, type ContextTree, type OpenContext } from './context';
import { looksPacked } from './packed';
import { keptLayer, layerComment, layerKey, type KeptLayer } from './layer';
import { layerGroups, type LayerGroup } from './groups';
import { sha256Digest } from '../registry/transport/connect';
import { OCI_MANIFEST, type Descriptor } from '../registry/manifest';

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const NO_BASE_TIME = '1980-01-01T00:00:00Z';

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
  /** Layers of an image that is there already, by their key: these are not made again. */
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
  make(): Promise<KeptLayer>;
}

export interface BuiltImage {
  /** `sha256:…` of the manifest. */
  digest: string;
  mediaType: string;
  manifest: Buffer;
  config: { descriptor: Descriptor; bytes: Buffer };
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
  const { recipe, base, platform, ignore, log = silentLog } = build;
  requireBase(base, platform);
  const followed = followRecipe(recipe, settingsOf(base));
  if (isRefusal(followed)) return followed;
  const context = await openContext(build.context, ignore, log);
  const planned = await plannedLayers(build, followed, context);
  if (isRefusal(planned)) return planned;
  const packed = await packedSource(planned, followed, context);
  if (packed) return packed;
  const groups = layerGroups(planned, base.manifest.layers.length);
  const tooMany = tooManyLayers(base, groups.flat().length, recipe.line);
  if (tooMany) return tooMany;
  const layers: (BuiltLayer | undefined)[][] = [];
  for (const step of groups) layers.push(await inParallel(step, PARALLEL_REQUESTS, (group) => builtLayer(group, context, build)));
  return imageOf(build, followed, groups, layers);
}

/** Opens what must be seen, until the plan stands. Each round answers a question for good, so there is an end. */
async function plannedLayers(
  build: OciBuild,
  { steps }: FollowedRecipe,
  context: OpenContext,
): Promise<PlannedLayer[] | Refusal> {
  const { base, ignore, recipe } = build;
  let files = recipe.from === 'scratch' ? EMPTY_TREE : undefined;
  const settings = settingsOf(base);
  for (;;) {
    const plan = planLayers({ steps, context: context.entries, ignore, base: files, settings });
    if ('layers' in plan) return plan.layers;
    if (isRefusal(plan)) return plan;
    if (plan.asks === 'folder') {
      await context.open(plan.folder);
      continue;
    }
    files = await build.baseFiles?.();
    if (!files)
      return {
        line: plan.line,
        instruction: instructionAt(steps, plan.line),
        why: `what it does depends on the files of ${base.reference}, which cannot be read here`,
      };
  }
}

function instructionAt(steps: FollowedRecipe['steps'], line: number): string {
  return steps.find((step) => step.line === line)?.instruction ?? 'FROM';
}

/** `ADD` unpacks archives, by their first bytes and not by their names. */
async function packedSource(
  layers: readonly PlannedLayer[],
  { steps }: FollowedRecipe,
  context: OpenContext,
): Promise<Refusal | undefined> {
  for (const [index, { entries }] of layers.entries()) {
    for (const entry of entries) {
      if (entry.kind !== 'file' || !entry.mustBePlain || !looksPacked(await context.head(entry.source))) continue;
      const { line, instruction } = steps[index]!;
      return { line, instruction, why: `it unpacks ${entry.source}, which needs an engine; COPY lays it down as it is` };
    }
  }
  return undefined;
}

/** Undefined where the layer is empty. */
async function builtLayer(
  { entries, above }: LayerGroup,
  context: OpenContext,
  { known }: OciBuild,
): Promise<BuiltLayer | undefined> {
  const key = layerKey([context.contentOf(above), context.contentOf(entries)]);
  const make = async (): Promise<KeptLayer | undefined> => keptLayer(key, () => context.tarEntries(entries, above));
  const there = known?.(key);
  if (there)
    return {
      key,
      descriptor: there.descriptor,
      diffId: there.diffId,
      isNew: false,
      make: make as () => Promise<KeptLayer>,
    };
  const layer = await make();
  if (!layer) return undefined;
  const descriptor = { mediaType: OCI_LAYER, digest: layer.digest, size: layer.size };
  return { key, descriptor, diffId: layer.diffId, isNew: layer.isNew, make: make as () => Promise<KeptLayer> };
}

function imageOf(
  build: OciBuild,
  followed: FollowedRecipe,
  groups: readonly LayerGroup[][],
  layers: readonly (BuiltLayer | undefined)[][],
): BuiltImage {
  const { base, labels, platform } = build;
  const created = base.config.created ?? NO_BASE_TIME;
  const own = layers.flat().filter((layer) => layer !== undefined);
  const { architecture, variant, os, author } = base.config as typeof base.config & { author?: string };
  const extra = base.config as unknown as Record<string, unknown>;
  const config = bytesOf({
    created,
    author: followed.author ?? author,
    architecture,
    variant,
    os,
    'os.version': extra['os.version'],
    'os.features': extra['os.features'],
    config: printedSettings({ ...followed.settings, Labels: { ...followed.settings.Labels, ...labels } }),
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, ...own.map(({ diffId }) => diffId)] },
    // When and by whom says nothing of what is in it, and with fifty layers it is a tenth of the config.
    history: [...historyOf(base), ...ownHistory(followed, groups, layers)],
  });
  const descriptor = { mediaType: OCI_CONFIG, digest: sha256Digest(config), size: config.length };
  const below = baseLayers(base);
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor,
    layers: [...below, ...own.map((layer) => layer.descriptor)],
  });
  return {
    digest: sha256Digest(manifest),
    mediaType: OCI_MANIFEST,
    manifest,
    config: { descriptor, bytes: config },
    base: below,
    layers: own,
    platform,
  };
}

interface HistoryEntry {
  created_by?: string;
  comment?: string;
  empty_layer?: true;
}

/** One entry a layer, and one for each instruction that has none. Of several layers of one instruction the first names it, and each what is in it: fifty times the same would be a good part of the config. */
function ownHistory(
  { history }: FollowedRecipe,
  groups: readonly LayerGroup[][],
  layers: readonly (BuiltLayer | undefined)[][],
): HistoryEntry[] {
  return history.flatMap(({ by, step }): HistoryEntry[] => {
    const made = (step === undefined ? [] : groups[step]!).flatMap(({ name }, index) => {
      const layer = layers[step!]![index];
      return layer ? [layerComment(layer.key, name)] : [];
    });
    if (made.length === 0) return [{ created_by: by, empty_layer: true }];
    return made.map((comment, index) => ({ ...(index === 0 && { created_by: by }), comment }));
  });
}

function bytesOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
