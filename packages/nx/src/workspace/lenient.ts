import * as path from 'node:path';
import { readWorkspace } from '@kdcube/release/internal';
import { diskFiles } from './disk';
import type { OpenRelease } from './workspace';

/** The workspace as far as an environment needs it, also where release.yaml has problems: what runs can be looked at, and gone back from, all the same. */
export function readWorkspaceLenient(root: string): Pick<OpenRelease, 'root' | 'workspace'> {
  return { root: path.resolve(root), workspace: readWorkspace(diskFiles(root)) };
}
