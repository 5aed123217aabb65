import type { Environment, Problem, TaskDefinition } from '@kdcube/release/internal';
import { KdcubeError, readTaskDefinition } from '@kdcube/release/internal';
import { readWorkspaceFile } from '../../../workspace/disk';

export interface CustomDefinitions {
  /** By service. */
  definitions: Map<string, TaskDefinition>;
  notes: Problem[];
}

/** The customer's own task definitions, which the environment names by path. Throws the problems of all of them at once. */
export function readCustomDefinitions(root: string, environment: Environment): CustomDefinitions {
  const definitions = new Map<string, TaskDefinition>();
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  for (const service of environment.services) {
    const file = service.taskDefinition;
    if (service.target !== 'ecs' || file === 'environment' || file === 'running') continue;
    const content = readWorkspaceFile(root, file);
    if (content === undefined) {
      problems.push({
        code: 'task-definition-missing',
        message: `${file} does not exist, but ${service.name} takes its task definition from it.`,
        hint: `task_definition: environment    or running, of ${service.name}`,
        at: { file },
      });
      continue;
    }
    const read = readTaskDefinition(content, file, service);
    problems.push(...read.problems);
    notes.push(...read.notes);
    if (read.definition) definitions.set(service.name, read.definition);
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  return { definitions, notes };
}
