import type { Problem } from '../../../problem/problem';
import { KdcubeError, quoted } from '../../../problem/problem';
import type { Environment } from '../../../environment/environment';
import type { EnvPlan } from '../../../env/env';
import { MAX_TASK_DEFINITION, SMALLER_ENV } from '../../../env/limits';
import { adaptTaskDefinition, ownContainer } from './adapt';
import { folderProblem, packedIn, withFiles, type Packing } from './files';
import { makeExecTaskDefinition, makeTaskDefinition } from './make';
import { differences } from './same';
import type { TaskDefinition } from './task-definition';

export interface TaskInput {
  environment: Environment;
  plan: EnvPlan;
  /** The exec image by digest. */
  execImage?: string;
  /** The definitions that stand in the environment by a path (readTaskDefinition), by service. */
  own: ReadonlyMap<string, TaskDefinition>;
  /** What each service runs now, and what each family has registered last, by family. */
  registered: ReadonlyMap<string, TaskDefinition>;
  /** How files are put into a definition. */
  packing: Packing;
}

export interface PlannedTask {
  /** `exec` is the task that code runs in: registered, and never a service. */
  service: string;
  definition: TaskDefinition;
  /** Where it was made from. */
  from: 'environment' | 'file' | 'running';
  /** The registered one that is the same: used again, and nothing is registered. */
  reuse?: string;
  /** Where it differs from the registered one; undefined where there is none. */
  changes?: string[];
}

/** The task definitions of an environment: which are registered anew, and why. Throws every problem at once. */
export function planTaskDefinitions(input: TaskInput): PlannedTask[] {
  const { environment, plan, own, registered, execImage } = input;
  const problems: Problem[] = [];
  const exec = execImage === undefined ? undefined : makeExecTaskDefinition(environment, execImage);
  const planned: PlannedTask[] = exec ? [compared('exec', exec, 'environment', registered)] : [];
  for (const service of environment.services.filter(({ target }) => target === 'ecs')) {
    const rendered = plan.services.find(({ service: name }) => name === service.name)!;
    const add = (definition: TaskDefinition, from: PlannedTask['from']) => {
      const last = registered.get(definition.family);
      const { name } = ownContainer(definition, service)!;
      const whole = withFiles(definition, name, rendered.files, input.packing, last);
      if (packedIn(whole) !== undefined) problems.push(...folderProblem(whole, service.name));
      planned.push(compared(service.name, whole, from, registered));
    };
    if (service.taskDefinition === 'environment') {
      add(makeTaskDefinition(environment, service, rendered), 'environment');
      continue;
    }
    const running = service.taskDefinition === 'running';
    const base = running ? registered.get(service.family) : own.get(service.name);
    if (!base || !ownContainer(base, service)) {
      problems.push({
        code: 'task-definition-missing',
        message: running
          ? `${quoted(service.name)} takes its task definition from what runs, and no ${quoted(service.family)} with a container ${quoted(service.container)} is registered.`
          : `${quoted(service.name)} takes its task definition from ${service.taskDefinition}, which was not read.`,
        hint: 'task_definition: environment',
      });
      continue;
    }
    add(adaptTaskDefinition(base, service, rendered), running ? 'running' : 'file');
  }
  problems.push(...planned.flatMap(tooLarge));
  if (problems.length > 0) throw new KdcubeError(problems);
  return planned;
}

function compared(
  service: string,
  definition: TaskDefinition,
  from: PlannedTask['from'],
  registered: TaskInput['registered'],
): PlannedTask {
  const last = registered.get(definition.family);
  if (!last) return { service, definition, from };
  const changes = differences(definition, last);
  const arn = typeof last.taskDefinitionArn === 'string' ? last.taskDefinitionArn : undefined;
  return { service, definition, from, changes, ...(changes.length === 0 && arn !== undefined && { reuse: arn }) };
}

function tooLarge({ service, definition }: PlannedTask): Problem[] {
  const size = new TextEncoder().encode(JSON.stringify(definition)).byteLength;
  if (size <= MAX_TASK_DEFINITION) return [];
  const files = packedIn(definition)?.length;
  const most = files === undefined ? '' : ` ${files} of them are its descriptor, compressed.`;
  return [
    {
      code: 'env-too-large',
      message: `The task definition of ${quoted(service)} has ${size} bytes, and ECS takes ${MAX_TASK_DEFINITION}.${most}`,
      hint:
        files === undefined
          ? SMALLER_ENV
          : 'in release.yaml, shorten description: and config: of the bundles, or release fewer of them',
    },
  ];
}
