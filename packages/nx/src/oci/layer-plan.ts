import { type UnreadableBase } from './base-files';
import type { BaseTree, EvaluatedRecipe, Ignore, PlannedLayer, Recipe, Refusal } from '@kdcube/release/internal';
import { BUNDLES_ROOT, EMPTY_TREE, evaluateRecipe, isRefusal, planLayers } from '@kdcube/release/internal';
import { inParallel, PARALLEL_REQUESTS } from '../system/parallel';
import type { Descriptor } from '../registry/manifests/manifest-format';
import { silentLog, type Log } from '../system/log';
import { requireBase, settingsOf, tooManyLayers, type Base } from './base';
import { openContext, type ContextTree, type OpenContext } from './context';
import { layerGroups, type LayerGroup } from './layer/groups';
import { layerKey } from './layer/layer';
import { isArchive } from './is-archive';
import type { TarEntry } from './layer/tar';

/** The inputs of a daemonless build. */
export interface OciBuild {
  recipe: Recipe;
  base: Base;
  /** `linux/amd64` */
  platform: string;
  /** The image's own files at '', and each bundle at its path in the context. */
  context: readonly ContextTree[];
  ignore: Ignore;
  /** As `docker build --label`: they override those of the Dockerfile. */
  labels: Readonly<Record<string, string>>;
  /** The file tree of the base. Called at most once, and only if a line depends on it. Undefined: it cannot be read. */
  baseFiles?: () => Promise<BaseTree | UnreadableBase | undefined>;
  /** A layer of the previous image that claims to have this key. It is reused if its `diffId` equals the one computed here. */
  previousLayer?: (key: string) => { descriptor: Descriptor; diffId: string } | undefined;
  log?: Log;
}

/** The layers of an image, before any content is read. */
export interface LayerPlan {
  evaluated: EvaluatedRecipe;
  /** The layers of each step. */
  groups: LayerGroup[][];
  context: OpenContext;
}

/** Plans the layers of an image. Returns the Refusal of an unsupported line. Problems: those of `requireBase` and of git. */
export async function planImageLayers(build: OciBuild): Promise<LayerPlan | Refusal> {
  const { recipe, base, platform, ignore, log = silentLog } = build;
  requireBase(base, platform);
  const evaluated = evaluateRecipe(recipe, settingsOf(base));
  if (isRefusal(evaluated)) return evaluated;
  const context = await openContext(build.context, ignore, log);
  const planned = await resolveLayers(build, evaluated, context);
  if (isRefusal(planned)) return planned;
  const archive = await findArchiveSource(planned, evaluated, context);
  if (archive) return archive;
  const groups = layerGroups(planned, base.manifest.layers.length);
  const tooMany = tooManyLayers(base, groups.flat().length, recipe.line);
  return tooMany ?? { evaluated, groups, context };
}

/** Calls `work` for each layer of a plan, with its key and its entries. The layers of one step run in parallel, at most `limit` at a time. */
export async function forEachLayer<T>(
  { groups, context }: LayerPlan,
  work: (key: string, entries: () => AsyncIterable<TarEntry>) => Promise<T>,
  limit: number = PARALLEL_REQUESTS,
): Promise<T[][]> {
  const results: T[][] = [];
  for (const step of groups)
    results.push(
      await inParallel(step, limit, ({ entries, above }) =>
        work(layerKey([context.contentOf(above), context.contentOf(entries)]), () => context.tarEntries(entries, above)),
      ),
    );
  return results;
}

/** Plans the layers. Lists folders and the base's files only as needed. Each round lists something new, so the loop ends. */
async function resolveLayers(
  build: OciBuild,
  { steps }: EvaluatedRecipe,
  context: OpenContext,
): Promise<PlannedLayer[] | Refusal> {
  const { base, ignore, recipe } = build;
  let files = recipe.from === 'scratch' ? EMPTY_TREE : undefined;
  const settings = settingsOf(base);
  // The platform's images have no folder for bundles (docs/decisions/0008).
  const newFolder = isPlatformImage(recipe.from) ? BUNDLES_ROOT : undefined;
  for (;;) {
    const plan = planLayers({ steps, context: context.entries, ignore, base: files, settings, newFolder });
    if ('layers' in plan) return plan.layers;
    if (isRefusal(plan)) return plan;
    if (plan.needs === 'folder') {
      await context.open(plan.folder);
      continue;
    }
    const read = (await build.baseFiles?.()) ?? { unreadable: 'they cannot be read here' };
    if ('unreadable' in read) {
      const why = `its result depends on the files of ${base.reference}, and ${read.unreadable}`;
      return { line: plan.line, instruction: instructionAt(steps, plan.line), why };
    }
    files = read;
  }
}

/** Whether a name is one of the platform's own images, in any registry. An image with bundles is not. */
function isPlatformImage(reference: string): boolean {
  const [, name] = /(?:^|\/)(kdcube-[a-z-]+)(?:[:@]|$)/.exec(reference) ?? [];
  return name !== undefined && !name.endsWith('-bundled');
}

function instructionAt(steps: EvaluatedRecipe['steps'], line: number): string {
  return steps.find((step) => step.line === line)?.instruction ?? 'FROM';
}

/** The refusal if ADD would unpack a source: Docker detects archives by their first bytes. */
async function findArchiveSource(
  layers: readonly PlannedLayer[],
  { steps }: EvaluatedRecipe,
  context: OpenContext,
): Promise<Refusal | undefined> {
  for (const [index, { entries }] of layers.entries()) {
    for (const entry of entries) {
      if (entry.kind !== 'file' || !entry.mustBePlain || !isArchive(await context.head(entry.source))) continue;
      const { line, instruction } = steps[index]!;
      return { line, instruction, why: `it unpacks ${entry.source}, which needs an engine; COPY copies it unchanged` };
    }
  }
  return undefined;
}
