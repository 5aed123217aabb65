import { attempt, refuseFor, type Refusal } from './recipe';
import { AsksToOpen, contextOf, type ContextEntry } from './context';
import { layCopy, layFolder, type LayerEntry } from './copy';
import type { FollowedRecipe } from './steps';
import type { Ignore } from './ignore';
import type { ImageSettings } from './settings';
import { AsksForBase, imageTree, ROOT, wayTo, type BaseTree, type ImageTree } from './tree';
import { absolute } from './values';

/** The entries that a step adds, sorted by path; empty if it changes nothing. */
export interface PlannedLayer {
  entries: LayerEntry[];
  /**
   * The parent folders of all entries, with their present owner and mode. Each layer must list them: engines unpack a layer by itself and would replace an unlisted folder by one with their own
   * defaults.
   */
  above: Extract<LayerEntry, { kind: 'folder' }>[];
}

export interface PlannedLayers {
  /** One layer for each step. */
  layers: PlannedLayer[];
}

/** What must be listed first: the files of the base image, or the content of a closed folder. */
export type Ask = { asks: 'base'; line: number } | { asks: 'folder'; folder: string };

export interface LayersOf {
  steps: FollowedRecipe['steps'];
  context: readonly ContextEntry[];
  ignore: Ignore;
  /** Undefined: not listed yet. Most Dockerfiles do not need it: see `askFirst` and `WORKDIR`. */
  base?: BaseTree;
  /** The base's settings: its WORKDIR exists, and paths that they name may exist. */
  settings: ImageSettings;
}

/**
 * The layer of every step. The result, and what must be listed first, depend only on the Dockerfile, the names in the build context and the base image, never on the state of this machine.
 */
export function planLayers({ steps, context, ignore, base, settings }: LayersOf): PlannedLayers | Ask | Refusal {
  return attempt<PlannedLayers | Ask>(() => {
    let line = 0;
    try {
      const listed = contextOf(context, ignore);
      const image = imageTree(base, settings);
      if (!base) for (const folder of wayTo(absolute(settings.WorkingDir ?? '/'))) image.put(folder, ROOT);
      const layers = steps.map((step) => {
        line = step.line;
        const laid = guarded(step, () => (step.step === 'copy' ? layCopy(step, listed, image) : layFolder(step, image)));
        const entries = [...laid.values()].sort(byPath);
        return { entries, above: foldersAbove(entries, image) };
      });
      return { layers };
    } catch (error) {
      if (error instanceof AsksForBase) return { asks: 'base', line };
      if (error instanceof AsksToOpen) return { asks: 'folder', folder: error.folder };
      throw error;
    }
  });
}

function foldersAbove(entries: readonly LayerEntry[], image: ImageTree): PlannedLayer['above'] {
  const inside = entries.flatMap((entry) =>
    wayTo(entry.kind === 'closed' && !entry.withRoot ? `${entry.path}/*` : entry.path).slice(0, -1),
  );
  const above = [...new Set(inside)].flatMap((path) => {
    const found = image.at(path);
    if (found?.kind !== 'folder' && found?.kind !== 'closed') return [];
    const { uid, gid, mode } = found;
    return [{ kind: 'folder' as const, path, uid, gid, mode }];
  });
  return above.sort(byPath);
}

/** Parents before their content. */
export function byPath({ path: one }: { path: string }, { path: other }: { path: string }): number {
  const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')];
  return a < b ? -1 : a > b ? 1 : 0;
}

function guarded<T>({ line, instruction: keyword }: { line: number; instruction: string }, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AsksForBase || error instanceof AsksToOpen) throw error;
    return refuseFor({ line, keyword }, error);
  }
}
