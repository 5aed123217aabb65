import type { ServiceDeploymentState } from '../port/port';
import type { Rollout } from '../rollout';

/** The newest service deployment of a service, if it is about a revision of the task definition. */
export interface FoundDeployment {
  state: ServiceDeploymentState;
  /** ECS rolls the service back to the revision, or has done so. */
  isRollback: boolean;
}

export async function readDeployment(
  rollout: Rollout,
  serviceName: string,
  taskDefinition: string,
): Promise<FoundDeployment | undefined> {
  const [state] = await rollout.ecs.listServiceDeployments(serviceName);
  if (!state) return undefined;
  if ((await definitionOf(rollout, state.target.arn)) === taskDefinition) return { state, isRollback: false };
  const { rollbackRevision } = state;
  if (rollbackRevision === undefined || (await definitionOf(rollout, rollbackRevision)) !== taskDefinition) return undefined;
  return { state, isRollback: true };
}

/** Cached, because a service revision never changes. */
export function definitionOf({ ecs, serviceRevisions }: Rollout, revision: string): Promise<string | undefined> {
  const found = serviceRevisions.get(revision) ?? ecs.findRevisionDefinition(revision);
  serviceRevisions.set(revision, found);
  const forget = () => serviceRevisions.delete(revision);
  // A read that does not see the revision yet is not an answer.
  found.then((definition) => definition === undefined && forget(), forget);
  return found;
}
