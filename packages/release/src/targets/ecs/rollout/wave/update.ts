import { familyRevision } from '../../../../deploy/short-names';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { ServiceState } from '../port/port';
import { isUnconfirmed } from '../port/retries';
import { revisionsOfRollout, write, type Rollout } from '../rollout';
import { watchDeployment, type WatchedDeployment } from './watched-deployment';

interface UpdateOptions {
  /** What the tasks may report as their image. */
  digests?: readonly string[];
  /** The desired count, if it is not that of the plan. */
  desired?: number | undefined;
  /** If the revision has a FORCE flag on: the same without it. */
  clean?: string;
}

/** Updates a service to a revision. If it has that revision already, an earlier run updated it, and its deployment is resumed. */
export async function updateService(
  rollout: Rollout,
  step: ServiceStep,
  taskDefinition: string,
  services: readonly ServiceState[],
  options: UpdateOptions = {},
): Promise<WatchedDeployment> {
  const { clock, progress } = rollout;
  const { serviceName, service } = step;
  const before = services.find(({ name }) => name === serviceName);
  const resumed = before?.taskDefinition === taskDefinition;
  const now = clock.now();
  const current = before && resumed ? before : await sendUpdate(rollout, step, taskDefinition, options);
  recordUpdate(rollout, step, taskDefinition, options.clean);
  const primary = current.deployments.find((one) => one.status === 'PRIMARY' && one.taskDefinition === taskDefinition);
  const id = primary?.id ?? '';
  const from = before?.taskDefinition ?? replacedRevision(rollout, step, current, taskDefinition);
  rollout.report({ event: 'update', service, taskDefinition, from: familyRevision(from), deployment: id, resumed });
  progress.inFlight.set(service, `is being updated to ${familyRevision(taskDefinition)} (${id})`);
  const previous = revisionsOfRollout(rollout, step).filter((arn) => arn !== taskDefinition);
  // The events of a deployment that is resumed are older than this run.
  const startedAt = resumed && primary ? Math.min(now, primary.updatedAt - 5_000) : now;
  const createdAt = !resumed && primary?.createdAt !== undefined ? { createdAt: primary.createdAt } : {};
  return watchDeployment(
    rollout,
    step,
    { id, taskDefinition, previous, startedAt, ...createdAt },
    options.digests ?? step.digests,
  );
}

async function sendUpdate(
  rollout: Rollout,
  { service, serviceName, desiredCount }: ServiceStep,
  taskDefinition: string,
  { desired, clean }: UpdateOptions,
): Promise<ServiceState> {
  const { unconfirmed, flagged } = rollout.progress;
  const scaled = desired ?? (desiredCount.before !== desiredCount.after ? desiredCount.after : undefined);
  const request = { service: serviceName, taskDefinition, ...(scaled !== undefined && { desired: scaled }) };
  try {
    return await write(rollout, () => rollout.ecs.updateService(request));
  } catch (error) {
    if (isUnconfirmed(error)) {
      unconfirmed.set(service, taskDefinition);
      if (clean !== undefined) flagged.set(service, { taskDefinition, clean });
    }
    throw error;
  }
}

/** AWS confirmed that the service is set to the revision. */
function recordUpdate({ progress }: Rollout, step: ServiceStep, taskDefinition: string, clean: string | undefined): void {
  const { updated, history, unconfirmed, flagged } = progress;
  const { service } = step;
  if (!updated.includes(step)) updated.push(step);
  history.set(service, [...(history.get(service) ?? []), taskDefinition]);
  unconfirmed.delete(service);
  if (clean === undefined) flagged.delete(service);
  else flagged.set(service, { taskDefinition, clean });
}

/** The revision that an update replaces: that of the newest other deployment. After the forced revision, and in a rollback, it is not that of the plan's baseline. */
function replacedRevision({ plan }: Rollout, step: ServiceStep, service: ServiceState, taskDefinition: string): string {
  const other = service.deployments.find((each) => each.taskDefinition !== taskDefinition);
  return other?.taskDefinition ?? plan.baseline[step.serviceName]?.taskDefinition ?? '';
}
