import { familyRevision } from '../../../deploy/short-names';
import type { ServiceState } from './port/port';
import { stepOf, type Rollout } from './rollout';

/**
 * The commands that remove FORCE flags which are still on: with one, the next restart overwrites what an admin changed in the registry. `services`: what runs now, if it is known; a service that has
 * another revision by now has no flag.
 */
export function flagHints(rollout: Rollout, services?: readonly ServiceState[]): string[] {
  const { region, cluster } = rollout.plan;
  return [...rollout.progress.flagged].flatMap(([service, { taskDefinition, clean }]) => {
    const { serviceName } = stepOf(rollout, service);
    const running = services?.find(({ name }) => name === serviceName);
    if (running && running.taskDefinition !== taskDefinition) return [];
    return [
      `aws ecs update-service --region ${region} --cluster ${cluster} --service ${serviceName} --task-definition ${familyRevision(clean)}    removes the FORCE flag that ${service} still starts with`,
    ];
  });
}
