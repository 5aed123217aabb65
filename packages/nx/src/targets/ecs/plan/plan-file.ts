import type { DeployPlan } from '@kdcube/release/internal';
import { KdcubeError, readPlan } from '@kdcube/release/internal';
import { readWorkspaceFile } from '../../../workspace/disk';

/** Reads a saved plan, by its path in the workspace. */
export function readPlanFile(root: string, file: string): DeployPlan {
  const content = readWorkspaceFile(root, file);
  if (content) return readPlan(content, file);
  throw new KdcubeError({
    code: 'file-missing',
    message: `${file} does not exist, but --plan names it.`,
    hint: 'nx run release:plan    writes a plan',
    at: { file },
  });
}
