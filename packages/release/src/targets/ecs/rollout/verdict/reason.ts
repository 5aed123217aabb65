import type { ProblemCode } from '../../../../problem/codes';
import type { ServiceEvent, TaskState } from '../port/port';

/** Why tasks do not start, as ECS reports it. */
export interface Reason {
  code: ProblemCode;
  text: string;
  /** The task that failed; absent if the reason is an event. */
  task?: TaskState;
  /** The container that exited. */
  container?: string;
  /** The end of its log. */
  lines?: string[];
  /** Of `rollout-unknown`: all tasks run, and this could not be verified. */
  unresolved?: Unresolved;
}

export type Unresolved = { what: 'alarms' | 'health-checks' | 'bundles' } | { what: 'target-group'; arn: string };

/** The reason of the newest task that failed; that of an event if no task gives one. All `tasks` and `events` are of one deployment. */
export function findReason(tasks: readonly TaskState[], events: readonly ServiceEvent[]): Reason | undefined {
  const newest = [...tasks].sort((a, b) => (b.stoppedAt ?? b.createdAt) - (a.stoppedAt ?? a.createdAt));
  for (const task of newest) {
    const reason = findTaskReason(task);
    if (reason) return reason;
  }
  const reasons = events.flatMap(({ message }) => findEventReason(message) ?? []);
  const coded = reasons.find(({ code }) => code !== 'rollout-failed');
  if (coded) return coded;
  const crashed = newest.find(({ stopCode }) => stopCode === 'EssentialContainerExited');
  const text = 'An essential container ended, and ECS reports no exit code.';
  return crashed ? { code: 'container-crashed', text, task: crashed } : reasons[0];
}

function findTaskReason(task: TaskState): Reason | undefined {
  const texts = [task.stoppedReason, ...task.containers.map(({ reason }) => reason)].filter((text) => text !== undefined);
  const all = texts.join(' ');
  const code = codeOfMessage(all);
  if (code) return { code, text: texts.find((text) => codeOfMessage(text) === code)!, task };
  if (task.stopCode === 'TaskFailedToStart') return { code: 'rollout-failed', text: all || 'The task failed to start.', task };
  return task.stopCode === 'EssentialContainerExited' ? findExitReason(task) : undefined;
}

function findExitReason(task: TaskState): Reason | undefined {
  const crashed = task.containers.find(
    ({ exitCode, reason = '' }) =>
      ((exitCode !== undefined && exitCode !== 0) || /OutOfMemory/.test(reason)) && !isUnmetDependency(reason),
  );
  const exited = crashed ?? task.containers.find(({ exitCode }) => exitCode !== undefined);
  if (!exited) return undefined;
  const detail = exited.reason ? `: ${exited.reason}` : '';
  const exit = exited.exitCode === undefined ? 'without an exit code' : `with exit code ${exited.exitCode}`;
  return {
    code: 'container-crashed',
    text: `The container ${exited.name} ended ${exit}${detail}.`,
    task,
    container: exited.name,
  };
}

/** A container that never started because one that it depends on failed: ECS gives it the exit code 143, and the other one is the reason. */
function isUnmetDependency(reason: string): boolean {
  return /container ordering dependency/.test(reason);
}

/** An event about something that went wrong. */
const PROBLEM =
  /\b(?:unable|fail(?:ed|ure|s)?|errors?|invalid|denied|insufficient|limits?|exceed(?:s|ed)|missing|not exist|not found|throttl\w*)\b/i;
/** Events that follow from a failure, and do not explain it. */
const CONSEQUENCE =
  /consistently start tasks|deployment (?:failed|completed)|rolling back|due to an unhealthy status|has (?:started|stopped|begun)|steady state/i;

/** By error names that have been stable for years; the sentences around them change. */
function codeOfMessage(text: string): ProblemCode | undefined {
  if (/CannotPull\w*Error/.test(text)) return 'image-pull-failed';
  if (/ResourceInitializationError/.test(text) && /secret|ssm|parameter|kms|registry auth/i.test(text))
    return 'secret-unreadable';
  if (/failed (container|ELB) health checks/i.test(text)) return 'health-check-failed';
  if (/Capacity is unavailable|insufficient capacity|RESOURCE:/i.test(text)) return 'no-capacity';
  return undefined;
}

/** The reason in an event of the service: the sentence that ECS wrote. */
export function findEventReason(message: string): Reason | undefined {
  const text = message.replace(/^\(service [^)]*\) /, '');
  if (/no container instance met all of its requirements|Capacity is unavailable/i.test(text))
    return { code: 'no-capacity', text };
  const code = codeOfMessage(text);
  if (code) return { code, text };
  if (/is unhealthy in \(target-group/.test(text)) return { code: 'health-check-failed', text };
  return PROBLEM.test(text) && !CONSEQUENCE.test(text) ? { code: 'rollout-failed', text } : undefined;
}
