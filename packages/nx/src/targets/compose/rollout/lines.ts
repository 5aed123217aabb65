import { type ComposeEvent, shortImage } from '@kdcube/release/internal';
import { formatDuration, type Log, progressLine } from '../../../system/log';

/** Logs the events of a rollout on a host, one line each. With `--json` each is an object too. */
export function logComposeRollout(log: Log, now: () => number): (event: ComposeEvent) => void {
  return (event) => {
    log.event({ ...event, time: new Date(now()).toISOString() });
    switch (event.event) {
      case 'wave':
        return log.note(`wave ${event.name}: ${event.services.join(', ')}`);
      case 'pulled':
        return log.done('pulled', event.image, formatDuration(event.milliseconds));
      case 'update':
        return log.done('updating', event.service, `to ${shortImage(event.image)}, from ${shortImage(event.from)}`);
      case 'waiting':
        return log.progress(`${event.service}: ${event.text}`);
      case 'completed':
        return log.done('runs', event.service, formatDuration(event.milliseconds));
      case 'failed':
        return log.lines([
          progressLine(`${event.service}: ${event.code}: ${event.reason}`),
          ...event.lines.map((line) => `             | ${line}`),
        ]);
      case 'note':
        return log.note(event.text);
    }
  };
}
