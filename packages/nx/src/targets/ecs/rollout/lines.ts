import type { RolloutEvent } from '@kdcube/release/internal';
import { printable, familyRevision } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { seconds, underWay } from '../../../system/log';

/** What happens in a rollout, as lines: one for each thing. With `--json` every event is an object too. */
export function sayRollout(log: Log, now: () => number): (event: RolloutEvent) => void {
  return (event) => {
    // Looks are for a board: as objects they would be most of the output.
    if (event.event !== 'seen') log.event({ ...event, time: new Date(now()).toISOString() });
    switch (event.event) {
      case 'wave':
        return log.note(`wave ${event.name}: ${event.services.join(', ')}`);
      case 'registered':
        return log.done('registered', familyRevision(event.taskDefinition));
      case 'update': {
        const how = event.joined ? 'is on its way already, and is joined' : `from ${event.from}`;
        return log.done('updating', event.service, `to ${familyRevision(event.taskDefinition)}, ${how}`);
      }
      case 'task':
        return log.done('started', event.service, `once, as the task ${event.task}`);
      case 'ecs':
        return log.progress(`${event.service}: ${printable(event.message)}`);
      case 'stopped':
        // Together: a board has what is under way in itself, and the lines of a log above it say nothing without their task.
        return log.lines([
          underWay(`${event.service}: a task ended. ${printable(event.reason)}`),
          ...event.lines.map((line) => `             | ${printable(line)}`),
        ]);
      case 'waiting':
        return log.progress(`${event.service}: ${event.text}`);
      case 'completed': {
        const digests = event.digests === 'unknown' ? ', though no task reports the digest of its image' : '';
        return log.done(
          'runs',
          event.service,
          `${familyRevision(event.taskDefinition)}${digests}  ${seconds(event.milliseconds)}`,
        );
      }
      case 'failed':
        return log.done('failed', event.service, `${event.code}: ${printable(event.reason)}`);
      case 'note':
        return log.note(event.text);
    }
  };
}
