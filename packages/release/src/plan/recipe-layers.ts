import { attempt, refuse, type Refusal } from './recipe';
import { AsksToOpen, contextOf, type ContextEntry } from './recipe-context';
import { layCopy, layFolder, type LayerEntry } from './recipe-copy';
import type { FollowedRecipe } from './recipe-follow';
import type { Ignore } from './recipe-ignore';
import { AsksForBase, imageTree, wayTo, type BaseTree } from './recipe-tree';

/** What each step lays down, in the order of paths; empty where it changes nothing. */
export interface PlannedLayers {
  layers: LayerEntry[][];
}

/** What must be known first: the files of the base, or what is in a closed folder. */
export type Ask = { asks: 'base'; line: number } | { asks: 'folder'; folder: string };

export interface LayersOf {
  steps: FollowedRecipe['steps'];
  context: readonly ContextEntry[];
  ignore: Ignore;
  /** Undefined: not asked yet. Most Dockerfiles need no look into their base: see `askFirst` and `WORKDIR`. */
  base?: BaseTree;
  /** The base's own WORKDIR: it is there. */
  workingDir?: string;
}

/**
 * What every step lays down. The answer, and whether there is a question instead, depend on the Dockerfile, the context's names and the base alone, never on what a machine happens to have.
 */
export function planLayers({ steps, context, ignore, base, workingDir }: LayersOf): PlannedLayers | Ask | Refusal {
  return attempt<PlannedLayers | Ask>(() => {
    let line = 0;
    try {
      const listed = contextOf(context, ignore);
      const image = imageTree(base);
      if (!base && workingDir) for (const folder of wayTo(workingDir)) image.put(folder, { kind: 'folder' });
      const layers = steps.map((step) => {
        line = step.line;
        const laid = guarded(step, () => (step.step === 'copy' ? layCopy(step, listed, image) : layFolder(step, image)));
        return [...laid.values()].sort(byPath);
      });
      return { layers };
    } catch (error) {
      if (error instanceof AsksForBase) return { asks: 'base', line };
      if (error instanceof AsksToOpen) return { asks: 'folder', folder: error.folder };
      throw error;
    }
  });
}

/** Parents before what is in them. */
export function byPath({ path: one }: { path: string }, { path: other }: { path: string }): number {
  const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')];
  return a < b ? -1 : a > b ? 1 : 0;
}

function guarded<T>({ line, instruction: keyword }: { line: number; instruction: string }, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AsksForBase || error instanceof AsksToOpen) throw error;
    return refuse({ line, keyword }, (error as Error).message);
  }
}
