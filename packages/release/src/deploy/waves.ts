import type { Component } from '../platform/components';
import type { DeployPlan, ServiceStep } from './deploy-plan';
import { isEmptyPlan } from './deploy-plan';
import { carrierOf } from './registry-step';

/**
 * The order of a deploy. The database first: what is new may need its new shape. proc before ingress: whoever takes requests must find somebody who does
 * them. The rest hangs on nobody.
 */
const WAVES: { name: string; components: readonly Component[] }[] = [
  { name: 'database', components: ['postgres-setup'] },
  { name: 'proc', components: ['proc'] },
  { name: 'ingress', components: ['ingress'] },
  { name: 'rest', components: ['metrics', 'proxylogin', 'frontend', 'web-proxy', 'other'] },
];

/** The services that change, in the order in which they are carried out. `forced`: proc takes a step though its own definition stays. */
export function wavesOf(
  services: readonly Pick<ServiceStep, 'service' | 'component' | 'change'>[],
): { name: string; services: string[] }[] {
  return WAVES.map(({ name, components }) => ({
    name,
    services: services
      .filter(({ component, change }) => change === 'update' && (components as readonly string[]).includes(component))
      .map(({ service }) => service),
  })).filter(({ services: names }) => names.length > 0);
}

/** Until a new task is there and well: placed, pulled, started, asked a few times. Taken from event logs; a guess, and said as one. */
const START = 90;
const ONE_OFF = 60;

/** Seconds that a deploy will take if all goes well: a guess for people, of which no verdict is made. */
export function expectedSeconds(plan: DeployPlan): number {
  if (isEmptyPlan(plan)) return 0;
  const carrier = carrierOf(plan);
  return plan.waves.reduce((sum, { services }) => {
    const each = services.map((name) => {
      const step = plan.services.find(({ service }) => service === name)!;
      if (step.kind === 'task') return ONE_OFF;
      const once = START + step.stopTimeout;
      return step === carrier ? 2 * once : once;
    });
    return sum + Math.max(0, ...each);
  }, 0);
}
