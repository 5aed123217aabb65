import { familyRevision } from '../../../deploy/short-names';
import type { ServiceState } from './port/port';
import type { StepDefinitions } from './register';
import { serviceNames, type Rollout } from './rollout';
import { watchForFailure } from './wave/watch';
import { watchDeployment, type WatchedDeployment } from './wave/watched-deployment';
import type { Failure } from './failure';

/**
 * Watches deployments that are still in progress for services that the plan does not change: an interrupted run started them, and the plan was made after it. Writes nothing, and rolls nothing back: the
 * plan's baseline is already the new revision. Returns the services as they are afterwards.
 */
export async function resumeDeployments(
  rollout: Rollout,
  services: ServiceState[],
  definitions: StepDefinitions,
): Promise<{ services: ServiceState[]; failure?: Failure }> {
  const watched: WatchedDeployment[] = [];
  for (const step of rollout.plan.services) {
    const { service, serviceName, kind, change } = step;
    const taskDefinition = definitions.steps.get(service)?.arn;
    const current = services.find(({ name }) => name === serviceName);
    const primary = current?.deployments.find(({ status }) => status === 'PRIMARY');
    const isUnchanged = kind === 'service' && change === 'none' && service !== definitions.forced?.service;
    if (!isUnchanged || !primary || primary.taskDefinition !== taskDefinition) continue;
    // Scaled to 0: there is nothing to wait for.
    if (current!.desired === 0) continue;
    // Other controllers, and ECS in old regions, report no rollout state.
    if (primary.rollout === undefined || primary.rollout === 'COMPLETED') continue;
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
