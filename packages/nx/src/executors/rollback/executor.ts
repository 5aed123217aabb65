import type { ExecutorContext } from '@nx/devkit';
import { plannedRollback } from '../../effects/ecs/rollout/rollback';
import { recordsOf } from '../../effects/ecs/records/records';
import { openEnvironment, registryOf } from '../../effects/environment';
import { registriesOf } from '../../effects/images/registries';
import { looseWorkspace } from '../../effects/ecs/loose';
import { carryOutUnlessDry } from '../deployed';
import { perform } from '../perform';
import type { RollbackOptions } from './schema';

/** Goes back to an earlier release. A broken release.yaml is no hindrance: that may be why. */
export default function rollback(options: RollbackOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const { environment } = openEnvironment(looseWorkspace(root), options.environment);
    const records = recordsOf(registryOf(environment, registriesOf(options, plugin)), log);
    const { plan, record } = await plannedRollback(environment, records, options.to, log);
    const again = `nx run release:rollback:${environment.name} --to=${record.release}`;
    await carryOutUnlessDry(plan, records, options, log, { again, kept: record });
  });
}
