import type { ReleaseRecord } from '../../../deploy/record';
import type { DeployPlan } from '../../../deploy/deploy-plan';
import type { Outcome } from '../rollout/outcome';

/** What a rollback does not carry out: the record of that release has it, and the new record repeats it. */
export type CarriedOver = Pick<ReleaseRecord, 'exec' | 'services'>;

/** The record of a finished attempt: what was pinned, by its revisions, and how it ended. What runs after a failure is what an earlier record says. */
export function recordDeploy(plan: DeployPlan, outcome: Outcome, carriedOver?: CarriedOver): Omit<ReleaseRecord, 'attempt'> {
  const services = plan.services.flatMap((step) => {
    const image = step.image.after;
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
    if (digest === undefined) return [];
    const taskDefinition = outcome.target.get(step.service) ?? step.taskDefinition.reuse;
    const { component, serviceName, desiredCount } = step;
    const recorded = {
      component,
      serviceName,
      image,
      digest,
      desiredCount: desiredCount.after,
      ...(taskDefinition !== undefined && { taskDefinition }),
    };
    return [[step.service, recorded] as const];
  });
  const planned = plan.exec && execOf(plan.exec, outcome.exec);
  return {
    record: 2,
    environment: plan.environment,
    release: plan.release,
    verdict: outcome.verdict,
    reason: outcome.problem?.problems[0]?.message.split('\n')[0] ?? describeReached(outcome),
    startedAt: new Date(outcome.startedAt).toISOString(),
    endedAt: new Date(outcome.endedAt).toISOString(),
    ...(plan.commit !== undefined && { commit: plan.commit }),
    ...(plan.platform && { platform: plan.platform }),
    // Once set up, the database stays so: the next deploy has nothing to run again.
    services: { ...setupOf(carriedOver), ...Object.fromEntries(services) },
    ...((planned ?? carriedOver?.exec) && { exec: planned ?? carriedOver?.exec }),
    bundles: plan.bundles.flatMap(({ after }) => after ?? []),
    // A hash of unknown content would make the next plan see no change.
    descriptor: plan.descriptor.unknown ? '' : plan.descriptor.after,
  };
}

/** Ended early, as asked: the same deploy again follows it to the end, and is recorded then. */
function describeReached({ reached }: Outcome): string {
  if (reached.size === 0) return '';
  return `ended early, as asked: ${[...reached].map(([service, stage]) => `${service} at ${stage}`).join(', ')}; ECS continued`;
}

function setupOf(carriedOver: CarriedOver | undefined): ReleaseRecord['services'] {
  return Object.fromEntries(
    Object.entries(carriedOver?.services ?? {}).filter(([, { component }]) => component === 'postgres-setup'),
  );
}

function execOf(
  { image, taskDefinition: planned }: NonNullable<DeployPlan['exec']>,
  registered: string | undefined,
): ReleaseRecord['exec'] {
  const taskDefinition = registered ?? planned.reuse;
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
  return taskDefinition === undefined || digest === undefined ? undefined : { taskDefinition, image, digest };
}
