import * as fs from 'node:fs';
import * as path from 'node:path';
import type { DeployPlan } from '@kdcube/release/internal';
import { KdcubeError, readPlan } from '@kdcube/release/internal';
import { fileProblem } from '../../../system/files';

/** Reads a saved plan, by its path in the workspace. */
export function readPlanFile(root: string, file: string): DeployPlan {
  let content: Buffer;
  try {
    content = fs.readFileSync(path.resolve(root, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileProblem(error, file);
    throw new KdcubeError({
      code: 'file-missing',
      message: `${file} does not exist, but --plan names it.`,
      hint: 'nx run release:plan    writes a plan',
      at: { file },
    });
  }
  return readPlan(content, file);
}
