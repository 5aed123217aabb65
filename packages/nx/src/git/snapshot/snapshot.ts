import * as path from 'node:path';
import { withTemporaryDir } from '../../system/files/files';
import { readStatus, type GitStatus } from '../status';
import { closeObjectReaders } from '../objects';
import { isPartialClone } from '../config';
import type { GitStore } from '../mirror/store';
import { batched } from '../batch';
import { changedPaths, headCommit } from '../worktree';
import { openOverlay, type Overlay } from './overlay';
import { readTrees, type FolderTree, type ReadableTree, type SnapshotContext } from './folder-trees';

/** The workspace's files, read through git without writing anything into the repository. Valid only inside `withSnapshot`. */
export interface Snapshot {
  /** The tree of a folder relative to the workspace's root; undefined if git sees nothing in it. */
  tree(folder: string): Promise<ReadableTree | undefined>;
  /** The paths below these places that differ from HEAD. */
  changed(places: readonly string[]): Promise<string[]>;
  /** The commit that is checked out; undefined before the first commit. */
  head(): Promise<string | undefined>;
}

/** The tree of one folder of the workspace, if its content need not be read; see `Snapshot.tree`. */
export async function workspaceTree(root: string, folder: string): Promise<FolderTree | undefined> {
  const found = await withSnapshot(root, (snapshot) => snapshot.tree(folder));
  return found && { tree: found.tree, committed: found.committed };
}

/**
 * Opens the workspace's files as git objects while `work` runs. Committed objects are read from the repository. Uncommitted ones are
 * written to a temporary folder that uses the repository as an alternate, and each command uses its own copy of the index: the repository,
 * its index and its configuration are not changed.
 */
export async function withSnapshot<T>(
  root: string,
  work: (snapshot: Snapshot) => Promise<T>,
  status: GitStatus = readStatus(root),
): Promise<T> {
  const [workspace, settings, checkout] = await Promise.all([status.worktree, status.config, status.checkout]);
  return withTemporaryDir(async (dir) => {
    const objects = path.join(dir, 'objects');
    let opened: Promise<Overlay> | undefined;
    const overlay = (): Promise<Overlay> => (opened ??= openOverlay(objects, workspace, settings));
    // A partial clone fetches missing objects as they are read, which would write to the repository.
    const committed: GitStore | undefined = isPartialClone(settings)
      ? undefined
      : { context: { cwd: workspace.root }, isComplete: true };
    const reading: SnapshotContext = { workspace, checkout, overlay, committed };
    try {
      return await work({
        tree: batched((folders) => readTrees(reading, folders)),
        changed: (places) => changedInSnapshot(reading, places),
        head: async () => (checkout ? checkout.head : headCommit(root)),
      });
    } finally {
      closeObjectReaders(objects);
    }
  });
}

async function changedInSnapshot({ workspace, checkout }: SnapshotContext, places: readonly string[]): Promise<string[]> {
  const known = places.map((place) => checkout?.changedBelow(place));
  return known.every((each) => each !== undefined) ? known.flat() : changedPaths(workspace.root, places);
}
