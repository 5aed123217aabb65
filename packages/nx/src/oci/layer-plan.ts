import type { FollowedRecipe, PlannedLayer, Refusal } from '@kdcube/release/internal';
import { EMPTY_TREE, followRecipe, isRefusal, planLayers } from '@kdcube/release/internal';
import { inParallel, PARALLEL_REQUESTS } from '../system/parallel';
import { silentLog } from '../system/log';
import { requireBase, settingsOf, tooManyLayers } from './base';
import type { OciBuild } from './build';
import { openContext, type OpenContext } from './context';
import { layerGroups, type LayerGroup } from './groups';
import { layerKey } from './layer';
import { looksPacked } from './packed';
import type { TarEntry } from './tar';

/** What an image is made of, before a byte of a layer is read. */
export interface LayerPlan {
  followed: FollowedRecipe;
  /** The layers of each step. */
  groups: LayerGroup[][];
  context: OpenContext;
}

/** Plans the layers of an image. A line that cannot be followed is returned, not thrown. Problems: those of the base (`requireBase`), of git. */
export async function planImageLayers(build: OciBuild): Promise<LayerPlan | Refusal> {
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
  return tooMany ?? { followed, groups, context };
}

/** Calls `work` for each layer of a plan, with its key and its entries. Layers of one step at the same time. */
export async function forEachLayer<T>(
  { groups, context }: LayerPlan,
  work: (key: string, entries: () => AsyncIterable<TarEntry>) => Promise<T>,
): Promise<T[][]> {
  const results: T[][] = [];
  for (const step of groups)
    results.push(
      await inParallel(step, PARALLEL_REQUESTS, ({ entries, above }) =>
        work(layerKey([context.contentOf(above), context.contentOf(entries)]), () => context.tarEntries(entries, above)),
      ),
    );
  return results;
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
