import { RESPONSE_ONLY_KEYS } from './task-definition';
import type { TaskDefinition } from './task-definition';

/**
 * The paths in which two task definitions differ, once the defaults that ECS fills in are filled in on both sides; [] if the registered one can be reused. Paths only, because a value may be
 * confidential. Tags are not compared: ECS returns them apart from the definition.
 */
export function compareDefinitions(wanted: TaskDefinition, registered: TaskDefinition): string[] {
  return diffValues(normalizeDefinition(wanted), normalizeDefinition(registered), '');
}

type Mapping = Record<string, unknown>;

function normalizeDefinition(definition: TaskDefinition): Mapping {
  const { tags: _, ...rest } = definition;
  const awsvpc = definition.networkMode === 'awsvpc';
  const content = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !(RESPONSE_ONLY_KEYS as readonly string[]).includes(key)),
  );
  return {
    ...content,
    ...normalizeSize('cpu', definition.cpu),
    ...normalizeSize('memory', definition.memory),
    requiresCompatibilities: sortedStrings(definition.requiresCompatibilities),
    volumes: sortBy((definition.volumes as Mapping[] | undefined)?.map(normalizeVolume), 'name'),
    containerDefinitions: sortBy(
      definition.containerDefinitions.map((container) => normalizeContainer(container, awsvpc)),
      'name',
    ),
  };
}

function normalizeContainer(container: Mapping, awsvpc: boolean): Mapping {
  const ports = (container.portMappings as Mapping[] | undefined) ?? [];
  const health = container.healthCheck as Mapping | undefined;
  const list = (key: string) => (container[key] as Mapping[] | undefined) ?? [];
  return {
    cpu: 0,
    essential: true,
    ...container,
    environment: sortBy(list('environment'), 'name'),
    secrets: sortBy(list('secrets'), 'name'),
    mountPoints: sortBy(
      list('mountPoints').map((point) => ({ readOnly: false, ...point })),
      'containerPath',
    ),
    ulimits: sortBy(list('ulimits'), 'name'),
    portMappings: sortBy(
      ports.map((port) => ({
        protocol: 'tcp',
        ...port,
        ...(awsvpc ? { hostPort: port.containerPort } : { hostPort: port.hostPort ?? 0 }),
      })),
      'containerPort',
    ),
    ...(health && { healthCheck: { interval: 30, timeout: 5, retries: 3, ...health } }),
  };
}

function normalizeVolume(value: Mapping): Mapping {
  const efs = value.efsVolumeConfiguration as Mapping | undefined;
  return efs ? { ...value, efsVolumeConfiguration: { rootDirectory: '/', ...efs } } : value;
}

/** A number or a string in a customer's file, a string in ECS's response. The console writes `1 vCPU` and `2GB`. */
function normalizeSize(key: 'cpu' | 'memory', value: unknown): Mapping {
  if (value === undefined) return {};
  const match = /^([\d.]+)\s*(vcpu|gb|)$/i.exec(String(value).trim());
  return { [key]: match ? String(Number(match[1]) * (match[2] ? 1024 : 1)) : String(value) };
}

function sortedStrings(list: readonly string[] | undefined): string[] {
  return [...(list ?? [])].sort();
}

function sortBy(list: Mapping[] | undefined, key: string): Mapping[] {
  return [...(list ?? [])].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
}

/** Empty lists and mappings, null and missing values are equal: ECS returns one for the other. */
function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.values(value).every(isEmptyValue);
}

function diffValues(a: unknown, b: unknown, path: string): string[] {
  if (isEmptyValue(a) && isEmptyValue(b)) return [];
  if (Array.isArray(a) && Array.isArray(b)) return diffLists(a, b, path);
  if (isMapping(a) && isMapping(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) => diffValues(a[key], b[key], path === '' ? key : `${path}.${key}`));
  }
  return a === b ? [] : [path];
}

/** Named entries are compared by name, so that one more variable is one difference. */
function diffLists(a: unknown[], b: unknown[], path: string): string[] {
  const named = [...a, ...b].every((item) => isMapping(item) && typeof item.name === 'string');
  if (!named) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, index) => diffValues(a[index], b[index], `${path}[${index}]`)).flat();
  }
  const of = (list: unknown[]) => new Map((list as Mapping[]).map((item) => [item.name as string, item]));
  const [left, right] = [of(a), of(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.flatMap((name) => {
    const [one, other] = [left.get(name), right.get(name)];
    return one && other ? diffValues(one, other, `${path}.${name}`) : [`${path}.${name}`];
  });
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
