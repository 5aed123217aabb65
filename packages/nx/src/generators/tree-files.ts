import type { Tree } from '@nx/devkit';
import type { Files } from '@kdcube/release/internal';

/** A generator's tree as the files that a workspace is read from. */
export function treeFiles(tree: Tree): Files {
  return {
    read: (file) => (tree.exists(file) && tree.isFile(file) ? (tree.read(file) ?? undefined) : undefined),
    list: (folder) => (tree.exists(folder) && !tree.isFile(folder) ? tree.children(folder) : []),
  };
}
