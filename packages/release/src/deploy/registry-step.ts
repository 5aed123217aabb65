import type { DeployPlan, PlannedService } from './deploy-plan';

/**
 * The platform keeps its bundle registry and the gateway's configuration in Redis, where they outlive tasks and override the environment. They change only if a task starts with a FORCE flag, and the
 * flag must be removed afterwards: a restart with it would overwrite what an admin changed. So proc is updated twice: with the flags, then without them (HOUSE §9.7).
 */
export const FORCE_FLAGS = {
  bundles: 'BUNDLES_FORCE_ENV_ON_STARTUP',
  gateway: 'GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP',
} as const;

/** Early platforms ignore a second force within this time, because they never release the lock of the first. Milliseconds. */
export const FORCE_LOCK_MS = 65_000;

/** The parts of a plan that decide what is forced in Redis, and by which service. */
export type ForcedChanges<Step extends PlannedService = PlannedService> = {
  services: readonly Step[];
  descriptor: Pick<DeployPlan['descriptor'], 'force'>;
  gateway: Pick<DeployPlan['gateway'], 'force'>;
};

/** The flags that the extra step sets. */
export function requiredForceFlags({ descriptor, gateway }: Pick<ForcedChanges, 'descriptor' | 'gateway'>): string[] {
  return [...(descriptor.force ? [FORCE_FLAGS.bundles] : []), ...(gateway.force ? [FORCE_FLAGS.gateway] : [])];
}

/** The service that takes the extra step: proc, because only proc can force bundles; else ingress. One forced task is enough for all. */
export function forcedService<Step extends PlannedService>(plan: ForcedChanges<Step>): Step | undefined {
  if (requiredForceFlags(plan).length === 0) return undefined;
  const services = plan.services.filter(({ kind }) => kind === 'service');
  return services.find(({ component }) => component === 'proc') ?? services.find(({ component }) => component === 'ingress');
}

/** The note about the extra step, for the reader of the plan. */
export function describeForcedStep(plan: ForcedChanges): string[] {
  const service = forcedService(plan);
  if (!service) return [];
  const bundles = plan.descriptor.force;
  const subject =
    bundles && plan.gateway.force
      ? 'bundle registry and the gateway configuration in Redis are'
      : `${bundles ? 'bundle registry' : 'gateway configuration'} in Redis is`;
  const between = bundles ? ' In between, running tasks see bundle ids that their image may not contain.' : '';
  return [`The ${subject} overwritten: ${service.service} takes one extra step.${between}`];
}
