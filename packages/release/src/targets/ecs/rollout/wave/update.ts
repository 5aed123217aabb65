import { familyRevision } from '../../../../deploy/short-names';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { ServiceState } from '../port';
import { checkStop, revisionsOfRollout, type Rollout } from '../rollout';
import { watchDeployment, type WatchedDeployment } from './watched-deployment';

/** Updates a service to a revision. If it has that revision already, an earlier run updated it, and its deployment is resumed. */
export async function updateService(
  rollout: Rollout,
  step: ServiceStep,
  taskDefinition: string,
  services: readonly ServiceState[],
  { digests = step.digests, desired }: { digests?: readonly string[]; desired?: number } = {},
): Promise<WatchedDeployment> {
  const { clock, progress } = rollout;
  const { serviceName, desiredCount, service } = step;
  const before = services.find(({ name }) => name === serviceName);
  if (!progress.updated.includes(step)) progress.updated.push(step);
  const resumed = before?.taskDefinition === taskDefinition;
  const now = clock.now();
  let current = before;
  if (!current || !resumed) {
    checkStop(rollout);
    progress.hasWritten = true;
    const scaled = desired ?? (desiredCount.before !== desiredCount.after ? desiredCount.after : undefined);
    const request = { service: serviceName, taskDefinition, ...(scaled !== undefined && { desired: scaled }) };
    current = await rollout.ecs.updateService(request);
  }
  const primary = current.deployments.find((one) => one.status === 'PRIMARY' && one.taskDefinition === taskDefinition);
  progress.history.set(service, [...(progress.history.get(service) ?? []), taskDefinition]);
  const id = primary?.id ?? '';
  const from = before?.taskDefinition ?? replacedRevision(rollout, step, current, taskDefinition);
  rollout.report({ event: 'update', service, taskDefinition, from: familyRevision(from), deployment: id, resumed });
  progress.inFlight.set(service, `is being updated to ${familyRevision(taskDefinition)} (${id})`);
  const previous = revisionsOfRollout(rollout, step).filter((arn) => arn !== taskDefinition);
  // The events of a deployment that is resumed are older than this run.
  const startedAt = resumed && primary ? Math.min(now, primary.updatedAt - 5_000) : now;
  return watchDeployment(rollout, step, { id, taskDefinition, previous, startedAt }, digests);
}

/** The revision that an update replaces: that of the newest other deployment. After the forced revision, and in a rollback, it is not that of the plan's baseline. */
function replacedRevision({ plan }: Rollout, step: ServiceStep, service: ServiceState, taskDefinition: string): string {
  const other = service.deployments.find((each) => each.taskDefinition !== taskDefinition);
  return other?.taskDefinition ?? plan.baseline[step.serviceName]?.taskDefinition ?? '';
}
