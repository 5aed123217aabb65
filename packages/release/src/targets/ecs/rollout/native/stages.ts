import type { ServiceDeploymentState, ServiceState } from '../port/port';

/** The stages of a deployment with a native strategy, in order: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html */
export const STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
] as const;

export type Stage = (typeof STAGES)[number];

/** Strategies that shift traffic from one revision to the other. */
export const NATIVE_STRATEGIES: readonly string[] = ['BLUE_GREEN', 'LINEAR', 'CANARY'];

export function isNative({ strategy }: Pick<ServiceState, 'strategy'>): boolean {
  return strategy !== undefined && NATIVE_STRATEGIES.includes(strategy.name);
}

/** Whether a deployment is at a stage or beyond it. A stage that is not known counts as not reached. */
export function hasReached({ stage }: Pick<ServiceDeploymentState, 'stage'>, wanted: Stage): boolean {
  return (STAGES as readonly (string | undefined)[]).indexOf(stage) >= STAGES.indexOf(wanted);
}

export function isInProgress({ status }: Pick<ServiceDeploymentState, 'status'>): boolean {
  return status === 'PENDING' || status === 'IN_PROGRESS';
}

/** The hook at which a deployment waits for a person. */
export function pausedHook({ status, hooks }: ServiceDeploymentState): ServiceDeploymentState['hooks'][number] | undefined {
  return status === 'IN_PROGRESS' ? hooks.find((hook) => hook.status === 'AWAITING_ACTION') : undefined;
}

/** `BAKE_TIME, traffic 100% new, 0% old`: where a deployment is. Weights are a snapshot of ECS. */
export function describeStage({ stage, target, sources }: ServiceDeploymentState): string {
  const where = stage ?? 'no stage yet';
  if (target.production === undefined) return where;
  const old = sources.reduce((sum, { production = 0 }) => sum + production, 0);
  return `${where}, traffic ${target.production}% new, ${old}% old`;
}
