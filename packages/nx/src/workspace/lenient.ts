import * as path from 'node:path';
import { readWorkspace, type WorkspaceOptions } from '@kdcube/release/internal';
import { diskFiles } from './disk';
import type { OpenRelease } from './workspace';

/** The workspace, even if release.yaml has problems: status and rollback work without it. */
export function readWorkspaceLenient(
  root: string,
  { images }: Pick<WorkspaceOptions, 'images'>,
): Pick<OpenRelease, 'root' | 'workspace'> {
  return { root: path.resolve(root), workspace: readWorkspace(diskFiles(root), { images }) };
}
