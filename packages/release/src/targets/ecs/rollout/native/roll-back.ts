import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { familyRevision } from '../../../../deploy/short-names';
import type { ServiceDeploymentState, ServiceState } from '../port/port';
import { isConflict } from '../port/retries';
import { write, type Rollout } from '../rollout';
import { watchDeployment, type WatchedDeployment } from '../wave/watched-deployment';
import { definitionOf } from './read-deployment';
import { isInProgress, isNative } from './stages';

/**
 * Rolls back a native deployment that is still in progress: ECS shifts the traffic back at once, while a new deployment of the old revision would go through all stages again. If ECS rolls back on its own,
 * that is only waited for. Undefined if there is nothing of this: then the service is updated.
 */
export async function rollBackNative(
  rollout: Rollout,
  step: ServiceStep,
  service: ServiceState | undefined,
  taskDefinition: string,
): Promise<WatchedDeployment | undefined> {
  if (!service || !isNative(service)) return undefined;
  const [state] = await rollout.ecs.listServiceDeployments(service.name);
  if (!state || (await definitionOf(rollout, state.target.arn)) === taskDefinition) return undefined;
  const isOwn = isRollingBack(state);
  const sources = await Promise.all(state.sources.map(({ arn }) => definitionOf(rollout, arn)));
  if (!isOwn && (!isInProgress(state) || sources[0] !== taskDefinition)) return undefined;
  if (!isOwn && !(await stopDeployment(rollout, service.name, state.arn))) return undefined;
  const previous = [rollout.revisions.target.get(step.service)!];
  const to = familyRevision(taskDefinition);
  rollout.report({ event: 'note', text: `${step.service}: ECS rolls back to ${to}` });
  rollout.progress.inFlight.set(step.service, `is being rolled back to ${to}`);
  return watchDeployment(rollout, step, { id: '', taskDefinition, previous, startedAt: rollout.clock.now() }, []);
}

/** Whether ECS rolls the deployment back now. Not if it ended before the call arrived: then the service is updated. */
async function stopDeployment(rollout: Rollout, serviceName: string, arn: string): Promise<boolean> {
  try {
    await write(rollout, () => rollout.ecs.rollBackDeployment(arn));
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    const now = (await rollout.ecs.listServiceDeployments(serviceName)).find((each) => each.arn === arn);
    return now !== undefined && isRollingBack(now);
  }
}

function isRollingBack({ status }: ServiceDeploymentState): boolean {
  return status === 'ROLLBACK_REQUESTED' || status === 'ROLLBACK_IN_PROGRESS';
}
