import type { RolloutEvent } from '@kdcube/release/internal';
import { familyRevision } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { formatDuration, progressLine } from '../../../system/log';

/** Logs the events of a rollout, one line each. With `--json` each is an object too. */
export function logRollout(log: Log, now: () => number): (event: RolloutEvent) => void {
  return (event) => {
    // Polls are for the board: as objects they would be most of the output.
    if (event.event !== 'polled') log.event({ ...event, time: new Date(now()).toISOString() });
    switch (event.event) {
      case 'wave':
        return log.note(`wave ${event.name}: ${event.services.join(', ')}`);
      case 'registered':
        return log.done('registered', familyRevision(event.taskDefinition));
      case 'update': {
        const how = event.resumed ? 'already in progress: resuming' : `from ${event.from}`;
        return log.done('updating', event.service, `to ${familyRevision(event.taskDefinition)}, ${how}`);
      }
      case 'task-started':
        return log.done('started', event.service, `as the task ${event.task}`);
      case 'service-event':
        return log.progress(`${event.service}: ${event.message}`);
      case 'task-stopped':
        // As one block: above a board, lines of a log mean nothing without their task.
        return log.lines([
          progressLine(`${event.service}: ${describeCount(event.count)}. ${event.reason}`),
          ...event.lines.map((line) => `             | ${line}`),
        ]);
      case 'waiting':
        return log.progress(`${event.service}: ${event.text}`);
      case 'stage':
        return log.progress(`${event.service}: ${event.status.toLowerCase().replace(/_/g, ' ')}, ${event.text}`);
      case 'paused':
        return log.note(event.text);
      case 'completed': {
        const revision = familyRevision(event.taskDefinition);
        const verb = event.digests === 'no-tasks' ? 'updated' : 'runs';
        return log.done(verb, event.service, `${revision}${EVIDENCE[event.digests]}  ${formatDuration(event.milliseconds)}`);
      }
      case 'failed':
        return log.done('failed', event.service, `${event.code}: ${event.reason}`);
      case 'note':
        return log.note(event.text);
    }
  };
}

/** What follows the revision of a completed service. */
const EVIDENCE = {
  verified: '',
  unknown: ', and no task reports the digest of its image',
  'no-tasks': ', scaled to 0: no task runs',
};

/** The log is shown with the first of several tasks that stop for the same reason; afterwards only their number. */
function describeCount(count: number): string {
  return count === 1 ? 'a task stopped' : `${count} tasks stopped so far`;
}
