import { arn } from '../state/names.mjs';
import { startTask } from './start.mjs';

/** @import { Deployment, Task, World } from '../state/types.d.ts' */

/**
 * A task that begins to live. `service` and `deployment` where a service's scheduler starts it.
 * @param {World} world
 * @param {Pick<Task, 'cluster' | 'definition'> & Partial<Pick<Task, 'service' | 'startedBy' | 'group' | 'overrides' | 'tags' | 'launchType'>> & { deployment?: Deployment }} options
 */
export function addTask(world, { cluster, definition, service, deployment, startedBy, group, overrides, tags = [], launchType }) {
  const id = world.ids.task();
  /** @type {Task} */
  const task = {
    id,
    arn: arn(world, `task/${cluster.name}/${id}`),
    cluster,
    definition,
    service,
    deploymentId: deployment?.id,
    revision: deployment?.revision,
    startedBy: deployment?.id ?? startedBy,
    rule: {},
    group: group ?? (service ? `service:${service.name}` : `family:${definition.family}`),
    overrides: overrides ?? {},
    launchType: launchType ?? 'FARGATE',
    tags,
    createdAt: world.clock.now(),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    health: 'UNKNOWN',
    healthy: false,
    /** Target group → its health result for this task. */
    targets: new Map(),
    timers: [],
    containers: definition.containerDefinitions.map((container) => ({
      name: container.name,
      image: container.image,
      arn: arn(world, `container/${cluster.name}/${id}/${world.ids.uuid()}`),
      runtimeId: undefined,
      lastStatus: 'PENDING',
      health: 'UNKNOWN',
    })),
    version: 1,
  };
  world.tasks.set(task.arn, task);
  startTask(world, task);
  return task;
}
