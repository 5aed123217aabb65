import type { Failure } from '../failure';
import type { ServiceState } from '../port/port';
import { stepOf, type Rollout } from '../rollout';
import { definitionOf } from './read-deployment';
import { nativeReason, statedReason } from './reason';

/** Finds a service that was followed to a stage only (`waitUntil`), and that ECS has rolled back since then. */
export async function findLaterRollback(rollout: Rollout, services: readonly ServiceState[]): Promise<Failure | undefined> {
  for (const name of rollout.progress.reached.keys()) {
    const step = stepOf(rollout, name);
    const target = rollout.revisions.target.get(name);
    const service = services.find((each) => each.name === step.serviceName);
    if (!service || service.status !== 'ACTIVE' || service.taskDefinition === target) continue;
    const [state] = await rollout.ecs.listServiceDeployments(step.serviceName);
    if (!state?.status.startsWith('ROLLBACK_') || (await definitionOf(rollout, state.target.arn)) !== target) continue;
    const { rollbackRevision } = state;
    if (rollbackRevision === undefined || (await definitionOf(rollout, rollbackRevision)) !== service.taskDefinition) continue;
    const reason = nativeReason(state) ?? statedReason(state);
    const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
    rollout.progress.reached.delete(name);
    rollout.report({ event: 'failed', service: name, code: reason.code, reason: reason.text });
    return { step, reason, ...(primary && { rolledBackTo: primary }) };
  }
  return undefined;
}
