import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Files } from '@kdcube/release/internal';

/** The workspace's files on disk, read synchronously: createNodes runs at every command, and a workspace has a few hundred small files. */
export function diskFiles(root: string): Files {
  return {
    read: (file) => {
      try {
        return fs.readFileSync(path.join(root, file));
      } catch {
        return undefined;
      }
    },
    list: (folder) => {
      try {
        return fs.readdirSync(path.join(root, folder));
      } catch {
        return [];
      }
    },
  };
}
