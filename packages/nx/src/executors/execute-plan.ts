import { type DeployPlan, exitCode, renderPlanText, KdcubeError } from '@kdcube/release/internal';
import { deploy, type DeployOptions } from '../targets/ecs/rollout/deploy';
import { type Log, formatDuration } from '../system/log';
import type { Repository } from '../registry/blobs/blobs';

/** Prints the plan of a deploy or a rollback, and executes it unless this is a dry run. */
export async function executeUnlessDryRun(
  plan: DeployPlan,
  records: Repository,
  options: Omit<DeployOptions, 'carriedOver' | 'resumeCommand'> & { dryRun: boolean },
  log: Log,
  rollback: Pick<DeployOptions, 'carriedOver' | 'resumeCommand'> = {},
): Promise<void> {
  const startedAt = Date.now();
  log.lines(renderPlanText(plan));
  if (options.dryRun) return log.done('would deploy', plan.environment, plan.release, startedAt);
  const { onFailure, timeout, wait, json, waitUntil } = options;
  await executePlan(plan, records, { onFailure, timeout, wait, json, ...(waitUntil && { waitUntil }), ...rollback }, log);
}

/** Executes a plan and reports its verdict: a last line for people, an event `deployed` with the exit code for tools. Any verdict but success is thrown as a Problem. */
async function executePlan(plan: DeployPlan, records: Repository, options: DeployOptions, log: Log): Promise<void> {
  const { outcome, record } = await deploy(plan, records, options, log).catch((error: unknown) => {
    const code = error instanceof KdcubeError ? error.problems[0]?.code : undefined;
    if (code !== undefined) log.event({ event: 'deployed', verdict: 'refused', exitCode: exitCode(code), code });
    throw error;
  });
  const { verdict, problem, current, hasWritten, reached } = outcome;
  log.event({
    event: 'deployed',
    verdict,
    exitCode: outcome.exitCode,
    ...(problem && { code: problem.problems[0]?.code }),
    services: Object.fromEntries(current),
    ...(reached.size > 0 && { reached: Object.fromEntries(reached) }),
    ...(record !== undefined && { record }),
  });
  if (problem) throw problem;
  const recorded = record === undefined ? '' : `recorded as ${record}`;
  const duration = formatDuration(outcome.endedAt - outcome.startedAt);
  if (reached.size > 0) {
    const stages = [...reached].map(([service, stage]) => `${service} at ${stage}`).join(', ');
    log.done('not finished', plan.environment, `${[plan.release, recorded].filter(Boolean).join(', ')}  ${duration}`);
    return log.note(
      `ended at the stage that --waitUntil names: ${stages}. ECS continues, and may still roll back; ${options.resumeCommand ?? `nx run release:deploy-ecs:${plan.environment}`}    without --waitUntil follows it to its verdict`,
    );
  }
  log.done(
    hasWritten ? 'deployed' : 'unchanged',
    plan.environment,
    `${[plan.release, recorded].filter(Boolean).join(', ')}  ${duration}`,
  );
}
