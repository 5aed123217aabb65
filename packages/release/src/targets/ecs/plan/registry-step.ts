import { FILES_CONTAINER, withoutWriter } from '../task-definition/files';
import type { TaskDefinition } from '../task-definition/task-definition';
import { FORCE } from '../../../deploy/registry-step';

export function withFlags(definition: TaskDefinition, container: string, flags: readonly string[]): TaskDefinition {
  return change(definition, container, (environment) => [...environment, ...flags.map((name) => ({ name, value: '1' }))], flags);
}

export function withoutFlags(definition: TaskDefinition, container: string): TaskDefinition {
  return change(definition, container, (environment) => environment, Object.values(FORCE));
}

/** Whether a container starts with one of the flags on: drift, wherever it is found. */
export function flagsOn(definition: TaskDefinition): string[] {
  const all = definition.containerDefinitions.flatMap(({ environment = [] }) => environment);
  const isOn = (value: string) => ['1', 'true', 'yes', 'on'].includes(value.trim().toLowerCase());
  return Object.values(FORCE).filter((flag) => all.some(({ name, value }) => name === flag && isOn(value)));
}

function change(
  definition: TaskDefinition,
  container: string,
  add: (environment: { name: string; value: string }[]) => { name: string; value: string }[],
  drop: readonly string[],
): TaskDefinition {
  const only = withoutWriter(definition.containerDefinitions).length === 1;
  const containerDefinitions = definition.containerDefinitions.map((each) => {
    if (each.name === FILES_CONTAINER || (each.name !== container && !only)) return each;
    const environment = add((each.environment ?? []).filter(({ name }) => !drop.includes(name)));
    return { ...each, environment: [...environment].sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
  return { ...definition, containerDefinitions };
}
