import type { CreateNodesResultV2, CreateNodesV2 } from '@nx/devkit';
import { readWorkspace, RELEASE_FILE } from '@kdcube/release/internal';
import { diskFiles } from '../workspace/disk';
import { parsePluginOptions, type PluginOptions } from '../plugin-options';
import { projectsOf } from './projects';

/**
 * release.yaml and the files that it is read with → projects. Everything comes from small files of the workspace: no process, no network, and nothing
 * that a person can write makes it throw (HOUSE law 7).
 */
export const createNodes: CreateNodesV2<PluginOptions> = [
  // Not the pins and Dockerfiles as well, though they are read: when a file of this pattern is deleted, Nx calls every project affected.
  RELEASE_FILE,
  (configFiles, raw, context): CreateNodesResultV2 => {
    if (!configFiles.includes(RELEASE_FILE)) return [];
    const files = diskFiles(context.workspaceRoot);
    const { options } = parsePluginOptions(raw);
    return [[RELEASE_FILE, { projects: projectsOf(readWorkspace(files, options), files, options) }]];
  },
];
