import { LIMITS } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { requireList } from '../response';
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
