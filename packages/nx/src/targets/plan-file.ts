import { KdcubeError, type PlanSchema, readPlanOf, type ReadablePlan } from '@kdcube/release/internal';
import { readWorkspaceFile } from '../workspace/disk';

/** Reads a saved plan of a target, by its path in the workspace. */
export function readSavedPlan<Plan extends Pick<ReadablePlan, 'services' | 'waves'>>(
  schema: PlanSchema<Plan>,
  root: string,
  file: string,
): Plan {
  const content = readWorkspaceFile(root, file);
  if (content) return readPlanOf(schema, content, file);
  throw new KdcubeError({
    code: 'file-missing',
    message: `${file} does not exist, but --plan names it.`,
    hint: 'nx run release:plan    writes a plan',
    at: { file },
  });
}
