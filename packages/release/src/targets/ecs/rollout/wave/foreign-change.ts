import { familyRevision } from '../../../../deploy/short-names';
import type { Failure } from '../failure';
import type { ServiceState } from '../port/port';
import { pause, revisionsOfRollout, serviceNames, type Rollout } from '../rollout';

/** How stale a read may be. Milliseconds. */
const MAX_STALENESS = 120_000;

/** Reads all services after a wave. A read that still shows an earlier revision of this rollout may be stale, and is repeated. */
export async function readServices(rollout: Rollout): Promise<ServiceState[]> {
  const deadline = rollout.clock.now() + MAX_STALENESS;
  for (;;) {
    const services = await rollout.ecs.describeServices(serviceNames(rollout));
    if (!isStale(rollout, services) || rollout.clock.now() >= deadline) return services;
    await pause(rollout, 5_000);
  }
}

function isStale(rollout: Rollout, services: readonly ServiceState[]): boolean {
  return rollout.progress.updated.some((step) => {
    const current = services.find(({ name }) => name === step.serviceName)?.taskDefinition;
    if (step.kind !== 'service' || current === rollout.revisions.target.get(step.service)) return false;
    return current === undefined || revisionsOfRollout(rollout, step).includes(current);
  });
}

/** Finds a service that another process has changed since the plan was made, or since this rollout updated it. During a wave, proc may still run its forced revision. */
export function findForeignChange(
  rollout: Rollout,
  services: readonly ServiceState[],
  when: 'between waves' | 'during a wave' = 'between waves',
): Failure | undefined {
  const { plan, revisionsBefore, revisions, progress } = rollout;
  for (const step of plan.services) {
    const service = services.find(({ name }) => name === step.serviceName);
    const before = revisionsBefore.get(step.serviceName);
    if (step.kind !== 'service' || !service || !before) continue;
    if (service.status !== 'ACTIVE') return { step, reason: { code: 'service-gone', text: `The service is ${service.status}.` } };
    const target = revisions.target.get(step.service);
    const own = when === 'during a wave' ? revisionsOfRollout(rollout, step) : [target];
    const expected = progress.updated.includes(step) ? own : [...before, target];
    if (expected.includes(service.taskDefinition)) continue;
    const text = `Another client updated it to ${familyRevision(service.taskDefinition)} in the meantime.`;
    return { step, reason: { code: 'rollout-superseded', text } };
  }
  return undefined;
}
