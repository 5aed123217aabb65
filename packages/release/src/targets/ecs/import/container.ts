import type { ImportNote } from '../../../import/types';
import { componentOf } from '../../../import/found';
import { printable } from '../../../problem/problem';
import type { RunningService } from '../plan/running';
import { withoutFilesContainer } from '../task-definition/files';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';

/** Names and images of containers that serve another one: agents, log routers, proxies. */
const SIDECAR =
  /datadog|dd-agent|fluent-?(?:bit|d)|log[-_]?router|firelens|envoy|app-?mesh|otel|opentelemetry|x-?ray|cloudwatch-agent|newrelic|splunk|vault|consul|ecs-service-connect|(?:^|[-_/])(?:nginx|haproxy|traefik|proxy|init|sidecar)(?:$|[-_:@])/i;

/** The container of a service, into which a deploy puts the release's image: the one with the service's name, else the one that its load balancer or its service registry names, else the likely one. */
export function containerOfService(service: RunningService, definition: TaskDefinition): ContainerDefinition {
  const own = definition.containerDefinitions.find(({ name }) => name === service.serviceName);
  if (own) return own;
  const candidates = candidatesIn(definition);
  return candidates.find(({ name }) => service.trafficContainers?.includes(name)) ?? likelyContainer(definition);
}

/** Of those that are no sidecars: a component of the platform, else one that listens, else the first. */
export function likelyContainer(definition: TaskDefinition): ContainerDefinition {
  const candidates = candidatesIn(definition);
  return (
    candidates.find(({ name, image }) => componentOf([name, nameOfImage(image)], {}) !== 'other') ??
    candidates.find(({ portMappings }) => Array.isArray(portMappings) && portMappings.length > 0) ??
    candidates[0]!
  );
}

function candidatesIn(definition: TaskDefinition): ContainerDefinition[] {
  const all = withoutFilesContainer(definition.containerDefinitions);
  const remaining = [
    all.filter((each) => each.essential !== false && !isSidecar(each, definition)),
    all.filter((each) => !isSidecar(each, definition)),
    all.filter((each) => each.essential !== false),
    all,
    definition.containerDefinitions,
  ];
  return remaining.find((list) => list.length > 0)!;
}

function isSidecar({ name, image, firelensConfiguration }: ContainerDefinition, { proxyConfiguration }: TaskDefinition): boolean {
  const proxy = (proxyConfiguration as { containerName?: string } | undefined)?.containerName;
  return firelensConfiguration !== undefined || name === proxy || SIDECAR.test(name) || SIDECAR.test(nameOfImage(image));
}

function nameOfImage(image: string): string {
  return image
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .split('/')
    .pop()!;
}

/** Which container was taken, and the ones that stay beside it. */
export function sidecarNotes(service: RunningService, definition: TaskDefinition): ImportNote[] {
  const own = containerOfService(service, definition);
  const others = withoutFilesContainer(definition.containerDefinitions).filter((each) => each !== own);
  if (others.length === 0) return [];
  const names = others.map(({ name }) => printable(name)).join(', ');
  const message = `are not changed by a deploy, which sets only the container ${printable(own.name)}: ${names}`;
  return [
    {
      subject: `${service.serviceName} other containers`,
      reason: 'sidecar',
      message,
      hint: `container: ${printable(others[0]!.name)}`,
    },
  ];
}
