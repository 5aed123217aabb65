import type { Service } from '../../../environment/environment';
import type { EnvChange } from '../../../deploy/deploy-plan';
import { shortImage } from '../../../deploy/short-names';
import { FILES_CONTAINER, filesInDefinition } from '../task-definition/files';
import type { PlannedTask } from '../task-definition/plan-tasks';
import type { TaskDefinition } from '../task-definition/task-definition';
import { serviceContainer } from '../task-definition/update-task-definition';
import type { DeployInput } from './deploy-input';
import { isForceFlag } from './force-flags';
import type { Variables } from './running';

const FILES_CONTAINER_PATHS = new RegExp(`^containerDefinitions\\.${FILES_CONTAINER}(?:$|\\.(?:image|environment)\\b)`);
/** Further names are counted. */
const MAX_NAMES = 4;

export interface RestartInput {
  input: DeployInput;
  service: Service;
  task: PlannedTask;
  /** The running task definition. */
  before?: TaskDefinition;
  image: { before?: string; after: string };
  /** The paths in which the task definition differs from the running one. */
  changes: readonly string[];
  env: EnvChange;
  oldVariables: Variables;
  /** Desired tasks; undefined for a task that runs once, and if the present number is unknown. */
  count?: { before: number; after: number };
  /** An existing revision is used, and it is not the one that runs. */
  revisionChanges: boolean;
}

/** Why a service restarts, one phrase for each reason; empty if it does not. */
export function restartReasons(change: RestartInput): string[] {
  const { input, service, task, before, image, changes, env, oldVariables, count } = change;
  const { running, record, packing } = input;
  const isNew = !before && image.before === undefined;
  const isUnrecordedTask =
    service.component === 'postgres-setup' &&
    before !== undefined &&
    running.from === 'ecs' &&
    record?.services[service.name]?.taskDefinition === undefined;
  const imageReasons = describeImageChange(image.before, image.after, input);
  const fileReasons = before
    ? describeFiles(filesInDefinition(before, packing), filesInDefinition(task.definition, packing))
    : [];
  // The container that writes the files changes with the image and with the files: no reason of its own.
  const isExplained = imageReasons.length + fileReasons.length > 0;
  const rest = isExplained ? changes.filter((path) => !FILES_CONTAINER_PATHS.test(path)) : changes;
  return [
    ...imageReasons,
    ...describeVariables(env, oldVariables),
    ...fileReasons,
    ...describeOtherChanges(rest, serviceContainer(task.definition, service)!.name),
    ...(count && count.before !== count.after ? [`${count.before} → ${count.after} tasks`] : []),
    ...(isNew ? [running.from === 'nothing' ? 'no release record' : 'first deployment here'] : []),
    ...(isUnrecordedTask ? ['no record of a successful run'] : []),
    ...(change.revisionChanges && changes.length === 0 ? ['back to an existing revision'] : []),
  ];
}

function describeImageChange(before: string | undefined, after: string, { imageReasons }: DeployInput): string[] {
  if (before === after || before === undefined) return [];
  if (hasSameDigest(before, after)) return ['same image, other reference'];
  if (!before.includes('@')) return [`image by digest instead of the tag ${shortImage(before)}`];
  const reasons = imageReasons.get(after) ?? [];
  return reasons.length > 0 ? [`image: ${reasons.join(', ')}`] : ['another image'];
}

function hasSameDigest(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1]);
  return a !== undefined && a === b;
}

function describeVariables({ added, changed, removed }: EnvChange, before: Variables): string[] {
  const leftOn = removed.filter((name) => isForceFlag(name) && before.get(name)?.value !== '0');
  const names = [
    ...added.map((name) => `+${name}`),
    ...changed.map((name) => `~${name}`),
    ...removed.filter((name) => !leftOn.includes(name)).map((name) => `-${name}`),
  ];
  return [
    ...(names.length > 0 ? [`env: ${firstNames(names, ' ')}`] : []),
    ...leftOn.map((name) => `an earlier deploy left ${name} on`),
  ];
}

/** The files that the task definition carries. */
function describeFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    if (!before.has(path)) return [`+${path}`];
    if (!after.has(path)) return [`-${path}`];
    return before.get(path) === after.get(path) ? [] : [`~${path}`];
  });
  return paths.length > 0 ? [`file: ${paths.join(' ')}`] : [];
}

/** All other differences, by their top-level key. */
function describeOtherChanges(changes: readonly string[], container: string): string[] {
  const prefix = `containerDefinitions.${container}.`;
  const paths = changes
    .map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path))
    .filter((path) => !/^(?:environment|secrets)(?:\.|\[|$)/.test(path) && path !== 'image')
    .map((path) => path.replace(/^containerDefinitions\./, ''));
  const keys = [...new Set(paths.map((path) => path.split(/[.[]/)[0]!))];
  return keys.length > 0 ? [`definition: ${firstNames(keys, ', ')}`] : [];
}

function firstNames(names: readonly string[], separator: string): string {
  const shown = names.slice(0, MAX_NAMES).join(separator);
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
