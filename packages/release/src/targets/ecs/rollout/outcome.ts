import type { ReleaseRecord } from '../../../deploy/record';
import { familyRevision } from '../../../deploy/short-names';
import { exitCode, verdictForCode } from '../../../deploy/exit-codes';
import type { ProblemCode } from '../../../problem/codes';
import { KdcubeError, type Problem } from '../../../problem/problem';
import { describeWrittenSecrets } from '../aws-sm/secrets-text';
import { flagHints } from './flag-hints';
import type { ServiceState } from './port/port';
import { describeInFlight, resumeCommand, type Rollout } from './rollout';

/** How a rollout ended. Without `problem` it succeeded: what runs is what was pinned, but for the services in `reached`. */
export interface Outcome {
  verdict: ReleaseRecord['verdict'];
  exitCode: number;
  problem?: KdcubeError;
  /** Services that were followed to a stage only: not a success yet. By name in the plan. */
  reached: ReadonlyMap<string, string>;
  /** A call that writes was sent to AWS. */
  hasWritten: boolean;
  startedAt: number;
  endedAt: number;
  /** The revision that each service should end on, by its name in the plan. */
  target: ReadonlyMap<string, string>;
  exec?: string;
  /** The revision of each service now, by its name in the plan; empty if AWS cannot be asked any more. */
  current: ReadonlyMap<string, string>;
}

export function outcomeOf(rollout: Rollout, problem: KdcubeError | undefined, services: readonly ServiceState[]): Outcome {
  const { plan, revisions, progress, startedAt, clock } = rollout;
  const code = problem?.problems[0]?.code;
  return {
    verdict: verdictOf(rollout, code, services),
    reached: progress.reached,
    exitCode: code === undefined ? 0 : exitCode(code),
    ...(problem && { problem }),
    hasWritten: progress.hasWritten,
    startedAt,
    endedAt: clock.now(),
    target: revisions.target,
    ...(revisions.exec !== undefined && { exec: revisions.exec }),
    current: new Map(
      plan.services.flatMap(({ service, serviceName }) => {
        const found = services.find(({ name }) => name === serviceName);
        return found ? [[service, found.taskDefinition] as const] : [];
      }),
    ),
  };
}

/** A deployment that ECS still works on has no verdict yet. */
function verdictOf(rollout: Rollout, code: ProblemCode | undefined, services: readonly ServiceState[]): Outcome['verdict'] {
  if (code !== undefined) return verdictForCode(code, isRolledBack(rollout, services));
  return rollout.progress.reached.size > 0 ? 'unknown' : 'succeeded';
}

/** Whether every updated service has the revision it had before. */
function isRolledBack({ plan, progress }: Rollout, services: readonly ServiceState[]): boolean {
  const updated = progress.updated.filter(({ kind }) => kind === 'service');
  return (
    (updated.length > 0 || progress.secrets.restored.length > 0) &&
    updated.every(({ serviceName }) => {
      const service = services.find(({ name }) => name === serviceName);
      return service !== undefined && service.taskDefinition === plan.baseline[serviceName]?.taskDefinition;
    })
  );
}

/**
 * The outcome of a rollout that an error ended: AWS does not respond any more, or Ctrl-C. `more`: what else went wrong, such as the failure whose rollback the error ended. The message says what ECS continues on its own. Before the first
 * write the error is thrown instead: nothing was changed.
 */
export function outcomeOfError(rollout: Rollout, error: unknown, more: readonly Problem[] = []): Outcome {
  if (!(error instanceof KdcubeError) || !rollout.progress.hasWritten) throw error;
  const [first, ...others] = error.problems;
  const rest = [...others, ...more.filter(({ message }) => message !== first!.message)];
  const inFlight = describeInFlight(rollout);
  const message = first!.message.includes(inFlight) ? first!.message : `${first!.message.replace(/[^.]$/, '$&.')} ${inFlight}`;
  const hint = [first!.hint ?? `${resumeCommand(rollout)}    continues from here`, ...flagHints(rollout)].join('\n');
  const problem = new KdcubeError([{ ...first!, message, hint }, ...rest], {
    cause: error,
    changed: describeUpdates(rollout),
  });
  return outcomeOf(rollout, problem, []);
}

/** What AWS confirmed, and what it may have carried out without a response. */
function describeUpdates(rollout: Rollout): string {
  const { history, unconfirmed, flagged } = rollout.progress;
  const updates = [...history].map(([service, revisions]) => {
    const last = revisions.at(-1)!;
    const flag = flagged.get(service)?.taskDefinition === last ? ' (with the FORCE flag)' : '';
    return `${service} to ${familyRevision(last)}${flag}`;
  });
  const open = [...unconfirmed].map(([service, taskDefinition]) => `${service} to ${familyRevision(taskDefinition)}`);
  const confirmed = updates.length === 0 ? 'No service was updated.' : `Updated: ${updates.join(', ')}.`;
  const services = open.length === 0 ? confirmed : `${confirmed} Not confirmed by AWS: ${open.join(', ')}.`;
  return `${services}${describeWrittenSecrets(rollout)}`;
}
