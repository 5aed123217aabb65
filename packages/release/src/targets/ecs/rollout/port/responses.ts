import type { TaskDefinition } from '../../task-definition/task-definition';
import type { DeploymentState, ServiceState, TaskState } from './port';
import { toStrategySettings, type StrategyResponse } from './strategy-response';

/** The members of a service that a rollout uses, as DescribeServices and UpdateService of the AWS SDK return them. */
export interface ServiceResponse {
  serviceName?: string;
  serviceArn?: string;
  status?: string;
  taskDefinition?: string;
  desiredCount?: number;
  runningCount?: number;
  pendingCount?: number;
  deploymentController?: { type: string | undefined };
  deployments?: DeploymentResponse[];
  events?: { id?: string; createdAt?: Date; message?: string }[];
  tags?: { key?: string; value?: string }[];
  loadBalancers?: { targetGroupArn?: string; loadBalancerName?: string; containerName?: string }[];
  serviceRegistries?: { containerName?: string }[];
  schedulingStrategy?: string;
  deploymentConfiguration?: {
    alarms?: { enable: boolean | undefined };
    deploymentCircuitBreaker?: { enable: boolean | undefined };
  } & StrategyResponse;
  networkConfiguration?: object;
  capacityProviderStrategy?: object[];
  launchType?: string;
}

interface DeploymentResponse {
  id?: string;
  status?: string;
  taskDefinition?: string;
  desiredCount?: number;
  runningCount?: number;
  pendingCount?: number;
  failedTasks?: number;
  rolloutState?: string;
  rolloutStateReason?: string;
  createdAt?: Date;
  updatedAt?: Date;
}

/** The members of a task that a rollout uses, as DescribeTasks and RunTask of the AWS SDK return them. */
export interface TaskResponse {
  taskArn?: string;
  taskDefinitionArn?: string;
  startedBy?: string;
  lastStatus?: string;
  desiredStatus?: string;
  healthStatus?: string;
  stopCode?: string;
  stoppedReason?: string;
  createdAt?: Date;
  startedAt?: Date;
  stoppedAt?: Date;
  attachments?: { details?: { name?: string; value?: string }[] }[];
  containers?: { name?: string; imageDigest?: string; healthStatus?: string; exitCode?: number; reason?: string }[];
}

/** Undefined if the response is not valid: a service without a name. */
export function toServiceState(service: ServiceResponse): ServiceState | undefined {
  if (typeof service.serviceName !== 'string') return undefined;
  return {
    name: service.serviceName,
    arn: service.serviceArn ?? '',
    status: service.status ?? '',
    taskDefinition: service.taskDefinition ?? '',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    isDaemon: service.schedulingStrategy === 'DAEMON',
    deployments: (service.deployments ?? []).map(toDeploymentState),
    events: (service.events ?? []).map(({ id = '', createdAt, message = '' }) => ({
      id,
      at: createdAt?.getTime() ?? 0,
      message,
    })),
    tags: Object.fromEntries((service.tags ?? []).map(({ key = '', value = '' }) => [key, value])),
    targetGroups: (service.loadBalancers ?? []).flatMap(
      ({ targetGroupArn, loadBalancerName }) => targetGroupArn ?? loadBalancerName ?? [],
    ),
    trafficContainers: [...(service.loadBalancers ?? []), ...(service.serviceRegistries ?? [])].flatMap(
      ({ containerName }) => containerName ?? [],
    ),
    hasCircuitBreaker: service.deploymentConfiguration?.deploymentCircuitBreaker?.enable === true,
    hasAlarms: service.deploymentConfiguration?.alarms?.enable === true,
    strategy: toStrategySettings(service.deploymentConfiguration ?? {}),
    placement: {
      ...(service.networkConfiguration && { networkConfiguration: service.networkConfiguration }),
      ...(service.capacityProviderStrategy?.length
        ? { capacityProviderStrategy: service.capacityProviderStrategy }
        : service.launchType !== undefined && { launchType: service.launchType }),
    },
  };
}

function toDeploymentState(deployment: DeploymentResponse): DeploymentState {
  return {
    id: deployment.id ?? '',
    status: deployment.status ?? '',
    taskDefinition: deployment.taskDefinition ?? '',
    desired: deployment.desiredCount ?? 0,
    running: deployment.runningCount ?? 0,
    pending: deployment.pendingCount ?? 0,
    failed: deployment.failedTasks ?? 0,
    updatedAt: deployment.updatedAt?.getTime() ?? 0,
    ...(deployment.createdAt && { createdAt: deployment.createdAt.getTime() }),
    ...(deployment.rolloutState !== undefined && { rollout: deployment.rolloutState }),
    ...(deployment.rolloutStateReason !== undefined && { reason: deployment.rolloutStateReason }),
  };
}

export function toTaskState(task: TaskResponse): TaskState {
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
function addressesOf({ attachments = [] }: TaskResponse): string[] {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value }) => (/^privateIPv[46]Address$/.test(name ?? '') ? (value ?? []) : []));
}

const LISTS = ['environment', 'secrets', 'mountPoints', 'portMappings', 'dependsOn', 'ulimits'] as const;

/** Whether a response of DescribeTaskDefinition has what is compared, stored and imported without further checks. */
export function isTaskDefinition(definition: object | undefined): definition is TaskDefinition {
  const { family, taskDefinitionArn, containerDefinitions } = (definition ?? {}) as Record<string, unknown>;
  const isNamed = typeof family === 'string' && typeof taskDefinitionArn === 'string';
  return isNamed && Array.isArray(containerDefinitions) && containerDefinitions.every(isContainer);
}

function isContainer(container: unknown): boolean {
  if (!isRecord(container) || typeof container.name !== 'string' || typeof container.image !== 'string') return false;
  return LISTS.every((name) => {
    const list = container[name];
    return list === undefined || list === null || (Array.isArray(list) && list.every(isRecord));
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
