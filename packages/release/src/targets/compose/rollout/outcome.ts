import { exitCode, verdictForCode } from '../../../deploy/exit-codes';
import type { ReleaseRecord } from '../../../deploy/record';
import { KdcubeError, type Problem } from '../../../problem/problem';
import type { HostState } from '../plan/host-state';
import type { Failure } from './failure';
import type { ComposeRollout } from './rollout';
import { findMismatches } from './verdict';

/** How a rollout ended. Without `problem` it succeeded: what runs is what was pinned. */
export interface ComposeOutcome {
  verdict: ReleaseRecord['verdict'];
  exitCode: number;
  problem?: KdcubeError;
  hasWritten: boolean;
  startedAt: number;
  endedAt: number;
  /** The image of each service now, by its name in the plan; empty if the host cannot be asked any more. */
  current: ReadonlyMap<string, string>;
}

/** What became of the services after a failure. */
export interface Recovery {
  rolledBack: string[];
  /** Services that could not be rolled back, with the reason. */
  failed: Failure[];
}

export function outcomeOf(
  { plan, progress, startedAt, clock }: ComposeRollout,
  problem: KdcubeError | undefined,
  isRolledBack: boolean,
  state: Pick<HostState, 'containers'> | undefined,
): ComposeOutcome {
  const code = problem?.problems[0]?.code;
  const images = plan.services.flatMap(({ service, serviceName }) => {
    const found = state?.containers.find((container) => container.serviceName === serviceName);
    return found ? [[service, found.image] as const] : [];
  });
  return {
    verdict: code === undefined ? 'succeeded' : verdictForCode(code, isRolledBack),
    exitCode: code === undefined ? 0 : exitCode(code),
    ...(problem && { problem }),
    hasWritten: progress.hasChanged,
    startedAt,
    endedAt: clock.now(),
    current: new Map(images),
  };
}

/** After the last wave, or of a plan without changes. */
export function verdictProblem({ plan }: ComposeRollout, state: Pick<HostState, 'containers'>): KdcubeError | undefined {
  const problems = findMismatches(plan.content, state).map(({ service, code, what }): Problem => ({
    code,
    message: `${service} ${what}.`,
    hint: `nx run release:plan:${plan.environment}    shows what a deploy would do`,
  }));
  return problems.length > 0 ? new KdcubeError(problems) : undefined;
}

/** Why the rollout failed, and what was done about it. */
export function failureProblem({ plan, progress, options }: ComposeRollout, failure: Failure, recovery?: Recovery): KdcubeError {
  const updated = progress.updated.map(({ service }) => service);
  const log = failure.lines.length > 0 ? `\n${failure.lines.map((line) => `  | ${line}`).join('\n')}` : '';
  const problems: Problem[] = [
    {
      code: failure.code,
      message: `${failure.reason}${log}`,
      hint: `nx run release:logs:${plan.environment} --service=${failure.service}    shows more; then ${options.resumeCommand}`,
    },
    ...(recovery?.failed ?? []).map(({ service, reason }): Problem => ({
      code: 'rollback-failed',
      message: `${service} was not rolled back: ${reason}`,
      hint: `nx run release:status:${plan.environment}    shows what runs`,
    })),
  ];
  return new KdcubeError(problems, { changed: describeChanges(updated, recovery) });
}

/** The host does not answer any more, or Ctrl-C: what was started stays as it is. */
export function interruptedProblem({ progress, options }: ComposeRollout, error: KdcubeError): KdcubeError {
  const [first, ...rest] = error.problems;
  const problem = { ...first!, hint: first!.hint ?? `${options.resumeCommand}    continues from here` };
  return new KdcubeError([problem, ...rest], {
    cause: error,
    changed: describeChanges(
      progress.updated.map(({ service }) => service),
      undefined,
    ),
  });
}

function describeChanges(updated: readonly string[], recovery: Recovery | undefined): string {
  if (updated.length === 0) return 'No service was updated.';
  if (!recovery) return `Updated, and left as they are: ${updated.join(', ')}.`;
  const failed = recovery.failed.map(({ service }) => service);
  return [
    ...(recovery.rolledBack.length > 0 ? [`Rolled back: ${recovery.rolledBack.join(', ')}.`] : []),
    ...(failed.length > 0 ? [`Not rolled back: ${failed.join(', ')}.`] : []),
  ].join(' ');
}
