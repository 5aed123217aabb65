import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { ServiceState, TaskState } from '../port';
import type { Rollout } from '../rollout';
import type { DeploymentResult, OurDeployment } from '../verdict/verdict';

/** A deployment of one service that is watched until it has a result. */
export interface WatchedDeployment {
  readonly step: ServiceStep;
  /** Empty in a rollback: the digests of the previous images are not always known. */
  readonly digests: readonly string[];
  readonly ours: OurDeployment;
  result?: DeploymentResult;
  /** As of the last poll. */
  service?: ServiceState;
  /** Tasks of our deployment that stopped. */
  stoppedTasks: TaskState[];
  reportedEvents: Set<string>;
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
    stoppedTasks: [],
    reportedEvents: new Set(),
    fingerprint: '',
    changedAt: now,
    reportedAt: now,
  };
}
