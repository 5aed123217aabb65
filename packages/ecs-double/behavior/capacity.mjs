// Capacity for tasks. A cluster without a number in the scenario has no limit.
import { addEvent, clearCause } from '../state/events.mjs';

/** @import { Cluster, Service, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Cluster} cluster
 */
export function hasCapacity(world, cluster) {
  const limit = world.capacity[cluster.name];
  if (limit === undefined) return true;
  const used = [...world.tasks.values()].filter((task) => task.cluster === cluster && task.lastStatus !== 'STOPPED').length;
  return used < limit;
}

/**
 * The event when a task finds no capacity. EC2: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html. On Fargate the reason is
 * the one of RunTask: .../developerguide/api_failures_messages.html.
 * @param {World} world
 * @param {Service} service
 */
export function reportNoCapacity(world, service) {
  const fargate = (service.settings.launchType ?? 'FARGATE') === 'FARGATE';
  const text = fargate
    ? 'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.'
    : 'was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.';
  addEvent(world, service, text, { cause: 'place:room' });
}

/** @param {Service} service */
export function clearNoCapacity(service) {
  clearCause(service, 'place:room');
}
