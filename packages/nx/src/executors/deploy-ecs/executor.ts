import type { ExecutorContext } from '@nx/devkit';
import type { DeployPlan, Environment } from '@kdcube/release/internal';
import { KdcubeError } from '@kdcube/release/internal';
import { plannedDeploy } from '../../targets/ecs/plan/plan';
import { readPlanFile } from '../../targets/ecs/plan/plan-file';
import { lastGoodRecord, recordsOf } from '../../targets/ecs/records/records';
import { openEnvironment, registryOf } from '../../workspace/environment';
import { registriesOf } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { carryOutUnlessDry } from '../deployed';
import { sayNotes } from '../notes';
import { perform } from '../perform';
import type { DeployEcsOptions } from './schema';

/** Brings the release to an environment on ECS. */
export default function deployEcs(options: DeployEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    sayNotes(notes, log);
    const registries = registriesOf(options, plugin);
    const records = recordsOf(registryOf(environment, registries), log);
    const lastRecord = () => lastGoodRecord(records, environment.name, log);
    const words = { registries, platform: options.platform ?? plugin.platform, offline: false, lastRecord };
    const plan =
      options.plan === undefined
        ? (await plannedDeploy(open, environment, words, log)).plan
        : savedPlan(readPlanFile(root, options.plan), options.plan, environment);
    await carryOutUnlessDry(plan, records, options, log);
  });
}

/** A plan is carried out in the environment that was named, and in no other. */
function savedPlan(plan: DeployPlan, file: string, environment: Environment): DeployPlan {
  if (plan.environment === environment.name) return plan;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `${file} is a plan for ${plan.environment}, and ${environment.name} was named.`,
    hint: `nx run release:deploy-ecs:${plan.environment} --plan=${file}`,
    at: { file },
  });
}
