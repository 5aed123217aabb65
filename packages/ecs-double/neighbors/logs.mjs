// CloudWatch Logs, as far as the awslogs driver writes and a rollout reads: the last lines of a container that crashed.
// Stream names: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html ("prefix-name/container-name/ecs-task-id")
// Operations: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html and its neighbours
import { containerDefinition } from '../state/containers.mjs';
import { fail } from '../protocol/aws-error.mjs';

/** @import { Container, LogStream, Request, Task, World } from '../state/types.d.ts' */

/**
 * @param {Task} task
 * @param {Container} container
 */
function place(task, container) {
  const { logConfiguration } = containerDefinition(task, container.name);
  if (logConfiguration?.logDriver !== 'awslogs') return undefined;
  const { 'awslogs-group': group = '', 'awslogs-stream-prefix': prefix } = logConfiguration.options ?? {};
  return { group, stream: prefix ? `${prefix}/${container.name}/${task.id}` : String(container.runtimeId) };
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {Container} container
 */
export function openLog(world, task, container) {
  const where = place(task, container);
  if (!where) return undefined;
  const group = world.logs.get(where.group) ?? new Map();
  world.logs.set(where.group, group);
  if (!group.has(where.stream)) group.set(where.stream, { createdAt: world.clock.now(), events: [] });
  return group.get(where.stream);
}

/**
 * @param {World} world
 * @param {Task} task
 * @param {Container} container
 * @param {string[]} lines
 */
export function writeLines(world, task, container, lines) {
  const stream = openLog(world, task, container);
  if (!stream) return;
  const now = world.clock.now();
  for (const message of lines) stream.events.push({ timestamp: now, message, ingestionTime: now });
}

/**
 * @param {World} world
 * @param {{ logGroupName?: string, logGroupIdentifier?: string }} options
 */
function findGroup(world, { logGroupName, logGroupIdentifier }) {
  const name = logGroupName ?? logGroupIdentifier?.split(':').at(-1) ?? '';
  const group = world.logs.get(name);
  if (!group) throw fail('ResourceNotFoundException', 'The specified log group does not exist.');
  return { name, group };
}

/** @param {{ startTime?: number, endTime?: number }} options */
function within({ startTime = -Infinity, endTime = Infinity }) {
  return (/** @type {{ timestamp: number }} */ { timestamp }) => timestamp >= startTime && timestamp < endTime;
}

/**
 * startFromHead: "If the value is false, the latest log events are returned first. The default value is false." nextForwardToken: "If you have reached the end of
 * the stream, it returns the same token you passed in."
 * @param {World} world
 * @param {Request} request
 */
export function getLogEvents(world, request) {
  const { group } = findGroup(world, request);
  const stream = group.get(request.logStreamName);
  if (!stream) throw fail('ResourceNotFoundException', 'The specified log stream does not exist.');
  const events = stream.events.filter(within(request));
  const limit = request.limit ?? 10_000;
  const token = /^([fb])\/(\d+)$/.exec(request.nextToken ?? '');
  if (request.nextToken !== undefined && !token) throw fail('InvalidParameterException', 'The specified nextToken is invalid.');
  let from = request.startFromHead ? 0 : Math.max(0, events.length - limit);
  let to = Math.min(events.length, from + limit);
  if (token?.[1] === 'f') [from, to] = [Number(token[2]), Math.min(events.length, Number(token[2]) + limit)];
  if (token?.[1] === 'b') [from, to] = [Math.max(0, Number(token[2]) - limit), Number(token[2])];
  return { events: events.slice(from, to), nextForwardToken: `f/${to}`, nextBackwardToken: `b/${from}` };
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function filterLogEvents(world, request) {
  const { group } = findGroup(world, request);
  const { logStreamNames, logStreamNamePrefix, limit = 10_000, filterPattern = '' } = request;
  const wanted = filterPattern.replaceAll('"', '');
  const all = [...group]
    .filter(([name]) => !logStreamNames || logStreamNames.includes(name))
    .filter(([name]) => !logStreamNamePrefix || name.startsWith(logStreamNamePrefix))
    .flatMap(([logStreamName, { events }]) =>
      events.map((event, index) => ({ logStreamName, ...event, eventId: `${logStreamName}/${index}` })),
    )
    .filter(within(request))
    .filter(({ message }) => message.includes(wanted))
    .sort((a, b) => a.timestamp - b.timestamp);
  const from = request.nextToken === undefined ? 0 : Number(request.nextToken);
  const more = from + limit < all.length ? { nextToken: String(from + limit) } : {};
  return { events: all.slice(from, from + limit), searchedLogStreams: [], ...more };
}

/**
 * Without a prefix: all groups. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
 * @param {World} world
 * @param {Request} request
 */
export function describeLogGroups(world, { logGroupNamePrefix = '', limit = 50, nextToken }) {
  const names = [...world.logs.keys()].filter((name) => name.startsWith(logGroupNamePrefix)).sort();
  const from = nextToken === undefined ? 0 : Number(nextToken);
  const logGroups = names.slice(from, from + limit).map((logGroupName) => ({
    logGroupName,
    creationTime: world.started,
    metricFilterCount: 0,
    arn: `arn:aws:logs:${world.region}:${world.account}:log-group:${logGroupName}:*`,
    storedBytes: 0,
  }));
  return { logGroups, ...(from + limit < names.length ? { nextToken: String(from + limit) } : {}) };
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function describeLogStreams(world, request) {
  const { name, group } = findGroup(world, request);
  const { logStreamNamePrefix = '', orderBy = 'LogStreamName', descending = false, limit = 50 } = request;
  if (logStreamNamePrefix && orderBy === 'LastEventTime')
    throw fail('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  /** @param {LogStream} options */
  const last = ({ events }) => events.at(-1)?.timestamp ?? 0;
  const found = [...group].filter(([stream]) => stream.startsWith(logStreamNamePrefix));
  found.sort((a, b) => (orderBy === 'LastEventTime' ? last(a[1]) - last(b[1]) : a[0].localeCompare(b[0])));
  if (descending) found.reverse();
  const from = request.nextToken === undefined ? 0 : Number(request.nextToken);
  const more = from + limit < found.length ? { nextToken: String(from + limit) } : {};
  return {
    logStreams: found.slice(from, from + limit).map(([stream, content]) => streamView(world, name, stream, content)),
    ...more,
  };
}

/**
 * @param {World} world
 * @param {string} group
 * @param {string} logStreamName
 * @param {LogStream} options
 */
function streamView(world, group, logStreamName, { createdAt, events }) {
  const written =
    events.length > 0
      ? {
          firstEventTimestamp: events[0].timestamp,
          lastEventTimestamp: events[events.length - 1].timestamp,
          lastIngestionTime: events[events.length - 1].ingestionTime,
        }
      : {};
  const arn = `arn:aws:logs:${world.region}:${world.account}:log-group:${group}:log-stream:${logStreamName}`;
  return { logStreamName, creationTime: createdAt, ...written, arn, storedBytes: 0 };
}
