import { type ComposePlan, type Environment, exitCode, KdcubeError, renderPlanText } from '@kdcube/release/internal';
import type { Repository } from '../registry/blobs/blobs';
import { formatDuration, type Log } from '../system/log';
import type { Host } from '../targets/compose/host/host';
import { hostLogins } from '../targets/compose/rollout/logins';
import { withRegistryLogins } from '../targets/compose/host/registry-login';
import { deployToHost, type HostDeployOptions } from '../targets/compose/rollout/deploy';

type Options = Pick<HostDeployOptions, 'onFailure' | 'timeout' | 'resumeCommand'> & {
  dryRun: boolean;
  overwriteDescriptor: boolean;
  /** See `ComposeHost.confirm`. Default: a rollback starts what the host keeps, and asks nothing. */
  confirm?: () => Promise<void>;
};

/** Prints the plan of a deploy or a rollback on a host, and executes it unless this is a dry run. Its last line and its event are those of a deploy to ECS. */
export async function executeHostPlan(
  plan: ComposePlan,
  host: Host,
  { compose }: Environment,
  records: Repository,
  options: Options,
  log: Log,
): Promise<void> {
  const startedAt = Date.now();
  log.lines(renderPlanText(plan));
  if (options.dryRun) return log.done('would deploy', plan.environment, plan.release, startedAt);
  if (!options.overwriteDescriptor) requireUnedited(plan);
  const logins = await hostLogins(plan);
  const registries = logins.map(({ registry }) => registry);
  const { confirm = () => Promise.resolve() } = options;
  const rollOut = (env: Readonly<Record<string, string>>) =>
    deployToHost(
      plan,
      host,
      records,
      { ...options, keep: compose.keep, login: { ...(logins.length > 0 && { env }), registries }, confirm },
      log,
    );
  const { outcome, record } = await withRegistryLogins(host, logins, rollOut).catch((error: unknown) => {
    const code = error instanceof KdcubeError ? error.problems[0]?.code : undefined;
    if (code !== undefined) log.event({ event: 'deployed', verdict: 'refused', exitCode: exitCode(code), code });
    throw error;
  });
  const { verdict, problem, current, hasWritten } = outcome;
  log.event({
    event: 'deployed',
    verdict,
    exitCode: outcome.exitCode,
    ...(problem && { code: problem.problems[0]?.code }),
    services: Object.fromEntries(current),
    ...(record !== undefined && { record }),
  });
  if (problem) throw problem;
  const recorded = record === undefined ? '' : `recorded as ${record}`;
  const duration = formatDuration(outcome.endedAt - outcome.startedAt);
  log.done(
    hasWritten ? 'deployed' : 'unchanged',
    plan.environment,
    `${[plan.release, recorded].filter(Boolean).join(', ')}  ${duration}`,
  );
}

/** What the platform's Bundle Admin or a person changed on the host is not lost without a word. Problem `descriptor-edited`. */
export function requireUnedited({ edited, host }: Pick<ComposePlan, 'edited' | 'host'>): void {
  if (edited.length === 0) return;
  throw new KdcubeError({
    code: 'descriptor-edited',
    message: `${edited.join(', ')} on ${host} is not as the last deploy wrote it: the platform’s Bundle Admin or a person edited it. Nothing was changed.`,
    hint: '--overwriteDescriptor    overwrites it; what was edited belongs into release.yaml before',
  });
}
