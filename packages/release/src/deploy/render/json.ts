import { createHash } from 'node:crypto';
import { DeployPlan, type PlanSchema } from '../deploy-plan';

/** The JSON text of a saved plan. The checksum detects edits: a plan is computed, never written by hand. It is no signature. `schema`: of the plan's target. */
export function printPlan<Plan extends object>(plan: Plan, schema: PlanSchema<Plan> = DeployPlan as never): string {
  return `${JSON.stringify({ ...plan, checksum: planChecksum(plan, schema) }, null, 2)}\n`;
}

/** Of the parsed plan, so that neither layout nor the order of keys matters. */
export function planChecksum<Plan extends object>(plan: Plan, schema: PlanSchema<Plan> = DeployPlan as never): string {
  return createHash('sha256')
    .update(JSON.stringify(schema.parse(plan)))
    .digest('hex');
}
