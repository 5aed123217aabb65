import * as path from 'node:path';
import type { TreeEntry } from '@kdcube/release/internal';
import { gitText } from './git';
import type { GitStore } from './mirror/store';
import { buildTrees, writeTrees } from './snapshot/build-trees';

/** The id of the tree with only these files of another tree, which are in git's order. Its content needs no further objects. */
export function reducedTreeId(files: readonly TreeEntry[]): string {
  return treesOf(files).at(-1)!.oid;
}

/** Writes that tree into the store, so that it can be read and its missing blobs can be fetched. Returns a store that still has it after a rebuild. */
export async function writeReducedTree(store: GitStore, files: readonly TreeEntry[]): Promise<GitStore> {
  const trees = treesOf(files);
  const write = async (): Promise<void> => {
    const objects = await gitText(store.context, ['rev-parse', '--git-path', 'objects']);
    writeTrees(path.resolve(store.context.cwd, objects), trees);
  };
  await write();
  const { rebuild } = store;
  if (!rebuild) return store;
  return {
    ...store,
    async rebuild(reason, log) {
      await rebuild(reason, log);
      await write();
    },
  };
}

/** Paths of a tree object are bytes. */
function treesOf(files: readonly TreeEntry[]): ReturnType<typeof buildTrees> {
  return buildTrees(
    files.map(({ mode, oid, path: name }) => ({ mode, oid, path: Buffer.from(name, 'utf8').toString('latin1') })),
  );
}
