import type { Problem } from '../../../problem/problem';
import { KdcubeError, quoted } from '../../../problem/problem';
import type { Environment, Service } from '../../../environment/environment';
import type { EnvPlan, ServiceEnv } from '../../../env/env';
import { MAX_TASK_DEFINITION, SMALLER_ENV } from '../../../env/limits';
import { serviceContainer, updateTaskDefinition } from './update-task-definition';
import { findMountConflicts, packedFilesIn, addFiles, type Packing } from './files';
import { renderExecTaskDefinition, renderTaskDefinition } from './render-task-definition';
import { compareDefinitions } from './compare-definitions';
import type { TaskDefinition } from './task-definition';

export interface TaskDefinitionsInput {
  environment: Environment;
  plan: EnvPlan;
  /** The exec image by digest. */
  execImage?: string;
  /** The task definitions that the environment names by path (readTaskDefinition), by service. */
  customDefinitions: ReadonlyMap<string, TaskDefinition>;
  /** The running revisions, else the latest, by family. */
  registered: ReadonlyMap<string, TaskDefinition>;
  packing: Packing;
}

export interface PlannedTask {
  /** `exec` is the exec task: registered, but never run as a service. */
  service: string;
  definition: TaskDefinition;
  /** What it was rendered from. */
  from: 'environment' | 'file' | 'running';
  /** The ARN of a registered revision with the same content: nothing is registered. */
  reuse?: string;
  /** The paths in which it differs from the registered one; undefined if none is registered. */
  changes?: string[];
}

/** The task definitions of an environment: which ones must be registered, and why. Throws all problems at once. */
export function planTaskDefinitions(input: TaskDefinitionsInput): PlannedTask[] {
  const { environment, plan, registered, execImage } = input;
  const problems: Problem[] = [];
  const exec = execImage === undefined ? undefined : renderExecTaskDefinition(environment, execImage);
  const planned: PlannedTask[] = exec ? [compareWithRegistered('exec', exec, 'environment', registered)] : [];
  for (const service of environment.services.filter(({ target }) => target === 'ecs')) {
    const rendered = plan.services.find(({ service: name }) => name === service.name)!;
    const base = renderOrUpdate(service, rendered, input, problems);
    if (!base) continue;
    const { definition, from } = base;
    const { name } = serviceContainer(definition, service)!;
    const withFiles = addFiles(definition, name, rendered.files, input.packing, registered.get(definition.family));
    if (packedFilesIn(withFiles) !== undefined) problems.push(...findMountConflicts(withFiles, service.name));
    planned.push(compareWithRegistered(service.name, withFiles, from, registered));
  }
  problems.push(...planned.flatMap(findOversized));
  if (problems.length > 0) throw new KdcubeError(problems);
  return planned;
}

/** Rendered from the environment, or the existing task definition with the release in it. */
function renderOrUpdate(
  service: Service,
  rendered: ServiceEnv,
  { environment, registered, customDefinitions }: TaskDefinitionsInput,
  problems: Problem[],
): Pick<PlannedTask, 'definition' | 'from'> | undefined {
  if (service.taskDefinition === 'environment')
    return { definition: renderTaskDefinition(environment, service, rendered), from: 'environment' };
  const isRunning = service.taskDefinition === 'running';
  const base = isRunning ? registered.get(service.family) : customDefinitions.get(service.name);
  if (base && serviceContainer(base, service))
    return { definition: updateTaskDefinition(base, service, rendered, environment.ecs), from: isRunning ? 'running' : 'file' };
  problems.push({
    code: 'task-definition-missing',
    message: isRunning
      ? `${quoted(service.name)} uses the running task definition, but no ${quoted(service.family)} with a container ${quoted(service.container)} is registered.`
      : `${quoted(service.name)} uses the task definition ${service.taskDefinition}, which could not be read.`,
    hint: 'task_definition: environment',
  });
  return undefined;
}

function compareWithRegistered(
  service: string,
  definition: TaskDefinition,
  from: PlannedTask['from'],
  registered: TaskDefinitionsInput['registered'],
): PlannedTask {
  const last = registered.get(definition.family);
  if (!last) return { service, definition, from };
  const changes = compareDefinitions(definition, last);
  const arn = typeof last.taskDefinitionArn === 'string' ? last.taskDefinitionArn : undefined;
  return { service, definition, from, changes, ...(changes.length === 0 && arn !== undefined && { reuse: arn }) };
}

function findOversized({ service, definition }: PlannedTask): Problem[] {
  const size = new TextEncoder().encode(JSON.stringify(definition)).byteLength;
  if (size <= MAX_TASK_DEFINITION) return [];
  const files = packedFilesIn(definition)?.length;
  const filesNote = files === undefined ? '' : ` ${files} of them are its compressed descriptor.`;
  return [
    {
      code: 'env-too-large',
      message: `The task definition of ${quoted(service)} has ${size} bytes. ECS accepts ${MAX_TASK_DEFINITION}.${filesNote}`,
      hint:
        files === undefined
          ? SMALLER_ENV
          : 'in release.yaml, shorten description: and config: of the bundles, or release fewer of them',
    },
  ];
}
