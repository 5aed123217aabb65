import { isDeepStrictEqual } from 'node:util';
import type { DeployPlan, Environment, Release } from '@kdcube/release/internal';
import { KdcubeError, planReadiness, readPlan } from '@kdcube/release/internal';
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

/** Refuses a saved plan that asks for the readiness of bundles elsewhere than the environment: the file may have been replaced since it was made, and a credential is sent there. */
export function requireSameReadiness(plan: DeployPlan, environment: Environment, release: Release): void {
  const current = planReadiness({ environment, release }, plan.descriptor.secrets);
  if (isDeepStrictEqual(placeOf(plan.readiness), placeOf(current))) return;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `The saved plan asks for the readiness of bundles in another way than ${environment.name} now does (readiness).`,
    hint: `nx run release:plan:${environment.name}    makes a new plan`,
  });
}

/** Without the bundles, which are the release's. */
function placeOf(readiness: DeployPlan['readiness']): unknown {
  if (!readiness) return undefined;
  const { url, headers, wait, tenant, project } = readiness;
  return { url, headers: { ...headers }, wait, tenant, project };
}
