import type { DeployPlan } from '@kdcube/release/internal';
import { exitCode, explainPlan, KdcubeError } from '@kdcube/release/internal';
import { deploy, type DeployWords } from '../targets/ecs/rollout/deploy';
import { type Log, seconds } from '../system/log';
import type { Repository } from '../registry/blobs';

/** The way of every deploy; with --dryRun one step shorter. */
export async function carryOutUnlessDry(
  plan: DeployPlan,
  records: Repository,
  options: Omit<DeployWords, 'kept' | 'again'> & { dryRun: boolean },
  log: Log,
  back: Pick<DeployWords, 'kept' | 'again'> = {},
): Promise<void> {
  const startedAt = Date.now();
  log.lines(explainPlan(plan));
  if (options.dryRun) return log.done('would deploy', plan.environment, plan.release, startedAt);
  const { onFailure, timeout, wait, json } = options;
  await carryOutPlan(plan, records, { onFailure, timeout, wait, json, ...back }, log);
}

/** Carries a plan out and says how it ended: the last line for a person, an object `deployed` with the exit code for a tool. What did not end well is thrown, as a Problem. */
async function carryOutPlan(plan: DeployPlan, records: Repository, words: DeployWords, log: Log): Promise<void> {
  const { outcome, record } = await deploy(plan, records, words, log).catch((error: unknown) => {
    const code = error instanceof KdcubeError ? error.problems[0]?.code : undefined;
    if (code !== undefined) log.event({ event: 'deployed', verdict: 'refused', exitCode: exitCode(code), code });
    throw error;
  });
  const { verdict, problem, now, wrote } = outcome;
  log.event({
    event: 'deployed',
    verdict,
    exitCode: outcome.exitCode,
    ...(problem && { code: problem.problems[0]?.code }),
    services: Object.fromEntries(now),
    ...(record !== undefined && { record }),
  });
  const kept = record === undefined ? '' : `, recorded as ${record}`;
  if (problem) {
    if (kept) log.note(`the attempt was${kept.slice(1)}`);
    throw problem;
  }
  const took = seconds(outcome.endedAt - outcome.startedAt);
  log.done(wrote ? 'deployed' : 'unchanged', plan.environment, `${plan.release}${kept}  ${took}`);
}
