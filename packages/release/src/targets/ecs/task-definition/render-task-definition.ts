import { healthCommand } from '../../../environment/health-command';
import type { Environment, HealthCheck, Mount, Service } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import type { ContainerDefinition, ContainerHealthCheck, TaskDefinition } from './task-definition';
import { environmentList, secretList } from './task-definition';

/** The task definition of a service, rendered from the environment alone. The same content gives the same text: it names no release and no date. */
export function renderTaskDefinition(environment: Environment, service: Service, rendered: ServiceEnv): TaskDefinition {
  const isOnHost = service.mounts.some(({ host }) => host !== undefined);
  return {
    family: service.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: [isOnHost ? 'EC2' : 'FARGATE'],
    cpu: String(service.cpu),
    memory: String(service.memory),
    runtimePlatform: {
      cpuArchitecture: service.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
    ...renderRoles(environment, service),
    containerDefinitions: [renderContainer(environment, service, rendered)],
    ...(service.mounts.length > 0 && { volumes: service.mounts.map(renderVolume) }),
    tags: contentTags(environment, service.name),
  };
}

/** The exec task's definition: registered, but never run as a service. proc sets its variables when it starts a task. */
export function renderExecTaskDefinition(environment: Environment, image: string): TaskDefinition | undefined {
  const task = environment.exec?.fargate;
  if (!task) return undefined;
  return {
    family: task.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: String(task.cpu),
    memory: String(task.memory),
    runtimePlatform: { cpuArchitecture: task.architecture === 'arm64' ? 'ARM64' : 'X86_64', operatingSystemFamily: 'LINUX' },
    ...renderRoles(environment, task),
    containerDefinitions: [
      { name: task.container, image, essential: true, logConfiguration: renderLogs(environment, task.logGroup) },
    ],
    tags: contentTags(environment, 'exec'),
  };
}

/** Tags that are the same in every release. */
function contentTags({ name }: Environment, service: string): TaskDefinition['tags'] {
  return [
    { key: 'kdcube:environment', value: name },
    { key: 'kdcube:service', value: service },
  ];
}

export function roleArn(role: string, account: string | undefined, region: string | undefined): string {
  if (role.startsWith('arn:')) return role;
  const partition = region?.startsWith('cn-') ? 'aws-cn' : region?.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:iam::${account ?? ''}:role/${role}`;
}

function renderRoles(
  { ecs }: Environment,
  { executionRole, taskRole }: { executionRole?: string; taskRole?: string },
): Partial<TaskDefinition> {
  const arn = (role: string) => roleArn(role, ecs.account, ecs.region);
  return {
    ...(executionRole !== undefined && { executionRoleArn: arn(executionRole) }),
    ...(taskRole !== undefined && { taskRoleArn: arn(taskRole) }),
  };
}

function renderContainer(environment: Environment, service: Service, rendered: ServiceEnv): ContainerDefinition {
  const health = service.health && renderHealthCheck(service.health);
  return {
    name: service.container,
    image: rendered.image,
    essential: true,
    ...(service.port !== undefined && {
      portMappings: [{ containerPort: service.port, hostPort: service.port, protocol: 'tcp' }],
    }),
    environment: environmentList(rendered.env),
    secrets: secretList(rendered.secrets),
    ...(service.mounts.length > 0 && { mountPoints: service.mounts.map(renderMountPoint) }),
    logConfiguration: renderLogs(environment, service.logGroup),
    ...(health && { healthCheck: health }),
    stopTimeout: service.stopTimeout,
    // Each open stream needs a file descriptor, and ingress may have more than ECS's default limit of 1024.
    ulimits: [{ name: 'nofile', softLimit: 65536, hardLimit: 65536 }],
  };
}

export function renderHealthCheck(check: HealthCheck): ContainerHealthCheck {
  const { interval, timeout, retries, startPeriod } = check;
  return { command: healthCommand(check), interval, timeout, retries, startPeriod };
}

function renderLogs({ ecs }: Environment, group: string): unknown {
  return {
    logDriver: 'awslogs',
    options: { 'awslogs-group': group, 'awslogs-region': ecs.region ?? '', 'awslogs-stream-prefix': 'ecs' },
  };
}

function volumeName({ path }: Mount): string {
  return path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'root';
}

function renderVolume(mount: Mount): unknown {
  if (mount.efs === undefined) return { name: volumeName(mount), host: { sourcePath: mount.host } };
  const { id, accessPoint, root } = mount.efs;
  return {
    name: volumeName(mount),
    efsVolumeConfiguration: {
      fileSystemId: id,
      // With an access point, ECS accepts only `/`.
      rootDirectory: accessPoint === undefined ? root : '/',
      transitEncryption: 'ENABLED',
      ...(accessPoint !== undefined && { authorizationConfig: { accessPointId: accessPoint, iam: 'ENABLED' } }),
    },
  };
}

function renderMountPoint(mount: Mount): unknown {
  return { sourceVolume: volumeName(mount), containerPath: mount.path, readOnly: mount.readOnly };
}
