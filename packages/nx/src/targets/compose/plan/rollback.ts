import { type ComposePlan, type Environment, planComposeRollback, type RollbackInput } from '@kdcube/release/internal';
import { readContainers } from '../docker';
import type { Host } from '../host/host';
import { composePlace } from '../place';
import { readReleases } from '../releases';
import { withConfigFiles } from './config-files';
import { stampOwnedSecrets } from '../secrets/secrets';

/** Plans a rollback on a host, from the releases that it keeps. Writes nothing. */
export async function planHostRollback(environment: Environment, host: Host, to: string | undefined): Promise<ComposePlan> {
  const place = composePlace(environment);
  const { releases } = await readReleases(host, place);
  const plan = (input: RollbackInput) => ({ plan: planComposeRollback(input) });
  const planned = await withConfigFiles(host, plan, {
    ...place,
    host: host.name,
    state: { containers: await readContainers(host, place), releases },
    secretStamps: await stampOwnedSecrets(host, place, environment),
    configFiles: new Map(),
    ...(to !== undefined && { to }),
  });
  return planned.plan;
}
