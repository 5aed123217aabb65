// Tasks: RunTask, StopTask, ListTasks, DescribeTasks.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html and its neighbours
import { isDeepStrictEqual } from 'node:util';
import { fail } from '../protocol/aws-error.mjs';
import { arn, compact, lastPart } from '../state/names.mjs';
import { findCluster } from '../state/clusters.mjs';
import { deployable } from '../state/task-definitions.mjs';
import { page } from './paging.mjs';
import { taskView } from '../state/task-view.mjs';
import { isNotYetVisible } from '../state/consistency.mjs';
import { hasCapacity } from '../behavior/capacity.mjs';
import { addTask } from '../tasks/add-task.mjs';
import { stopTask } from '../tasks/stop.mjs';

/** @import { Cluster, Request, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Request} request
 */
export function runTask(world, request) {
  const cluster = findCluster(world, request.cluster);
  const repeated = tasksOfToken(world, request);
  if (repeated) return { tasks: repeated.map((task) => taskView(task)), failures: [] };
  const definition = deployable(world, request.taskDefinition);
  const count = request.count ?? 1;
  // "You can specify up to 10 tasks for each call."
  if (count < 1 || count > 10) throw fail('InvalidParameterException', 'Count must be between 1 and 10.');
  // API_RunTask.html, networkConfiguration: "required for task definitions that use the awsvpc network mode"
  if (definition.networkMode === 'awsvpc' && !request.networkConfiguration)
    throw fail('InvalidParameterException', "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const tasks = [];
  const failures = [];
  for (let index = 0; index < count; index += 1) {
    const { startedBy, group, overrides, tags, launchType } = request;
    if (hasCapacity(world, cluster))
      tasks.push(addTask(world, { cluster, definition, startedBy, group, overrides, tags, launchType }));
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    else
      failures.push({
        arn: cluster.arn,
        reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone.',
      });
  }
  if (request.clientToken) world.tokens.set(request.clientToken, { request, tasks });
  return { tasks: tasks.map((task) => taskView(task)), failures };
}

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ECS_Idempotency.html: the same again, or ConflictException for other parameters.
 * @param {World} world
 * @param {Request} request
 */
function tasksOfToken(world, request) {
  const earlier = world.tokens.get(request.clientToken ?? '');
  if (!earlier) return undefined;
  if (!isDeepStrictEqual(earlier.request, request))
    throw fail('ConflictException', 'The clientToken was used before, with other parameters.');
  return earlier.tasks;
}

/**
 * "… the equivalent of docker stop … a default 30-second timeout, after which the SIGKILL value is sent": API_StopTask.html.
 * @param {World} world
 * @param {Request} options
 */
export function stopTaskCall(world, { cluster, task: given, reason }) {
  const task = findTask(world, findCluster(world, cluster), given);
  if (!task) throw fail('InvalidParameterException', 'The referenced task was not found.');
  stopTask(world, task, { code: 'UserInitiated', reason: reason ?? 'Task stopped by user' });
  return { task: taskView(task) };
}

/**
 * @param {World} world
 * @param {Cluster} cluster
 * @param {string} given
 */
function findTask(world, cluster, given) {
  const task = world.tasks.get(given) ?? world.tasks.get(arn(world, `task/${cluster.name}/${lastPart(given ?? '')}`));
  return task?.cluster === cluster ? task : undefined;
}

/**
 * "The default status filter is RUNNING"; of PENDING nothing is ever returned: API_ListTasks.html. Pages of 100.
 * @param {World} world
 * @param {Request} request
 */
export function listTasks(world, request) {
  const cluster = findCluster(world, request.cluster);
  const { serviceName, family, startedBy, desiredStatus = 'RUNNING', launchType } = request;
  const service = serviceName === undefined ? undefined : world.services.get(`${cluster.name}/${lastPart(serviceName)}`);
  if (serviceName !== undefined && !service) throw fail('ServiceNotFoundException', 'Service not found.');
  // "When you specify startedBy as the filter, it must be the only filter that you use." The wording of the refusal is ours.
  if (startedBy !== undefined && [serviceName, family, launchType, request.desiredStatus].some((filter) => filter !== undefined))
    throw fail('InvalidParameterException', 'startedBy cannot be combined with another filter.');
  const arns = [...world.tasks.values()]
    .filter((task) => task.cluster === cluster && task.desiredStatus === desiredStatus)
    .filter((task) => !service || task.service === service)
    .filter((task) => family === undefined || task.definition.family === family)
    .filter((task) => startedBy === undefined || task.startedBy === startedBy)
    .filter((task) => launchType === undefined || task.launchType === launchType)
    .filter((task) => !isNotYetVisible(world, 'ListTasks', task.createdAt))
    .map((task) => task.arn);
  const { page: taskArns, nextToken } = page(arns, request, { byDefault: 100 });
  return compact({ taskArns, nextToken });
}

/**
 * @param {World} world
 * @param {Request} options
 */
export function describeTasks(world, { cluster: given, tasks: asked = [], include = [] }) {
  const cluster = findCluster(world, given);
  if (asked.length === 0) throw fail('InvalidParameterException', 'Tasks cannot be empty.');
  // "A list of up to 100 task IDs or full ARN entries."
  if (asked.length > 100) throw fail('InvalidParameterException', 'Member must have length less than or equal to 100');
  const tasks = [];
  const failures = [];
  for (const one of asked) {
    const task = findTask(world, cluster, one);
    if (task) tasks.push(taskView(task, { tags: include.includes('TAGS') }));
    else failures.push({ arn: one.startsWith('arn:') ? one : arn(world, `task/${cluster.name}/${one}`), reason: 'MISSING' });
  }
  return { tasks, failures };
}
