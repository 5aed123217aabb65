import { componentOf } from '../../../import/found';
import { type FoundService } from '../../../import/types';
import { registryOfImage } from '../../../import/image';
import type { RunningService } from '../plan/running';
import { containerOfService, likelyContainer } from './container';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';
import type { FoundExec } from '../../../import/types';

/** A service of ECS as a service of an environment: its running definition stays the base, so that settings that the environment does not name are preserved. */
export function foundOnEcs(service: RunningService, definition: TaskDefinition, image: string): FoundService {
  const container = containerOfService(service, definition);
  const env = Object.fromEntries((container.environment ?? []).map(({ name, value }) => [name, value]));
  const name = service.serviceName.replace(/[^A-Za-z0-9_-]/g, '-');
  const ports = (container.portMappings ?? []) as { containerPort?: number }[];
  const component = componentOf([service.serviceName, definition.family, container.name], env);
  return {
    name,
    component,
    image,
    ...some(registryOfImage(image)),
    env,
    secrets: Object.fromEntries((container.secrets ?? []).map((secret) => [secret.name, secret.valueFrom])),
    rest: {
      count: service.desiredCount,
      ...sizeOf(definition),
      ...architectureOf(definition),
      ...(ports[0]?.containerPort !== undefined && { port: ports[0].containerPort }),
      // Its own check stays, whatever it is.
      health: { tool: 'none' },
      ...(typeof container.stopTimeout === 'number' && { stop_timeout: Math.min(container.stopTimeout, 120) }),
      ...placeOf(definition, container),
      ...(name !== service.serviceName && { service_name: service.serviceName }),
      family: definition.family,
      ...(container.name !== name && { container: container.name }),
      task_definition: 'running',
    },
  };
}

function some(registry: string | undefined): Pick<FoundService, 'registry'> {
  return registry === undefined ? {} : { registry };
}

export function foundExec(definition: TaskDefinition, container?: string): FoundExec {
  const own = definition.containerDefinitions.find(({ name }) => name === container) ?? likelyContainer(definition);
  return {
    ...(/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(own.image) && { image: own.image }),
    fargate: {
      family: definition.family,
      container: own.name,
      ...sizeOf(definition),
      ...architectureOf(definition),
      ...placeOf(definition, own),
    },
  };
}

function architectureOf({ runtimePlatform }: TaskDefinition): { architecture?: 'arm64' } {
  return runtimePlatform?.cpuArchitecture === 'ARM64' ? { architecture: 'arm64' } : {};
}

function sizeOf({ cpu, memory }: TaskDefinition): Record<string, number> {
  return { ...numbers('cpu', cpu), ...numbers('memory', memory) };
}

/** Its roles, and where it logs. */
function placeOf({ executionRoleArn, taskRoleArn }: TaskDefinition, container: ContainerDefinition): Record<string, string> {
  const log = (container.logConfiguration as { options?: Record<string, string> } | undefined)?.options?.['awslogs-group'];
  return {
    ...(executionRoleArn !== undefined && { execution_role: executionRoleArn }),
    ...(taskRoleArn !== undefined && { task_role: taskRoleArn }),
    ...(log !== undefined && { log_group: log }),
  };
}

function numbers(key: 'cpu' | 'memory', text: string | undefined): Record<string, number> {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? { [key]: value } : {};
}
