import type { SeenService, SeenTask, TaskDefinition } from '@kdcube/release/internal';
import type { Service, Task } from '@aws-sdk/client-ecs';
import { invalidResponse, isRecord } from '../../aws/response';

/** A service of ECS, as the rollout uses it. */
export function toServiceState(service: Service): SeenService {
  if (typeof service.serviceName !== 'string') throw invalidResponse('ecs:DescribeServices');
  return {
    name: service.serviceName,
    arn: service.serviceArn ?? '',
    status: service.status ?? '',
    taskDefinition: service.taskDefinition ?? '',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    deployments: (service.deployments ?? []).map((deployment) => ({
      id: deployment.id ?? '',
      status: deployment.status ?? '',
      taskDefinition: deployment.taskDefinition ?? '',
      desired: deployment.desiredCount ?? 0,
      running: deployment.runningCount ?? 0,
      pending: deployment.pendingCount ?? 0,
      failed: deployment.failedTasks ?? 0,
      updatedAt: deployment.updatedAt?.getTime() ?? 0,
      ...(deployment.rolloutState !== undefined && { rollout: deployment.rolloutState }),
      ...(deployment.rolloutStateReason !== undefined && { reason: deployment.rolloutStateReason }),
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

export function toTaskState(task: Task): SeenTask {
  return {
    arn: task.taskArn ?? '',
    taskDefinition: task.taskDefinitionArn ?? '',
    lastStatus: task.lastStatus ?? '',
    desiredStatus: task.desiredStatus ?? '',
    createdAt: task.createdAt?.getTime() ?? 0,
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

/** The private addresses of its network interfaces. */
function addressesOf({ attachments = [] }: Task): string[] {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value }) => (/^privateIPv[46]Address$/.test(name ?? '') ? (value ?? []) : []));
}

const LISTS = ['environment', 'secrets', 'mountPoints', 'portMappings', 'dependsOn'] as const;

/** Checks what is compared, stored and imported without further checks. */
export function requireTaskDefinition(definition: object | undefined): TaskDefinition {
  const { family, taskDefinitionArn, containerDefinitions: containers } = (definition ?? {}) as Record<string, unknown>;
  const isValid = typeof family === 'string' && typeof taskDefinitionArn === 'string' && Array.isArray(containers);
  if (!isValid || !containers.every(isContainer)) throw invalidResponse('ecs:DescribeTaskDefinition');
  return definition as TaskDefinition;
}

function isContainer(container: unknown): boolean {
  if (!isRecord(container) || typeof container.name !== 'string' || typeof container.image !== 'string') return false;
  return LISTS.every((name) => {
    const list = container[name];
    return list === undefined || list === null || (Array.isArray(list) && list.every(isRecord));
  });
}
