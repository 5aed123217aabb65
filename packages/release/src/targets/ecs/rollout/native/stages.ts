import { NATIVE_STRATEGIES } from '../../../../deploy/checks/strategy';
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

/** A deployment that ECS still works on: split traffic, or a bake. What runs is not settled yet. */
export function describeOpenDeployment(deployment: ServiceDeploymentState): string {
  const what = pausedHook(deployment) ? 'is paused' : 'is in progress';
  return `a deployment ${what}: ${describeStage(deployment)}`;
}

/** Whether ECS still works on a deployment, or rolls it back. */
export function isOpen({ status }: Pick<ServiceDeploymentState, 'status'>): boolean {
  return /PENDING|IN_PROGRESS|REQUESTED/.test(status);
}
