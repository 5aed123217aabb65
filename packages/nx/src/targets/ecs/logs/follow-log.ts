import type { LogLine } from '@kdcube/release/internal';
import { type LogEvent, readLogEvents } from '../../../aws/api/logs';
import type { AwsConnection } from '../../../aws/client';
import { mergeByTime } from './merge';
import type { LogSource } from './log-sources';

/** CloudWatch Logs may deliver a line later than one that is newer. Milliseconds. */
const DELIVERY_DELAY = 10_000;
/** Accounts have 5 to 10 calls of FilterLogEvents a second. Milliseconds. */
const POLL_EVERY = 3_000;

/** The lines of several sources, by time. `follow`: new lines too, until `isStopped`. */
export async function* readLogs(
  aws: AwsConnection,
  sources: readonly LogSource[],
  { since, follow, isStopped = () => false }: { since: number; follow: boolean; isStopped?: () => boolean },
): AsyncGenerator<LogLine> {
  const polls = sources.map((source) => poller(aws, source, since));
  for (;;) {
    yield* mergeByTime(
      polls.map((poll) => poll()),
      ({ time }) => time,
    );
    if (!follow || isStopped()) return;
    await aws.clock.sleep(POLL_EVERY);
  }
}

/** Each call of the result reads the lines that are new since the last call. */
function poller(aws: AwsConnection, source: LogSource, start: number): () => AsyncGenerator<LogLine> {
  const seen = new Map<string, number>();
  let from = start;
  return async function* poll() {
    const { group, prefix } = source;
    for (const [id, timestamp] of seen) if (timestamp < from) seen.delete(id);
    let newest = from + DELIVERY_DELAY;
    for await (const event of readLogEvents(aws, { group, prefix, since: from })) {
      newest = Math.max(newest, event.timestamp);
      if (seen.has(event.id)) continue;
      seen.set(event.id, event.timestamp);
      yield lineOf(source, event);
    }
    from = Math.max(start, newest - DELIVERY_DELAY);
  };
}

function lineOf({ service }: LogSource, { stream, timestamp, message }: LogEvent): LogLine {
  return { service, source: stream.split('/').at(-1)!, time: new Date(timestamp).toISOString(), text: message };
}
