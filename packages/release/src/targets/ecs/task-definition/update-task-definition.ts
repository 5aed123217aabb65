import type { Service } from '../../../environment/environment';
import { type AwsPlace, secretReference, valueFrom } from '../../../environment/secret-reference';
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
export function updateTaskDefinition(
  base: TaskDefinition,
  service: Service,
  rendered: ServiceEnv,
  place: Partial<AwsPlace> = {},
): TaskDefinition {
  const entries = Object.entries(base).filter(([key]) => !(RESPONSE_ONLY_KEYS as readonly string[]).includes(key));
  const target = serviceContainer(base, service);
  return {
    ...Object.fromEntries(entries),
    family: base.family,
    containerDefinitions: base.containerDefinitions.map((container) =>
      container === target ? updateContainer(container, service, rendered, place) : container,
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
  { account = '', region = '' }: Partial<AwsPlace>,
): ContainerDefinition {
  const isOurs = (name: string) => name in env || name in secrets || name === 'INSTANCE_ID' || Object.hasOwn(OWNED, name);
  const otherVariables = (container.environment ?? []).filter(({ name }) => !isOurs(name));
  const otherSecrets = (container.secrets ?? []).filter(({ name }) => !isOurs(name));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return {
    ...container,
    image,
    environment: [...otherVariables, ...environmentList(env)].sort(byName),
    secrets: [...otherSecrets, ...secretList(asWritten(secrets, container, { account, region }))].sort(byName),
    ...(service.health && { healthCheck: renderHealthCheck(service.health) }),
    stopTimeout: service.stopTimeout,
  };
}

/** A parameter that is named by its name alone stays so: its ARN would be a change that changes nothing. */
function asWritten(secrets: Record<string, string>, container: ContainerDefinition, place: AwsPlace): Record<string, string> {
  const before = new Map((container.secrets ?? []).map((secret) => [secret.name, secret.valueFrom]));
  const isSame = (written: string, arn: string) => {
    const reference = secretReference(`ssm:${written}`);
    return reference?.store === 'ssm' && valueFrom(reference, place) === arn;
  };
  return Object.fromEntries(
    Object.entries(secrets).map(([name, arn]) => {
      const written = before.get(name);
      return [name, written !== undefined && isSame(written, arn) ? written : arn];
    }),
  );
}
