import type { ExecutorContext } from '@nx/devkit';
import { importEnvironment } from '@kdcube/release';
import { readCluster } from '../../effects/ecs/plan/import';
import { writeImported } from '../imported';
import { perform } from '../perform';
import type { ImportEcsOptions } from './schema';

/** A running cluster as an environment. */
export default function importEcs(options: ImportEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    const { environment: name, cluster, region, services: wanted, dryRun } = options;
    const { account, services, exec, notes } = await readCluster({ region, cluster }, wanted);
    const imported = importEnvironment({ name, target: 'ecs', services, exec, place: { account, region, cluster } });
    await writeImported(task, name, imported, { before: notes, next: 'plan', dryRun });
  });
}
