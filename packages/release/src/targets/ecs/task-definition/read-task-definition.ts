import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../../document/document';
import { readDocument } from '../../../document/document';
import { placeholderIn } from '../../../secrets/placeholder';
import type { Service } from '../../../environment/environment';
import { misnamed } from '../../../platform/names';
import type { TaskDefinition } from './task-definition';
import { REGISTRATION_KEYS, RESPONSE_ONLY_KEYS } from './task-definition';
import { serviceContainer } from './update-task-definition';

export interface ReadTaskDefinition {
  definition?: TaskDefinition;
  problems: Problem[];
  notes: Problem[];
}

/** Reads a customer's own task definition. Never throws, and shows no value of it, because a value may be a secret. */
export function readTaskDefinition(content: string | Uint8Array, file: string, service: Service): ReadTaskDefinition {
  const doc = readDocument(content, file);
  if (doc.problems.length > 0) return { problems: doc.problems, notes: [] };
  const root = doc.value;
  const wrongType = findTypeProblem(root, file, doc);
  if (wrongType) return { problems: [wrongType], notes: [] };
  const definition = root as TaskDefinition;
  const problems: Problem[] = [];
  if (!serviceContainer(definition, service))
    problems.push({
      code: 'wrong-value',
      message: `${file} has several containers, and none is called ${quoted(service.container)}.`,
      hint: `container: ${definition.containerDefinitions[0]?.name ?? '…'}`,
      at: doc.place(['containerDefinitions']),
    });
  problems.push(...findPlaceholders(definition, doc), ...findMisnamedVariables(definition, service, doc));
  const unknownKeys = Object.keys(definition).filter((key) => !isKnownKey(key));
  const notes = unknownKeys.map((key): Problem => {
    return {
      code: 'unknown-key',
      message: `${quoted(key)} is not a known key of a task definition. It is passed to ECS unchecked.`,
      at: doc.place([key], 'key'),
    };
  });
  return { definition, problems, notes };
}

function findTypeProblem(root: unknown, file: string, doc: ReadDocument): Problem | undefined {
  const problem = (message: string, path: DocumentPath): Problem => ({ code: 'wrong-type', message, at: doc.place(path) });
  if (!isMapping(root)) return problem(`${file} is not a task definition: it must be a mapping.`, []);
  if (typeof root.family !== 'string') return problem('A task definition needs a family.', ['family']);
  const containers = root.containerDefinitions;
  if (!Array.isArray(containers) || !containers.every(isContainer))
    return problem('A task definition needs containerDefinitions, each with a name, an image and strings in its environment.', [
      'containerDefinitions',
    ]);
  const lists: DocumentPath[] = [['requiresCompatibilities'], ['volumes']];
  lists.push(...containers.flatMap((_, index) => CONTAINER_LISTS.map((key) => ['containerDefinitions', index, key])));
  const wrong = lists.find((path) => !isListOf(valueAt(root, path), path[0] === 'requiresCompatibilities' ? isText : isMapping));
  const items = wrong?.[0] === 'requiresCompatibilities' ? 'strings' : 'mappings';
  return wrong && problem(`${quoted(String(wrong.at(-1)))} of a task definition must be a list of ${items}.`, wrong);
}

/** The lists of a container that are compared, edited or imported; their items are mappings. */
const CONTAINER_LISTS = ['portMappings', 'mountPoints', 'ulimits', 'dependsOn'];

function valueAt(root: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], root);
}

/** A list that is absent, or null as in responses of ECS, is empty. */
function isListOf(list: unknown, isItem: (item: unknown) => boolean): boolean {
  return list === undefined || list === null || (Array.isArray(list) && list.every(isItem));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isKnownKey(key: string): boolean {
  return (REGISTRATION_KEYS as readonly string[]).includes(key) || (RESPONSE_ONLY_KEYS as readonly string[]).includes(key);
}

/** Placeholders anywhere but in an image, which the release sets. */
function findPlaceholders(definition: TaskDefinition, doc: ReadDocument): Problem[] {
  const problems: Problem[] = [];
  const walk = (value: unknown, path: DocumentPath): void => {
    if (typeof value === 'string' && path[path.length - 1] !== 'image') {
      const placeholder = placeholderIn(value);
      if (placeholder)
        problems.push({
          code: 'placeholder',
          message: `${quoted(placeholder)} is a placeholder that was not filled in.`,
          hint: 'replace it by the real value',
          at: doc.place(path),
        });
    } else if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    else if (isMapping(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(definition, []);
  return problems;
}

/** Variables of the service's container that the platform does not read. */
function findMisnamedVariables(definition: TaskDefinition, service: Service, doc: ReadDocument): Problem[] {
  const container = serviceContainer(definition, service);
  if (!container) return [];
  const index = definition.containerDefinitions.indexOf(container);
  return (['environment', 'secrets'] as const).flatMap((key) =>
    (container[key] ?? []).flatMap(({ name }, position): Problem[] => {
      const wrong = misnamed(name, service.component);
      if (!wrong) return [];
      const message =
        wrong.instead === undefined
          ? `${name} is not a variable of ${service.component}.`
          : `${name} is not the name that ${service.component} reads.`;
      const at = doc.place(['containerDefinitions', index, key, position, 'name']);
      return [{ code: 'env-misnamed', message, hint: wrong.instead ?? 'remove it', at }];
    }),
  );
}

function isContainer(value: unknown): boolean {
  if (!isMapping(value) || typeof value.name !== 'string' || typeof value.image !== 'string') return false;
  return isNamedList(value.environment, 'value') && isNamedList(value.secrets, 'valueFrom');
}

function isNamedList(list: unknown, field: 'value' | 'valueFrom'): boolean {
  const isEntry = (item: unknown) => isMapping(item) && typeof item.name === 'string' && typeof item[field] === 'string';
  return isListOf(list, isEntry);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
