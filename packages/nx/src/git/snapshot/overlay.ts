import * as fs from 'node:fs';
import { fileProblem } from '../../system/files/files';
import type { Worktree } from '../worktree';
import { isPartialClone, type GitConfig } from '../config';
import type { GitContext } from '../environment';
import { checkoutRemote } from '../mirror/source';
import * as path from 'node:path';
import type { GitStore } from '../mirror/store';

/** Where objects of uncommitted content are written. */
export interface Overlay {
  store: GitStore;
  objects: string;
  /** The name of a new index file. */
  indexName: () => string;
}

export async function openOverlay(objects: string, workspace: Worktree, settings: GitConfig): Promise<Overlay> {
  await fs.promises.mkdir(objects);
  const context: GitContext = {
    cwd: workspace.root,
    env: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotePath(workspace.objects) },
  };
  // Only a partial clone needs it: for files that a sparse checkout left out, and for old commits that git reads.
  const remote = await checkoutRemote(workspace.root, { context, worktree: workspace, config: settings });
  const store = { context: remote?.context ?? context, remote, isComplete: !isPartialClone(settings) };
  let count = 0;
  return { store, objects, indexName: () => path.join(path.dirname(objects), `index-${(count += 1)}`) };
}

/**
 * git trusts a file's times unless the index is as old as the file. A copy must not look newer than the original, or changes of the same
 * second would be missed.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  try {
    const { mtimeMs } = await fs.promises.stat(from);
    await fs.promises.copyFile(from, to);
    const time = Math.floor(mtimeMs / 1000);
    await fs.promises.utimes(to, time, time);
  } catch (error) {
    // No index: nothing was ever added.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileProblem(error, from);
  }
}

/** A folder as git reads it in a list of folders, with any character in its name. */
function quotePath(dir: string): string {
  return `"${dir.replace(/[\\"]/g, '\\$&')}"`;
}
