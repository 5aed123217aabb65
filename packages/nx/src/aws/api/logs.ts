import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { invalidResponse, requireList } from '../response';
import { LOGS } from '../services';
import { callJson } from '../signed-request';

export interface LogsApi {
  /** The names of the log groups that start with a prefix. */
  listLogGroups(prefix: string): Promise<string[]>;
}

export function logsApi(aws: AwsConnection): LogsApi {
  return {
    async listLogGroups(prefix) {
      const response = await callJson(aws, LOGS, 'DescribeLogGroups', { logGroupNamePrefix: prefix });
      const groups = requireList<{ logGroupName?: string }>(response, 'logGroups', 'logs:DescribeLogGroups');
      return groups.map(({ logGroupName = '' }) => logGroupName);
    },
  };
}

const MAX_LINE = LIMITS.logLine.max;

/** The last lines of a log stream, each cut to 500 characters. */
export async function readLastLines(
  aws: AwsConnection,
  { group, stream, limit }: { group: string; stream: string; limit: number },
): Promise<string[]> {
  const response = await callJson(aws, LOGS, 'GetLogEvents', {
    logGroupName: group,
    logStreamName: stream,
    limit,
    startFromHead: false,
  });
  const events = requireList<{ message?: string }>(response, 'events', 'logs:GetLogEvents');
  return events
    .slice(-limit)
    .map(({ message = '' }) => (message.length > MAX_LINE ? `${message.slice(0, MAX_LINE - 1)}…` : message));
}

/** One line of a log stream. */
export interface LogEvent {
  id: string;
  stream: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  message: string;
}

/** The lines of all streams with a prefix, by time, from a time on. None if the group does not exist yet: the first task of a service creates it. */
export async function* readLogEvents(
  aws: AwsConnection,
  { group, prefix, since }: { group: string; prefix: string; since: number },
): AsyncGenerator<LogEvent> {
  const request = { logGroupName: group, logStreamNamePrefix: prefix, startTime: Math.max(0, Math.floor(since)) };
  let nextToken: unknown;
  do {
    const page = await readLogPage(aws, { ...request, ...(nextToken !== undefined && { nextToken }) });
    if (!page) return;
    // A page may be empty and still not the last.
    yield* page.events;
    if (page.nextToken !== undefined && page.nextToken === nextToken) throw invalidResponse('logs:FilterLogEvents');
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

async function readLogPage(aws: AwsConnection, request: object): Promise<{ events: LogEvent[]; nextToken: unknown } | undefined> {
  try {
    const response = await callJson(aws, LOGS, 'FilterLogEvents', { ...request });
    const events = requireList<Record<string, unknown>>(response, 'events', 'logs:FilterLogEvents').map(toLogEvent);
    return { events, nextToken: response.nextToken ?? undefined };
  } catch (error) {
    if (error instanceof KdcubeError && /\(ResourceNotFoundException\)/.test(error.message)) return undefined;
    throw error;
  }
}

function toLogEvent({ eventId: id, logStreamName: stream, timestamp, message }: Record<string, unknown>): LogEvent {
  if (typeof id === 'string' && typeof stream === 'string' && typeof timestamp === 'number' && typeof message === 'string')
    return { id, stream, timestamp, message };
  throw invalidResponse('logs:FilterLogEvents');
}
