import type { ServiceStep } from '../../../deploy/deploy-plan';
import { familyRevision } from '../../../deploy/short-names';
import { checkResumed } from './native/preflight';
import type { DeploymentState, ServiceState } from './port/port';
import type { StepDefinitions } from './register';
import { serviceNames, type Rollout } from './rollout';
import { watchForFailure } from './wave/watch';
import { watchDeployment, type WatchedDeployment } from './wave/watched-deployment';
import type { Failure } from './failure';

/**
 * Watches deployments that are still in progress for services that the plan does not change: an interrupted run started them, and the plan was made after it. Writes nothing, and rolls nothing back: the
 * plan's baseline is already the new revision. Refuses a deployment that could only end without a verdict. Returns the services as they are afterwards.
 */
export async function resumeDeployments(
  rollout: Rollout,
  services: ServiceState[],
  definitions: StepDefinitions,
): Promise<{ services: ServiceState[]; failure?: Failure }> {
  const found = rollout.plan.services.flatMap((step) => findInProgress(step, services, definitions) ?? []);
  checkResumed(
    rollout,
    found.map(({ current }) => current),
  );
  const watched: WatchedDeployment[] = [];
  for (const { step, primary, taskDefinition } of found) {
    const { service } = step;
    const from = familyRevision(taskDefinition);
    rollout.revisions.target.set(service, taskDefinition);
    rollout.report({ event: 'update', service, taskDefinition, from, deployment: primary.id, resumed: true });
    rollout.progress.inFlight.set(service, `is being updated to ${from} (${primary.id})`);
    // Its events are older than this run.
    const startedAt = Math.min(rollout.clock.now(), primary.updatedAt - 5_000);
    const ours = { id: primary.id, taskDefinition, previous: [], startedAt };
    watched.push(watchDeployment(rollout, step, ours, step.digests));
  }
  if (watched.length === 0) return { services };
  const failure = await watchForFailure(rollout, watched);
  return { services: await rollout.ecs.describeServices(serviceNames(rollout)), ...(failure && { failure }) };
}

interface InProgress {
  step: ServiceStep;
  current: ServiceState;
  primary: DeploymentState;
  taskDefinition: string;
}

/** The deployment of a service that the plan does not change, if ECS has not finished it. */
function findInProgress(
  step: ServiceStep,
  services: readonly ServiceState[],
  { steps, forced }: StepDefinitions,
): InProgress | undefined {
  const taskDefinition = steps.get(step.service)?.arn;
  const current = services.find(({ name }) => name === step.serviceName);
  const primary = current?.deployments.find(({ status }) => status === 'PRIMARY');
  const isUnchanged = step.kind === 'service' && step.change === 'none' && step.service !== forced?.service;
  if (!isUnchanged || !current || !primary || taskDefinition === undefined) return undefined;
  if (primary.taskDefinition !== taskDefinition) return undefined;
  // Scaled to 0: there is nothing to wait for.
  if (current.desired === 0) return undefined;
  // Other controllers, and ECS in old regions, report no rollout state.
  if (primary.rollout === undefined || primary.rollout === 'COMPLETED') return undefined;
  return { step, current, primary, taskDefinition };
}
