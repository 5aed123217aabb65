import { arn } from '../state/names.mjs';
import { startTask } from './lifecycle.mjs';

/** A task that begins to live. `service` and `deployment` where a service's scheduler starts it. */
export function addTask(world, { cluster, definition, service, deployment, startedBy, group, overrides, tags = [], launchType }) {
  const id = world.ids.task();
  const task = {
    id,
    arn: arn(world, `task/${cluster.name}/${id}`),
    cluster,
    definition,
    service,
    deploymentId: deployment?.id,
    revision: deployment?.revision,
    startedBy: deployment?.id ?? startedBy,
    group: group ?? (service ? `service:${service.name}` : `family:${definition.family}`),
    overrides: overrides ?? {},
    launchType: launchType ?? 'FARGATE',
    tags,
    createdAt: world.clock.now(),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    health: 'UNKNOWN',
    healthy: false,
    /** Target group → what it says of this task. */
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
