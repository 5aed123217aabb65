import { FILES_CONTAINER, withoutFilesContainer } from '../task-definition/files';
import type { NameValue, TaskDefinition } from '../task-definition/task-definition';
import { FORCE_FLAGS } from '../../../deploy/registry-step';

/** A flag is set for one rollout only. A service that runs with one has drifted: a deploy was interrupted. */
export function isForceFlag(name: string): boolean {
  return (Object.values(FORCE_FLAGS) as string[]).includes(name);
}

export function setForceFlags(definition: TaskDefinition, container: string, flags: readonly string[]): TaskDefinition {
  const set = (environment: NameValue[]) => [
    ...environment.filter(({ name }) => !flags.includes(name)),
    ...flags.map((name) => ({ name, value: '1' })),
  ];
  return updateEnvironment(definition, container, set);
}

export function clearForceFlags(definition: TaskDefinition, container: string): TaskDefinition {
  return updateEnvironment(definition, container, (environment) => environment.filter(({ name }) => !isForceFlag(name)));
}

/** The force flags that are on in any container. */
export function activeForceFlags(definition: TaskDefinition): string[] {
  const variables = definition.containerDefinitions.flatMap(({ environment = [] }) => environment);
  const isOn = (value: string) => ['1', 'true', 'yes', 'on'].includes(value.trim().toLowerCase());
  return Object.values(FORCE_FLAGS).filter((flag) => variables.some(({ name, value }) => name === flag && isOn(value)));
}

function updateEnvironment(
  definition: TaskDefinition,
  container: string,
  update: (environment: NameValue[]) => NameValue[],
): TaskDefinition {
  const isOnly = withoutFilesContainer(definition.containerDefinitions).length === 1;
  const containerDefinitions = definition.containerDefinitions.map((each) => {
    if (each.name === FILES_CONTAINER || (each.name !== container && !isOnly)) return each;
    return { ...each, environment: update([...(each.environment ?? [])]).sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
  return { ...definition, containerDefinitions };
}
