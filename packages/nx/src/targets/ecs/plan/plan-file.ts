import { isDeepStrictEqual } from 'node:util';
import type { DeployPlan, Environment, Release } from '@kdcube/release/internal';
import { KdcubeError, planReadiness } from '@kdcube/release/internal';

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
