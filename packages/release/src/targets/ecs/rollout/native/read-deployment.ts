import type { ServiceDeploymentState } from '../port/port';
import type { Rollout } from '../rollout';
import type { OurDeployment } from '../verdict/verdict';

/** Milliseconds. */
const CREATION_TOLERANCE = 10_000;

/** The newest service deployment of a service, if it is about a revision of the task definition. */
export interface FoundDeployment {
  state: ServiceDeploymentState;
  /** ECS rolls the service back to the revision, or has done so. */
  isRollback: boolean;
}

export async function readDeployment(
  rollout: Rollout,
  serviceName: string,
  { taskDefinition, createdAt }: Pick<OurDeployment, 'taskDefinition' | 'createdAt'>,
): Promise<FoundDeployment | undefined> {
  const [state] = await rollout.ecs.listServiceDeployments(serviceName);
  if (!state || isEarlier(state, createdAt)) return undefined;
  if ((await definitionOf(rollout, state.target.arn)) === taskDefinition) return { state, isRollback: false };
  const { rollbackRevision } = state;
  if (rollbackRevision === undefined || (await definitionOf(rollout, rollbackRevision)) !== taskDefinition) return undefined;
  return { state, isRollback: true };
}

/** A stale read may still list the last deployment of the same revision first. Both times are those of ECS; our update creates the deployment and the service deployment, but not in the same moment. */
function isEarlier(state: ServiceDeploymentState, ourCreation: number | undefined): boolean {
  if (ourCreation === undefined) return false;
  const { createdAt = ourCreation, finishedAt = ourCreation } = state;
  return createdAt < ourCreation - CREATION_TOLERANCE || finishedAt < ourCreation;
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
