import { createHash } from 'node:crypto';
import { DeployPlan } from '../deploy-plan';

/** The JSON text of a saved plan. The checksum detects edits: a plan is computed, never written by hand. It is no signature. */
export function printPlan(plan: DeployPlan): string {
  return `${JSON.stringify({ ...plan, checksum: planChecksum(plan) }, null, 2)}\n`;
}

/** Of the parsed plan, so that neither layout nor the order of keys matters. */
export function planChecksum(plan: DeployPlan): string {
  return createHash('sha256')
    .update(JSON.stringify(DeployPlan.parse(plan)))
    .digest('hex');
}
