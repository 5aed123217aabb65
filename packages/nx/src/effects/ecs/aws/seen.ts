import type { SeenService, SeenTask, TaskDefinition } from '@kdcube/release';
import type { Service, Task } from '@aws-sdk/client-ecs';
import { isRecord, unreadable } from './answer';

/** What ECS answers, as the rollout reads it. */
export function seenService(service: Service): SeenService {
  if (typeof service.serviceName !== 'string') throw unreadable('ecs:DescribeServices');
  return {
    name: service.serviceName,
    arn: service.serviceArn ?? '',
    status: service.status ?? '',
    taskDefinition: service.taskDefinition ?? '',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    deployments: (service.deployments ?? []).map((one) => ({
      id: one.id ?? '',
      status: one.status ?? '',
      taskDefinition: one.taskDefinition ?? '',
      desired: one.desiredCount ?? 0,
      running: one.runningCount ?? 0,
      pending: one.pendingCount ?? 0,
      failed: one.failedTasks ?? 0,
      updatedAt: one.updatedAt?.getTime() ?? 0,
      ...(one.rolloutState !== undefined && { rollout: one.rolloutState }),
      ...(one.rolloutStateReason !== undefined && { reason: one.rolloutStateReason }),
    })),
    events: (service.events ?? []).map(({ id = '', createdAt, message = '' }) => ({
      id,
      at: createdAt?.getTime() ?? 0,
      message,
    })),
    tags: Object.fromEntries((service.tags ?? []).map(({ key = '', value = '' }) => [key, value])),
    targetGroups: (service.loadBalancers ?? []).flatMap(
      ({ targetGroupArn, loadBalancerName }) => targetGroupArn ?? loadBalancerName ?? [],
    ),
    hasAlarms: service.deploymentConfiguration?.alarms?.enable === true,
    placement: {
      ...(service.networkConfiguration && { networkConfiguration: service.networkConfiguration }),
      ...(service.capacityProviderStrategy?.length
        ? { capacityProviderStrategy: service.capacityProviderStrategy }
        : service.launchType !== undefined && { launchType: service.launchType }),
    },
  };
}

export function seenTask(task: Task): SeenTask {
  const at = (time: Date | undefined) => time?.getTime();
  return {
    arn: task.taskArn ?? '',
    taskDefinition: task.taskDefinitionArn ?? '',
    lastStatus: task.lastStatus ?? '',
    desiredStatus: task.desiredStatus ?? '',
    createdAt: at(task.createdAt) ?? 0,
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...(task.healthStatus !== undefined && { health: task.healthStatus }),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    ...(task.startedAt && { startedAt: task.startedAt.getTime() }),
    ...(task.stoppedAt && { stoppedAt: task.stoppedAt.getTime() }),
    addresses: addressesOf(task),
    containers: (task.containers ?? []).map(({ name = '', imageDigest, healthStatus, exitCode, reason }) => ({
      name,
      ...(healthStatus !== undefined && { health: healthStatus }),
      ...(imageDigest !== undefined && { digest: imageDigest }),
      ...(exitCode !== undefined && { exitCode }),
      ...(reason !== undefined && { reason }),
    })),
  };
}

/** Of its network interfaces. */
function addressesOf({ attachments = [] }: Task): string[] {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value }) => (/^privateIPv[46]Address$/.test(name ?? '') ? (value ?? []) : []));
}

const LISTS = ['environment', 'secrets', 'mountPoints', 'portMappings', 'dependsOn'] as const;

/** A task definition that can be read as one: what is compared, kept or imported is taken from it unseen. */
export function seenDefinition(definition: object | undefined): TaskDefinition {
  const { family, taskDefinitionArn, containerDefinitions: containers } = (definition ?? {}) as Record<string, unknown>;
  const whole = typeof family === 'string' && typeof taskDefinitionArn === 'string' && Array.isArray(containers);
  if (!whole || !containers.every(isContainer)) throw unreadable('ecs:DescribeTaskDefinition');
  return definition as TaskDefinition;
}

function isContainer(container: unknown): boolean {
  if (!isRecord(container) || typeof container.name !== 'string' || typeof container.image !== 'string') return false;
  return LISTS.every((name) => {
    const list = container[name];
    return list === undefined || list === null || (Array.isArray(list) && list.every(isRecord));
  });
}
