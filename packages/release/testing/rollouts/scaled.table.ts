import { PLACE, service, SERVICES } from './kit';
import { CRASH, INGRESS, NO_BREAKER, rule, UI, update, type Row } from './row';

const NEW_UI = { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' };
const NEW_INGRESS = { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' };

/** These services want no tasks. */
function scaledToZero(...names: string[]): object {
  return { services: SERVICES.map((name) => service(name, names.includes(name) ? { desiredCount: 0 } : {})) };
}

function daemon(instances: number): object {
  const settings = { schedulingStrategy: 'DAEMON', desiredCount: undefined };
  return {
    instances: { [PLACE.cluster]: instances },
    services: SERVICES.map((name) => service(name, name === 'ui' ? settings : {})),
  };
}

/** The plan sets the count of a service. */
function withCount(name: string, before: number, after: number): NonNullable<Row['plan']> {
  return (plan) => ({
    ...plan,
    services: plan.services.map((step) => (step.service === name ? { ...step, desiredCount: { before, after } } : step)),
  });
}

/** Services without tasks: 0 tasks wanted is a valid state. */
export const SCALED: Row[] = [
  { name: 'a service that changes is scaled to 0', wish: UI, scenario: scaledToZero('ui'), exit: 0, runs: NEW_UI },
  { name: 'the plan scales a service to 0', wish: UI, plan: withCount('ui', 1, 0), exit: 0, runs: NEW_UI },
  {
    name: 'the plan that scaled a service to 0 is carried out again',
    wish: { changes: [] },
    scenario: scaledToZero('ui'),
    plan: withCount('ui', 0, 0),
    exit: 0,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'a service that does not change was scaled to 0, by a person or by autoscaling',
    wish: INGRESS,
    scenario: scaledToZero('ui'),
    exit: 0,
    runs: NEW_INGRESS,
  },
  {
    name: 'a service that does not change failed, and was scaled to 0',
    wish: INGRESS,
    scenario: { rules: [{ match: { service: 'acme-ui' }, do: CRASH }] },
    before: async (double) => {
      const asked = { cluster: PLACE.cluster, service: 'acme-ui' };
      await double.as('UpdateService', { ...asked, forceNewDeployment: true });
      await double.clock.advance(60_000);
      await double.as('UpdateService', { ...asked, desiredCount: 0 });
    },
    exit: 0,
    runs: NEW_INGRESS,
  },
  {
    name: 'a service is scaled to 0 during its rollout',
    wish: INGRESS,
    scenario: { script: [update(25, { service: 'acme-ingress', desiredCount: 0 })] },
    behindProc: 'elsewhere',
    exit: 0,
    runs: NEW_INGRESS,
  },
  {
    name: 'a service is scaled to 0 because its new task crashes',
    wish: INGRESS,
    scenario: {
      ...NO_BREAKER,
      rules: [rule('ingress', CRASH)],
      script: [update(70, { service: 'acme-ingress', desiredCount: 0 })],
    },
    behindProc: 'elsewhere',
    exit: 0,
    runs: NEW_INGRESS,
  },
  {
    name: 'a service is scaled to 0 during its rollout, and its old task does not stop',
    wish: INGRESS,
    options: { timeout: 10 * 60_000 },
    scenario: { script: [update(25, { service: 'acme-ingress', desiredCount: 0 })] },
    later: { timing: { agent: 3600 } },
    behindProc: 'elsewhere',
    exit: 0,
    isNotCompleted: true,
    notes: /acme-ingress:1 is RUNNING/,
    runs: NEW_INGRESS,
  },
  {
    name: 'every service is scaled to 0: Redis keeps its list of bundles, which is reported',
    scenario: scaledToZero(...SERVICES),
    exit: 0,
    notes: /proc has no tasks: Redis keeps its list of bundles\. Set count: of proc/,
    runs: 'new',
  },
  {
    name: 'proc is scaled to 0 before the first task of its forced step starts',
    scenario: { script: [update(15, { service: 'acme-proc', desiredCount: 0 })] },
    exit: 0,
    notes: /proc has no tasks: Redis keeps its list of bundles/,
    runs: 'new',
  },
  {
    name: 'proc is scaled to 0 after it forced the registry, and a later wave fails',
    scenario: { rules: [rule('ingress', CRASH)], script: [update(250, { service: 'acme-proc', desiredCount: 0 })] },
    exit: 12,
    message: /boom/,
    notes: /proc has no tasks: Redis keeps the new list of bundles/,
    runs: 'old',
  },
  { name: 'a daemon without an instance', wish: UI, scenario: daemon(0), exit: 0, runs: NEW_UI },
  { name: 'a daemon on two instances', wish: UI, scenario: daemon(2), exit: 0, runs: NEW_UI },
  {
    name: 'the plan scales a daemon',
    wish: UI,
    scenario: daemon(2),
    plan: withCount('ui', 2, 3),
    exit: 43,
    message: /is a daemon: ECS runs one task on each instance/,
    runs: 'old',
    writes: 'none',
  },
];
