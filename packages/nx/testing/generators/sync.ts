import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import pins from '../../src/generators/pins/generator';

/** The tree of a folder on disk, as Nx hands it to a sync generator. */
function diskTree(root: string): Tree {
  const FsTree = createTree().constructor as new (root: string, verbose: boolean) => Tree;
  return new FsTree(root, false);
}

export interface Synced {
  /** What `nx sync:check` would print; empty where Nx takes the workspace for synced. */
  outOfSync: string[];
  /** Writes the changes and runs the callback, as `nx sync` does. */
  sync(): Promise<void>;
  /** Writes the changes only: where a killed `nx sync` stops. */
  killed(): void;
}

/** The pins sync generator as Nx runs it: a generator that changes no file counts as in sync, whatever it returns. */
export async function runPins(root: string): Promise<Synced> {
  const tree = diskTree(root);
  const result = await pins(tree);
  const changes = tree.listChanges();
  const write = () => {
    for (const { type, path: file, content } of changes) {
      const place = path.join(root, file);
      if (type === 'DELETE') fs.rmSync(place, { recursive: true, force: true });
      else {
        fs.mkdirSync(path.dirname(place), { recursive: true });
        fs.writeFileSync(place, content!);
      }
    }
  };
  if (changes.length === 0 || !result) return { outOfSync: [], sync: async () => undefined, killed: () => undefined };
  return {
    outOfSync: result.outOfSyncDetails,
    killed: write,
    sync: () => {
      write();
      return result.callback();
    },
  };
}
