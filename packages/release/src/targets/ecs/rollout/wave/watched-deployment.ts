import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { ServiceState, TaskState } from '../port/port';
import type { Rollout } from '../rollout';
import type { Reason } from '../verdict/reason';
import type { DeploymentResult, OurDeployment } from '../verdict/verdict';

/** Tasks that stopped for the same reason. */
export interface RepeatedFailure {
  /** Of the first task, with its log. */
  reason: Reason;
  count: number;
}

/** The stopped tasks of a deployment, as they were last read. */
interface StoppedTasks {
  /** By ARN. */
  tasks: Map<string, TaskState>;
  /** ARNs of the tasks whose reason is known and counted. */
  counted: Set<string>;
  /** By what identical failures have in common. */
  failures: Map<string, RepeatedFailure>;
  /** Something changed since they were read, or one of them has no exit code yet. */
  isReadDue: boolean;
  readAt: number;
}

/** A deployment of one service that is watched until it has a result. */
export interface WatchedDeployment {
  readonly step: ServiceStep;
  /** Empty in a rollback: the digests of the previous images are not always known. */
  readonly digests: readonly string[];
  readonly ours: OurDeployment;
  /** When this run began to watch it. */
  readonly watchedSince: number;
  result?: DeploymentResult;
  /** As of the last poll. */
  service?: ServiceState;
  readonly stopped: StoppedTasks;
  reportedEvents: Set<string>;
  /** Of a native strategy: the stage that was last reported. */
  reportedStage?: string;
  /** To see whether anything changed between two polls. */
  fingerprint: string;
  changedAt: number;
  /** When something was last reported. */
  reportedAt: number;
}

export function watchDeployment(
  { clock }: Rollout,
  step: ServiceStep,
  ours: Omit<OurDeployment, 'missedReads'>,
  digests: readonly string[],
): WatchedDeployment {
  const now = clock.now();
  return {
    step,
    ours: { ...ours, missedReads: 0 },
    digests,
    watchedSince: now,
    stopped: { tasks: new Map(), counted: new Set(), failures: new Map(), isReadDue: false, readAt: 0 },
    reportedEvents: new Set(),
    fingerprint: '',
    changedAt: now,
    reportedAt: now,
  };
}
