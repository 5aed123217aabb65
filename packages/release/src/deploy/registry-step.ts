import type { ServiceStep, DeployPlan } from './deploy-plan';

/**
 * The platform's bundle registry and the gateway's configuration lie in Redis, outlive tasks, and beat the environment. A change reaches them only through a task that starts with a FORCE flag, and the
 * flag must be gone afterwards: whoever restarts with it overwrites what an admin changed. So proc takes one step more: with the flags, then without (HOUSE §9.7).
 */
export const FORCE = {
  bundles: 'BUNDLES_FORCE_ENV_ON_STARTUP',
  gateway: 'GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP',
} as const;

/** In the seed era a second force within this time does nothing: the lock of the first is never released. Milliseconds. */
export const FORCE_LOCK = 65_000;

/** What of a plan says whether something in Redis is forced, and by whom. */
export type Forcing = {
  services: readonly ServiceStep[];
  descriptor: Pick<DeployPlan['descriptor'], 'force'>;
  gateway: Pick<DeployPlan['gateway'], 'force'>;
};

/** The flags that this plan needs for one step. */
export function flagsOf({ descriptor, gateway }: Pick<Forcing, 'descriptor' | 'gateway'>): string[] {
  return [...(descriptor.force ? [FORCE.bundles] : []), ...(gateway.force ? [FORCE.gateway] : [])];
}

/** Who takes the step: proc, which alone may force bundles; ingress where an environment has no proc. One forced task is enough for all. */
export function carrierOf(plan: Forcing): ServiceStep | undefined {
  if (flagsOf(plan).length === 0) return undefined;
  const services = plan.services.filter(({ kind }) => kind === 'service');
  return services.find(({ component }) => component === 'proc') ?? services.find(({ component }) => component === 'ingress');
}

/** The step, for whoever reads the plan. */
export function stepNotes(plan: Forcing): string[] {
  const carrier = carrierOf(plan);
  if (!carrier) return [];
  const bundles = plan.descriptor.force;
  const subject =
    bundles && plan.gateway.force
      ? 'list of bundles and the gateway in Redis are'
      : `${bundles ? 'list of bundles' : 'gateway'} in Redis is`;
  const between = bundles ? ', and between the two, tasks that still run see ids that their image may not have' : '';
  return [`The ${subject} written anew: ${carrier.service} takes one extra step${between}.`];
}
