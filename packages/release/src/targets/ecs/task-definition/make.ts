import type { Environment, HealthCheck, Mount, Service } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import type { ContainerDefinition, ContainerHealthCheck, TaskDefinition } from './task-definition';
import { environmentList, secretList } from './task-definition';

/** The task definition of a service, made of the environment alone. The same content gives the same text: nothing in it names a release or a day. */
export function makeTaskDefinition(environment: Environment, service: Service, rendered: ServiceEnv): TaskDefinition {
  const onHost = service.mounts.some(({ host }) => host !== undefined);
  return {
    family: service.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: [onHost ? 'EC2' : 'FARGATE'],
    cpu: String(service.cpu),
    memory: String(service.memory),
    runtimePlatform: {
      cpuArchitecture: service.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
    ...roles(environment, service),
    containerDefinitions: [containerOf(environment, service, rendered)],
    ...(service.mounts.length > 0 && { volumes: service.mounts.map(volumeOf) }),
    tags: contentTags(environment, service.name),
  };
}

/** The task that code runs in: registered, and never a service. proc gives it its environment when it starts one. */
export function makeExecTaskDefinition(environment: Environment, image: string): TaskDefinition | undefined {
  const task = environment.exec?.fargate;
  if (!task) return undefined;
  return {
    family: task.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: String(task.cpu),
    memory: String(task.memory),
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    ...roles(environment, task),
    containerDefinitions: [{ name: task.container, image, essential: true, logConfiguration: logs(environment, task.logGroup) }],
    tags: contentTags(environment, 'exec'),
  };
}

/** Whose it is: nothing that another release would change. */
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

function roles(
  { ecs }: Environment,
  { executionRole, taskRole }: { executionRole?: string; taskRole?: string },
): Partial<TaskDefinition> {
  const arn = (role: string) => roleArn(role, ecs.account, ecs.region);
  return {
    ...(executionRole !== undefined && { executionRoleArn: arn(executionRole) }),
    ...(taskRole !== undefined && { taskRoleArn: arn(taskRole) }),
  };
}

function containerOf(environment: Environment, service: Service, rendered: ServiceEnv): ContainerDefinition {
  const health = service.health && healthCheckOf(service.health);
  return {
    name: service.container,
    image: rendered.image,
    essential: true,
    ...(service.port !== undefined && {
      portMappings: [{ containerPort: service.port, hostPort: service.port, protocol: 'tcp' }],
    }),
    environment: environmentList(rendered.env),
    secrets: secretList(rendered.secrets),
    ...(service.mounts.length > 0 && { mountPoints: service.mounts.map(mountPointOf) }),
    logConfiguration: logs(environment, service.logGroup),
    ...(health && { healthCheck: health }),
    stopTimeout: service.stopTimeout,
    // An open stream is an open file: ECS's own limit of 1024 is less than an ingress may have of them.
    ulimits: [{ name: 'nofile', softLimit: 65536, hardLimit: 65536 }],
  };
}

/** Without a shell: a path is one argument, whatever is in it. Not `localhost`, which may be ::1, where these programs do not listen. */
export function healthCheckOf({ path, port, tool, interval, timeout, retries, startPeriod }: HealthCheck): ContainerHealthCheck {
  const url = `http://127.0.0.1${port === 80 ? '' : `:${port}`}${path}`;
  const commands = {
    curl: ['CMD', 'curl', '-sf', '-o', '/dev/null', url],
    wget: ['CMD', 'wget', '-q', '-O', '/dev/null', url],
    python: ['CMD', 'python', '-c', `import urllib.request as r; r.urlopen(${JSON.stringify(url)}, timeout=${timeout})`],
  };
  return { command: commands[tool], interval, timeout, retries, startPeriod };
}

function logs({ ecs }: Environment, group: string): unknown {
  return {
    logDriver: 'awslogs',
    options: { 'awslogs-group': group, 'awslogs-region': ecs.region ?? '', 'awslogs-stream-prefix': 'ecs' },
  };
}

function volumeName({ path }: Mount): string {
  return path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'root';
}

function volumeOf(mount: Mount): unknown {
  if (mount.efs === undefined) return { name: volumeName(mount), host: { sourcePath: mount.host } };
  const { id, accessPoint, root } = mount.efs;
  return {
    name: volumeName(mount),
    efsVolumeConfiguration: {
      fileSystemId: id,
      // With an access point ECS takes no other root than its own.
      rootDirectory: accessPoint === undefined ? root : '/',
      transitEncryption: 'ENABLED',
      ...(accessPoint !== undefined && { authorizationConfig: { accessPointId: accessPoint, iam: 'ENABLED' } }),
    },
  };
}

function mountPointOf(mount: Mount): unknown {
  return { sourceVolume: volumeName(mount), containerPath: mount.path, readOnly: mount.readOnly };
}
