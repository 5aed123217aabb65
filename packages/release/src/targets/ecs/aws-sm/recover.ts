import type { Failure } from '../rollout/failure';
import { serviceNames, type Rollout } from '../rollout/rollout';
import { reloadPrevious } from './reload';
import { restoreSecrets } from './restore-secrets';

/** After the services were rolled back: the previous descriptor in Secrets Manager, and in the running tasks if they may have loaded the new one. */
export async function recoverSecrets(rollout: Rollout): Promise<Failure | undefined> {
  const { written, reload } = rollout.progress.secrets;
  if (written.length === 0) return undefined;
  await restoreSecrets(rollout);
  if (reload === 'none') return undefined;
  return reloadPrevious(rollout, await rollout.ecs.describeServices(serviceNames(rollout)));
}
