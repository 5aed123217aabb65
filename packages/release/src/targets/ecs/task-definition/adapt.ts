import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../../document/document';
import { readDocument } from '../../../document/document';
import type { Service } from '../../../environment/environment';
import { misnamed, OWNED } from '../../../platform/names';
import { placeholderIn } from '../../../document/values';
import type { ServiceEnv } from '../../../env/env';
import { withoutWriter } from './files';
import { healthCheckOf } from './make';
import type { ContainerDefinition, TaskDefinition } from './task-definition';
import { ANSWER_ONLY, environmentList, KNOWN_KEYS, secretList } from './task-definition';

/**
 * A task definition that is there (the customer's own file, or what runs) with what the release and the environment say: image, environment, secrets, health
 * check, stop time. All else stays as it is, keys that we do not know too. Variables of its own stay, but for those that only we write.
 */
export function adaptTaskDefinition(base: TaskDefinition, service: Service, rendered: ServiceEnv): TaskDefinition {
  const kept = Object.fromEntries(Object.entries(base).filter(([key]) => !(ANSWER_ONLY as readonly string[]).includes(key)));
  return {
    ...kept,
    family: base.family,
    containerDefinitions: base.containerDefinitions.map((container) =>
      container === ownContainer(base, service) ? adaptContainer(container, service, rendered) : container,
    ),
  };
}

/** The container that is the service: the one of that name, else the only one. Others are sidecars. */
export function ownContainer(base: TaskDefinition, service: Service): ContainerDefinition | undefined {
  const containers = withoutWriter(base.containerDefinitions);
  const named = containers.find(({ name }) => name === service.container);
  return named ?? (containers.length === 1 ? containers[0] : undefined);
}

function adaptContainer(
  container: ContainerDefinition,
  service: Service,
  { image, env, secrets }: ServiceEnv,
): ContainerDefinition {
  const isOurs = (name: string) => name in env || name in secrets || name === 'INSTANCE_ID' || Object.hasOwn(OWNED, name);
  const ownEnv = (container.environment ?? []).filter(({ name }) => !isOurs(name));
  const ownSecrets = (container.secrets ?? []).filter(({ name }) => !isOurs(name));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return {
    ...container,
    image,
    environment: [...ownEnv, ...environmentList(env)].sort(byName),
    secrets: [...ownSecrets, ...secretList(secrets)].sort(byName),
    ...(service.health && { healthCheck: healthCheckOf(service.health) }),
    stopTimeout: service.stopTimeout,
  };
}

export interface ReadTaskDefinition {
  definition?: TaskDefinition;
  problems: Problem[];
  notes: Problem[];
}

/** Reads a customer's own task definition. Never throws; a secret's value in it is not shown. */
export function readTaskDefinition(content: string | Uint8Array, file: string, service: Service): ReadTaskDefinition {
  const doc = readDocument(content, file);
  if (doc.problems.length > 0) return { problems: doc.problems, notes: [] };
  const root = doc.value;
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const refuse = (message: string, path: DocumentPath) => problems.push({ code: 'wrong-type', message, at: doc.place(path) });
  if (!isMapping(root)) refuse(`${file} is no task definition: a mapping belongs here.`, []);
  else if (typeof root.family !== 'string') refuse('A task definition has a family.', ['family']);
  else if (!Array.isArray(root.containerDefinitions) || !root.containerDefinitions.every(isContainer))
    refuse('A task definition has containerDefinitions, each with a name, an image and texts in its environment.', [
      'containerDefinitions',
    ]);
  if (problems.length > 0) return { problems, notes };
  const definition = root as unknown as TaskDefinition;
  if (!ownContainer(definition, service))
    problems.push({
      code: 'wrong-value',
      message: `None of the containers of ${file} is called ${quoted(service.container)}, and there are several.`,
      hint: `container: ${definition.containerDefinitions[0]?.name ?? '…'}`,
      at: doc.place(['containerDefinitions']),
    });
  for (const key of Object.keys(definition).filter((each) => !isKnown(each)))
    notes.push({
      code: 'unknown-key',
      message: `${quoted(key)} is a key that is not known here; it is kept, and ECS will say.`,
      at: doc.place([key], 'key'),
    });
  problems.push(...valuesOf(definition, service, doc));
  return { definition, problems, notes };
}

function isKnown(key: string): boolean {
  return (KNOWN_KEYS as readonly string[]).includes(key) || (ANSWER_ONLY as readonly string[]).includes(key);
}

/** Placeholders anywhere, and names of variables that the platform does not read. */
function valuesOf(definition: TaskDefinition, service: Service, doc: ReadDocument): Problem[] {
  const problems: Problem[] = [];
  const walk = (value: unknown, path: DocumentPath): void => {
    // The image is ours to set.
    if (typeof value === 'string' && path[path.length - 1] !== 'image') {
      const placeholder = placeholderIn(value);
      if (placeholder)
        problems.push({
          code: 'placeholder',
          message: `${quoted(placeholder)} is a placeholder that nobody filled in.`,
          hint: 'write what it is',
          at: doc.place(path),
        });
    } else if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    else if (isMapping(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(definition, []);
  const own = ownContainer(definition, service);
  const index = own ? definition.containerDefinitions.indexOf(own) : -1;
  for (const key of ['environment', 'secrets'] as const)
    (own?.[key] ?? []).forEach(({ name }, position) => {
      const wrong = misnamed(name, service.component);
      const at = doc.place(['containerDefinitions', index, key, position, 'name']);
      if (!wrong) return;
      const message =
        wrong.instead === undefined
          ? `${name} is read by nothing in ${service.component}.`
          : `${name} is not what ${service.component} reads.`;
      problems.push({ code: 'env-misnamed', message, hint: wrong.instead ?? 'remove it', at });
    });
  return problems;
}

function isContainer(value: unknown): boolean {
  if (!isMapping(value) || typeof value.name !== 'string' || typeof value.image !== 'string') return false;
  return [
    ['environment', 'value'],
    ['secrets', 'valueFrom'],
  ].every(([key, field]) => {
    const list = value[key!];
    if (list === undefined || list === null) return true;
    return (
      Array.isArray(list) &&
      list.every((item) => isMapping(item) && typeof item.name === 'string' && typeof item[field!] === 'string')
    );
  });
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
