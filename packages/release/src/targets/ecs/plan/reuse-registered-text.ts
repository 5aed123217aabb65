import type { Service } from '../../../environment/environment';
import { oneLine } from '../../../descriptor/descriptor';
import type { EnvPlan, ServiceEnv } from '../../../env/env';
import { normalizeDescriptor, sortKeys } from '../../../deploy/normalize-descriptor';
import { filesInDefinition, type Packing } from '../task-definition/files';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';
import type { DeployInput } from './deploy-input';
import { runningContainer, runningDefinition } from './running-service';
import { variablesOf } from './running';

/**
 * HOUSE law 5: a value with the same content stays as it is registered. That is a descriptor in which only refs and commits differ, under the same image, or a JSON value with its keys in another
 * order. So a tag that was moved to the same tree restarts no service.
 */
export function reuseRegisteredText(env: EnvPlan, input: DeployInput): EnvPlan {
  return { ...env, services: env.services.map((rendered) => reuseServiceText(rendered, input)) };
}

function reuseServiceText(rendered: ServiceEnv, input: DeployInput): ServiceEnv {
  const service = input.environment.services.find(({ name }) => name === rendered.service)!;
  const container = runningContainer(service, input);
  if (!container) return rendered;
  const { mode } = input.descriptor;
  const registered = variablesOf(container);
  const isSameImage = container.image === rendered.image;
  const env = Object.entries(rendered.env).map(([name, value]): [string, string] => {
    const old = registered.get(name)?.value;
    if (old === undefined || old === value) return [name, value];
    const isSame = name === 'AGENTIC_BUNDLES_JSON' ? isSameImage && isSameDescriptor(old, value, mode) : isSameJson(old, value);
    return [name, isSame ? old : value];
  });
  const registeredFiles = filesInDefinition(runningDefinition(service, input), input.packing);
  const files = rendered.files.map((file) => {
    const old = registeredFiles.get(file.path);
    const isSame = old !== undefined && isSameImage && isSameDescriptor(old, file.content, mode);
    return isSame ? { ...file, content: old } : file;
  });
  return { ...rendered, env: Object.fromEntries(env), files };
}

/** The bundle descriptor of a running service: inline, or in the file that its task definition carries. */
export function runningDescriptor(service: Service, input: DeployInput): string | undefined {
  return descriptorIn(runningDefinition(service, input), runningContainer(service, input), input.packing);
}

/** The bundle descriptor of a task definition. Undefined if it has none, as with Secrets Manager. */
export function descriptorIn(
  definition: TaskDefinition | undefined,
  container: ContainerDefinition | undefined,
  packing: Packing,
): string | undefined {
  const variables = variablesOf(container);
  const inline = variables.get('AGENTIC_BUNDLES_JSON')?.value;
  const path = variables.get('BUNDLES_YAML_DESCRIPTOR_PATH')?.value ?? inline;
  if (path === undefined) return undefined;
  return filesInDefinition(definition, packing).get(path) ?? inline;
}

function isSameDescriptor(one: string, other: string, mode: 'baked' | 'git'): boolean {
  const normalized = normalizeDescriptor(one, mode);
  return normalized !== undefined && normalized === normalizeDescriptor(other, mode);
}

function isSameJson(one: string, other: string): boolean {
  const text = canonicalJson(one);
  return text !== undefined && text === canonicalJson(other);
}

function canonicalJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return oneLine(sortKeys(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
