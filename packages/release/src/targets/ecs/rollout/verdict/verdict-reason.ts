import type { ProblemCode } from '../../../../problem/codes';
import type { SeenEvent, SeenTask } from '../port';

/** Why tasks do not come up, in the words of the task itself. */
export interface Reason {
  code: ProblemCode;
  text: string;
  /** The task that says it; none where only an event does. */
  task?: SeenTask;
  /** The container that ended. */
  container?: string;
  lines?: string[];
  /** Of `rollout-unknown`: what was pinned runs, and this is what keeps it from being called good. */
  open?: Open;
}

/** Deployment alarms; a target group that does not tell; whether its own checks pass. */
export type Open = { of: 'alarms' | 'checks' } | { of: 'targets'; group: string };

/** The reason that the newest task which ended by itself gives; events only where no task tells. `tasks` and `events` are of the deployment in question. */
export function reasonOf(tasks: readonly SeenTask[], events: readonly SeenEvent[]): Reason | undefined {
  const newest = [...tasks].sort((a, b) => (b.stoppedAt ?? b.createdAt) - (a.stoppedAt ?? a.createdAt));
  for (const task of newest) {
    const reason = reasonOfTask(task);
    if (reason) return reason;
  }
  for (const { message } of events) {
    const reason = reasonOfEvent(message);
    if (reason) return reason;
  }
  return undefined;
}

function reasonOfTask(task: SeenTask): Reason | undefined {
  const said = [task.stoppedReason, ...task.containers.map(({ reason }) => reason)].filter((text) => text !== undefined);
  const all = said.join(' ');
  const told = nameIn(all);
  if (told) return { code: told, text: said.find((text) => nameIn(text) === told)!, task };
  if (task.stopCode === 'TaskFailedToStart') return { code: 'rollout-failed', text: all || 'The task failed to start.', task };
  const crashed =
    task.containers.find(
      ({ exitCode, reason = '' }) =>
        ((exitCode !== undefined && exitCode !== 0) || /OutOfMemory/.test(reason)) && !waitedInVain(reason),
    ) ??
    (task.stopCode === 'EssentialContainerExited' ? task.containers.find(({ exitCode }) => exitCode !== undefined) : undefined);
  if (task.stopCode !== 'EssentialContainerExited' || !crashed) return undefined;
  const why = crashed.reason ? `: ${crashed.reason}` : '';
  const code = crashed.exitCode === undefined ? 'without an exit code' : `with exit code ${crashed.exitCode}`;
  return { code: 'container-crashed', text: `The container ${crashed.name} ended ${code}${why}.`, task, container: crashed.name };
}

/** What never ran because the container that it depends on failed: ECS gives it the exit code 143, and the other one is the reason. */
function waitedInVain(reason: string): boolean {
  return /container ordering dependency/.test(reason);
}

/** Names that ECS has kept for years; its sentences change. */
function nameIn(text: string): ProblemCode | undefined {
  if (/CannotPull\w*Error/.test(text)) return 'image-pull-failed';
  if (/ResourceInitializationError/.test(text) && /secret|ssm|parameter|kms|registry auth/i.test(text))
    return 'secret-unreadable';
  if (/failed (container|ELB) health checks/i.test(text)) return 'health-check-failed';
  if (/Capacity is unavailable|insufficient capacity|RESOURCE:/i.test(text)) return 'no-capacity';
  return undefined;
}

function reasonOfEvent(message: string): Reason | undefined {
  const text = message.replace(/^\(service [^)]*\) /, '');
  if (/no container instance met all of its requirements|Capacity is unavailable/i.test(text))
    return { code: 'no-capacity', text };
  const code = nameIn(text);
  if (code) return { code, text };
  if (/is unhealthy in \(target-group/.test(text)) return { code: 'health-check-failed', text };
  return undefined;
}
