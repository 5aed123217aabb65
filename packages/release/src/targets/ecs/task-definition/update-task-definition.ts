import type { Service } from '../../../environment/environment';
import { OWNED } from '../../../platform/names';
import type { ServiceEnv } from '../../../env/env';
import { withoutFilesContainer } from './files';
import { renderHealthCheck } from './render-task-definition';
import type { ContainerDefinition, TaskDefinition } from './task-definition';
import { environmentList, RESPONSE_ONLY_KEYS, secretList } from './task-definition';

/**
 * An existing task definition (the customer's own file, or the running one) with what the release and the environment set: image, variables, secrets, health check, stop timeout. Everything else
 * stays, unknown keys included, and so do variables of its own, except for those that only we write.
 */
export function updateTaskDefinition(base: TaskDefinition, service: Service, rendered: ServiceEnv): TaskDefinition {
  const entries = Object.entries(base).filter(([key]) => !(RESPONSE_ONLY_KEYS as readonly string[]).includes(key));
  const target = serviceContainer(base, service);
  return {
    ...Object.fromEntries(entries),
    family: base.family,
    containerDefinitions: base.containerDefinitions.map((container) =>
      container === target ? updateContainer(container, service, rendered) : container,
    ),
  };
}

/** The container that runs the service: the one with its name, else the only one. All others are sidecars. */
export function serviceContainer(base: TaskDefinition, service: Service): ContainerDefinition | undefined {
  const containers = withoutFilesContainer(base.containerDefinitions);
  const named = containers.find(({ name }) => name === service.container);
  return named ?? (containers.length === 1 ? containers[0] : undefined);
}

function updateContainer(
  container: ContainerDefinition,
  service: Service,
  { image, env, secrets }: ServiceEnv,
): ContainerDefinition {
  const isOurs = (name: string) => name in env || name in secrets || name === 'INSTANCE_ID' || Object.hasOwn(OWNED, name);
  const otherVariables = (container.environment ?? []).filter(({ name }) => !isOurs(name));
  const otherSecrets = (container.secrets ?? []).filter(({ name }) => !isOurs(name));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return {
    ...container,
    image,
    environment: [...otherVariables, ...environmentList(env)].sort(byName),
    secrets: [...otherSecrets, ...secretList(secrets)].sort(byName),
    ...(service.health && { healthCheck: renderHealthCheck(service.health) }),
    stopTimeout: service.stopTimeout,
  };
}
