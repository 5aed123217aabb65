import type { Tree } from '@nx/devkit';
import type { Files } from '@kdcube/release/internal';

/** The files of a generator's tree, in the form that `readWorkspace` expects. */
export function treeFiles(tree: Tree): Files {
  return {
    read: (file) => (tree.exists(file) && tree.isFile(file) ? (tree.read(file) ?? undefined) : undefined),
    // The root exists, whatever the tree says of it.
    list: (folder) => (folder === '.' || (tree.exists(folder) && !tree.isFile(folder)) ? tree.children(folder) : []),
  };
}
