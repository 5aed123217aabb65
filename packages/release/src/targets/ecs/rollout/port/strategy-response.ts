import type { ServiceDeploymentState, StrategySettings } from './port';

/** The members of deploymentConfiguration that concern strategies, as the AWS SDK returns them. */
export interface StrategyResponse {
  strategy?: string;
  bakeTimeInMinutes?: number;
  linearConfiguration?: { stepPercent?: number; stepBakeTimeInMinutes?: number };
  canaryConfiguration?: { canaryBakeTimeInMinutes?: number };
  earlySuccessCriteria?: {
    enable: boolean | undefined;
    healthyPercent?: number;
    sourceServiceRevisionCleanup?: string;
  };
}

export function toStrategySettings(response: StrategyResponse): StrategySettings {
  const { strategy = 'ROLLING', bakeTimeInMinutes = 0, earlySuccessCriteria: early } = response;
  const isEarly =
    early?.enable === true && ((early.healthyPercent ?? 100) < 100 || early.sourceServiceRevisionCleanup !== 'BLOCKING');
  return {
    name: strategy,
    bakeMinutes: bakeTimeInMinutes,
    shiftMinutes: shiftMinutes(response),
    ...(isEarly && {
      earlySuccess: `healthyPercent ${early.healthyPercent ?? 100}, ${early.sourceServiceRevisionCleanup ?? ''}`,
    }),
  };
}

/** The defaults are those of the API reference: LinearConfiguration, CanaryConfiguration. */
function shiftMinutes({ strategy, linearConfiguration = {}, canaryConfiguration = {} }: StrategyResponse): number {
  if (strategy === 'CANARY') return canaryConfiguration.canaryBakeTimeInMinutes ?? 10;
  if (strategy !== 'LINEAR') return 0;
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration;
  return (Math.ceil(100 / stepPercent) - 1) * stepBakeTimeInMinutes;
}

interface RevisionResponse {
  arn?: string;
  requestedTaskCount?: number;
  runningTaskCount?: number;
  pendingTaskCount?: number;
  requestedProductionTrafficWeight?: number;
}

/** The members of a service deployment that a rollout uses, as DescribeServiceDeployments of the AWS SDK returns them. */
export interface ServiceDeploymentResponse {
  serviceDeploymentArn?: string;
  status?: string;
  statusReason?: string;
  lifecycleStage?: string;
  createdAt?: Date;
  finishedAt?: Date;
  lifecycleHookDetails?: {
    hookId?: string;
    targetType?: string;
    targetArn?: string;
    status?: string;
    expiresAt?: Date;
    timeoutAction?: string;
  }[];
  targetServiceRevision?: RevisionResponse;
  sourceServiceRevisions?: RevisionResponse[];
  alarms?: { triggeredAlarmNames?: string[] };
  rollback?: { serviceRevisionArn?: string };
}

/** Undefined if the response is not valid: a service deployment without an ARN or a status. */
export function toServiceDeployment(response: ServiceDeploymentResponse): ServiceDeploymentState | undefined {
  const { serviceDeploymentArn: arn, status, statusReason, lifecycleStage, createdAt, finishedAt, rollback } = response;
  if (typeof arn !== 'string' || typeof status !== 'string') return undefined;
  return {
    arn,
    status,
    ...(statusReason !== undefined && { reason: statusReason }),
    ...(lifecycleStage !== undefined && { stage: lifecycleStage }),
    ...(createdAt && { createdAt: createdAt.getTime() }),
    ...(finishedAt && { finishedAt: finishedAt.getTime() }),
    hooks: (response.lifecycleHookDetails ?? []).map((hook) => ({
      id: hook.hookId ?? '',
      type: hook.targetType ?? 'AWS_LAMBDA',
      status: hook.status ?? '',
      ...(hook.targetArn !== undefined && { target: hook.targetArn }),
      ...(hook.expiresAt && { expiresAt: hook.expiresAt.getTime() }),
      ...(hook.timeoutAction !== undefined && { timeoutAction: hook.timeoutAction }),
    })),
    target: toRevision(response.targetServiceRevision ?? {}),
    sources: (response.sourceServiceRevisions ?? []).map(toRevision),
    triggeredAlarms: response.alarms?.triggeredAlarmNames ?? [],
    ...(rollback?.serviceRevisionArn !== undefined && { rollbackRevision: rollback.serviceRevisionArn }),
  };
}

function toRevision(response: RevisionResponse): ServiceDeploymentState['target'] {
  const { arn = '', runningTaskCount = 0, pendingTaskCount = 0, requestedTaskCount = 0 } = response;
  const { requestedProductionTrafficWeight: production } = response;
  const counts = { running: runningTaskCount, pending: pendingTaskCount, requested: requestedTaskCount };
  return { arn, ...counts, ...(production !== undefined && { production }) };
}
