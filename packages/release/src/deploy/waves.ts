import type { Component } from '../platform/components';
import type { PlannedService, ReadablePlan } from './deploy-plan';
import { isEmptyPlan } from './deploy-plan';
import { forcedService } from './registry-step';

/**
 * The order of a deploy. The database first, because new code may need the new schema. proc before ingress, because ingress sends it requests. The rest has no
 * order.
 */
const WAVES: { name: string; components: readonly Component[] }[] = [
  { name: 'database', components: ['postgres-setup'] },
  { name: 'proc', components: ['proc'] },
  { name: 'ingress', components: ['ingress'] },
  { name: 'rest', components: ['metrics', 'proxylogin', 'frontend', 'web-proxy', 'other'] },
];

/** The services that change, in the order of the deploy. */
export function planWaves(
  services: readonly Pick<PlannedService, 'service' | 'component' | 'change'>[],
): { name: string; services: string[] }[] {
  return WAVES.map(({ name, components }) => ({
    name,
    services: services
      .filter(({ component, change }) => change === 'update' && (components as readonly string[]).includes(component))
      .map(({ service }) => service),
  })).filter(({ services: names }) => names.length > 0);
}

/** Seconds until a new task is healthy: placed, image pulled, started, a few health checks. An estimate from event logs. */
const TASK_START_SECONDS = 90;
const ONE_OFF_TASK_SECONDS = 60;
/** On a host the images are pulled before, and a container only has to start. */
const CONTAINER_START_SECONDS = 30;

/** Seconds that a deploy takes if nothing fails. An estimate for the reader; no timeout is derived from it. */
export function estimateSeconds(plan: ReadablePlan): number {
  if (isEmptyPlan(plan)) return 0;
  const forced = forcedService(plan);
  return plan.waves.reduce((sum, { services }) => {
    const each = services.map((name) => {
      const step = plan.services.find(({ service }) => service === name)!;
      if (step.kind === 'task') return ONE_OFF_TASK_SECONDS;
      const once = (plan.host === undefined ? TASK_START_SECONDS : CONTAINER_START_SECONDS) + step.stopTimeout;
      return step === forced ? 2 * once : once;
    });
    return sum + Math.max(0, ...each);
  }, 0);
}
