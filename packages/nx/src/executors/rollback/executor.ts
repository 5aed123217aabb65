import type { ExecutorContext } from '@nx/devkit';
import { plannedRollback } from '../../targets/ecs/rollout/rollback';
import { recordsOf } from '../../targets/ecs/records/records';
import { openEnvironment, registryOf } from '../../workspace/environment';
import { registriesOf } from '../../workspace/registries';
import { looseWorkspace } from '../../workspace/loose';
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
