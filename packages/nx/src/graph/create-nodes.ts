import type { CreateNodesResultV2, CreateNodesV2 } from '@nx/devkit';
import { readWorkspace, RELEASE_FILE } from '@kdcube/release/internal';
import { diskFiles } from '../workspace/disk';
import { parsePluginOptions, type PluginOptions } from '../plugin-options';
import { requireProjectName } from './project-name';
import { projectsOf } from './projects';

/**
 * Creates projects from release.yaml and the small files that it refers to. Spawns no process, uses no network, and never throws for a typo
 * (HOUSE law 7); only for a project name that Nx itself would reject.
 */
export const createNodes: CreateNodesV2<PluginOptions> = [
  // Without the pins and Dockerfiles: when a file that matches this pattern is deleted, Nx marks every project as affected.
  RELEASE_FILE,
  (configFiles, raw, context): CreateNodesResultV2 => {
    if (!configFiles.includes(RELEASE_FILE)) return [];
    const files = diskFiles(context.workspaceRoot);
    const { options } = parsePluginOptions(raw);
    requireProjectName(files, options);
    return [[RELEASE_FILE, { projects: projectsOf(readWorkspace(files, options), files, options) }]];
  },
];
