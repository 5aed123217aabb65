import { ANSWER_ONLY } from './task-definition';
import type { TaskDefinition } from './task-definition';

/**
 * Where two task definitions differ, once what ECS fills in by itself is filled in on both sides: [] where the registered one can be used again. Only paths:
 * a value of an environment may be something that not everybody should read. Tags are no content, and ECS gives them out apart from the definition.
 */
export function differences(asked: TaskDefinition, registered: TaskDefinition): string[] {
  return unequal(canonical(asked), canonical(registered), '');
}

type Mapping = Record<string, unknown>;

function canonical(definition: TaskDefinition): Mapping {
  const { tags: _, ...rest } = definition;
  const awsvpc = definition.networkMode === 'awsvpc';
  const kept = Object.fromEntries(Object.entries(rest).filter(([key]) => !(ANSWER_ONLY as readonly string[]).includes(key)));
  return {
    ...kept,
    ...text('cpu', definition.cpu),
    ...text('memory', definition.memory),
    requiresCompatibilities: sortedTexts(definition.requiresCompatibilities),
    volumes: byKey((definition.volumes as Mapping[] | undefined)?.map(volume), 'name'),
    containerDefinitions: byKey(
      definition.containerDefinitions.map((container) => containerOf(container, awsvpc)),
      'name',
    ),
  };
}

function containerOf(container: Mapping, awsvpc: boolean): Mapping {
  const ports = (container.portMappings as Mapping[] | undefined) ?? [];
  const health = container.healthCheck as Mapping | undefined;
  const list = (key: string) => (container[key] as Mapping[] | undefined) ?? [];
  return {
    cpu: 0,
    essential: true,
    ...container,
    environment: byKey(list('environment'), 'name'),
    secrets: byKey(list('secrets'), 'name'),
    mountPoints: byKey(
      list('mountPoints').map((point) => ({ readOnly: false, ...point })),
      'containerPath',
    ),
    ulimits: byKey(list('ulimits'), 'name'),
    portMappings: byKey(
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

function volume(value: Mapping): Mapping {
  const efs = value.efsVolumeConfiguration as Mapping | undefined;
  return efs ? { ...value, efsVolumeConfiguration: { rootDirectory: '/', ...efs } } : value;
}

/** A number or a text in a customer's file, a text in ECS's answer. `1 vCPU` and `2GB` are what its console writes. */
function text(key: 'cpu' | 'memory', value: unknown): Mapping {
  if (value === undefined) return {};
  const match = /^([\d.]+)\s*(vcpu|gb|)$/i.exec(String(value).trim());
  return { [key]: match ? String(Number(match[1]) * (match[2] ? 1024 : 1)) : String(value) };
}

function sortedTexts(list: readonly string[] | undefined): string[] {
  return [...(list ?? [])].sort();
}

function byKey(list: Mapping[] | undefined, key: string): Mapping[] {
  return [...(list ?? [])].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
}

/** An empty list or mapping, null and nothing are one: ECS writes the one for the other. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.values(value).every(isNothing);
}

function unequal(a: unknown, b: unknown, path: string): string[] {
  if (isNothing(a) && isNothing(b)) return [];
  if (Array.isArray(a) && Array.isArray(b)) return unequalLists(a, b, path);
  if (isMapping(a) && isMapping(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) => unequal(a[key], b[key], path === '' ? key : `${path}.${key}`));
  }
  return a === b ? [] : [path];
}

/** Entries with a name are compared by it, so that one variable more is one difference. */
function unequalLists(a: unknown[], b: unknown[], path: string): string[] {
  const named = [...a, ...b].every((item) => isMapping(item) && typeof item.name === 'string');
  if (!named) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, index) => unequal(a[index], b[index], `${path}[${index}]`)).flat();
  }
  const of = (list: unknown[]) => new Map((list as Mapping[]).map((item) => [item.name as string, item]));
  const [left, right] = [of(a), of(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.flatMap((name) => {
    const [one, other] = [left.get(name), right.get(name)];
    return one && other ? unequal(one, other, `${path}.${name}`) : [`${path}.${name}`];
  });
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
