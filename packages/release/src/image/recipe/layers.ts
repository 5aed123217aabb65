import { attempt, refuseFor, type Refusal } from './recipe';
import { FolderNotListed, contextOf, type ContextEntry } from './files/context';
import { planCopy, planFolder, type LayerEntry } from './files/copy';
import type { EvaluatedRecipe } from './steps';
import type { Ignore } from './files/ignore';
import type { ImageSettings } from './settings';
import { BaseNotListed, imageTree, ROOT, foldersTo, type BaseTree, type ImageTree } from './files/tree';
import { absolute } from './values';

/** The entries that a step adds, sorted by path; empty if it changes nothing. */
export interface PlannedLayer {
  entries: LayerEntry[];
  /**
   * The parent folders of all entries, with their current owner and mode. Each layer must list them: engines unpack each layer by itself,
   * and would replace an unlisted folder by one with their own defaults.
   */
  above: Extract<LayerEntry, { kind: 'folder' }>[];
}

export interface PlannedLayers {
  /** One layer for each step. */
  layers: PlannedLayer[];
}

/** What must be listed first: the files of the base image, or the content of a closed folder. */
export type ListingNeeded = { needs: 'base'; line: number } | { needs: 'folder'; folder: string };

export interface LayersOf {
  steps: EvaluatedRecipe['steps'];
  context: readonly ContextEntry[];
  ignore: Ignore;
  /** Undefined: not listed yet. */
  base?: BaseTree;
  /** A folder that the base is known not to have: adding files there does not need the base's files. */
  newFolder?: string;
  /** The base's settings: its WORKDIR exists, and paths that they name may exist. */
  settings: ImageSettings;
}

/**
 * Plans the layer of every step. The result, and what must be listed first, depend only on the Dockerfile, the names in the build context
 * and the base image, never on the state of this machine.
 */
export function planLayers({
  steps,
  context,
  ignore,
  base,
  settings,
  newFolder,
}: LayersOf): PlannedLayers | ListingNeeded | Refusal {
  return attempt<PlannedLayers | ListingNeeded>(() => {
    let line = 0;
    try {
      const listed = contextOf(context, ignore);
      const image = imageTree(base, settings, newFolder);
      if (!base) for (const folder of foldersTo(absolute(settings.WorkingDir ?? '/'))) image.put(folder, ROOT);
      const layers = steps.map((step) => {
        line = step.line;
        const added = guarded(step, () => (step.step === 'copy' ? planCopy(step, listed, image) : planFolder(step, image)));
        const entries = [...added.values()].sort(byPath);
        return { entries, above: foldersAbove(entries, image) };
      });
      return { layers };
    } catch (error) {
      if (error instanceof BaseNotListed) return { needs: 'base', line };
      if (error instanceof FolderNotListed) return { needs: 'folder', folder: error.folder };
      throw error;
    }
  });
}

function foldersAbove(entries: readonly LayerEntry[], image: ImageTree): PlannedLayer['above'] {
  const inside = entries.flatMap((entry) =>
    foldersTo(entry.kind === 'closed' && !entry.withRoot ? `${entry.path}/*` : entry.path).slice(0, -1),
  );
  const above = [...new Set(inside)].flatMap((path) => {
    const found = image.at(path);
    if (found?.kind !== 'folder' && found?.kind !== 'closed') return [];
    const { uid, gid, mode } = found;
    return [{ kind: 'folder' as const, path, uid, gid, mode }];
  });
  return above.sort(byPath);
}

/** Folders before their content. */
export function byPath({ path: one }: { path: string }, { path: other }: { path: string }): number {
  const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')];
  return a < b ? -1 : a > b ? 1 : 0;
}

function guarded<T>({ line, instruction: keyword }: { line: number; instruction: string }, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BaseNotListed || error instanceof FolderNotListed) throw error;
    return refuseFor({ line, keyword }, error);
  }
}
