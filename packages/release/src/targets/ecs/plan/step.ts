import type { Service } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import { ownContainer } from '../task-definition/adapt';
import { FILES_CONTAINER, filesOf } from '../task-definition/files';
import type { EnvChange, ServiceStep } from '../../../deploy/deploy-plan';
import type { DeployInput } from './deploy-input';
import { isForced } from './keep';
import { runningContainer, runningDefinition, runningService } from './what-runs';
import { isSecretValue } from '../../../document/values';
import type { PlannedTask } from '../task-definition/plan-tasks';
import { variablesOf } from './running';
import { imageWord } from '../../../deploy/labels';
import { reportedDigests } from '../task-definition/reported';
import { differences } from '../task-definition/same';
import type { ServiceValues } from '../../../deploy/deploy-plan';

const WRITER = new RegExp(`^containerDefinitions\\.${FILES_CONTAINER}(?:$|\\.(?:image|environment)\\b)`);

/** What happens to one service, and why. */
export function serviceStep(
  service: Service,
  task: PlannedTask,
  rendered: ServiceEnv,
  input: DeployInput,
  values: ServiceValues,
): ServiceStep {
  const { running, record } = input;
  const kind = service.component === 'postgres-setup' ? 'task' : 'service';
  const found = kind === 'service' ? runningService(service, running) : undefined;
  const recorded = running.from === 'ecs' ? undefined : record?.services[service.name];
  const before = runningDefinition(service, input);
  const imageBefore = runningContainer(service, input)?.image ?? recorded?.image;
  const changes = before ? differences(task.definition, before) : [];
  const use = usable(task, changes, service, input, rendered.image);
  const container = ownContainer(task.definition, service)!;
  const old = variablesOf(runningContainer(service, input));
  const env = before ? envChange(old, variablesOf(container)) : { added: [], changed: [], removed: [] };
  const countBefore = found?.desiredCount ?? recorded?.count;
  const count = service.count ?? countBefore ?? 1;
  const counted = kind === 'service' && countBefore !== undefined && countBefore !== count;
  const otherImage = imageReasons(imageBefore, rendered.image, input);
  const otherFiles = before ? fileReasons(filesOf(before, input.packing), filesOf(task.definition, input.packing)) : [];
  // What writes the files has the service's image: that it changes with them is not said twice.
  const rest = otherImage.length + otherFiles.length > 0 ? changes.filter((path) => !WRITER.test(path)) : changes;
  const why = [
    ...otherImage,
    ...envReasons(env, old),
    ...otherFiles,
    ...otherReasons(rest, container.name),
    ...(counted ? [`${countBefore} → ${count} tasks`] : []),
    ...(before || imageBefore !== undefined || running.from !== 'ecs' ? [] : ['the first one here']),
    ...(kind === 'task' && before && running.from === 'ecs' && record?.services[service.name]?.taskDefinition === undefined
      ? ['no record says that it ran']
      : []),
    ...(use !== undefined && changes.length === 0 && found && found.taskDefinition !== use
      ? ['back to a definition that is there']
      : []),
  ];
  values.set(service.name, valuesOf(env, old, variablesOf(container)));
  return {
    service: service.name,
    component: service.component,
    kind,
    serviceName: service.serviceName,
    container: container.name,
    logGroup: service.logGroup,
    change: why.length > 0 ? 'update' : 'none',
    why,
    image: { ...(imageBefore !== undefined && { before: imageBefore }), after: rendered.image },
    digests: reportedDigests(rendered.image, task.definition, input.knownImages),
    definition: {
      family: task.definition.family,
      ...(use === undefined ? { register: task.definition } : { use }),
      changes,
    },
    env,
    count: { ...(countBefore !== undefined && { before: countBefore }), after: kind === 'task' ? 1 : count },
    stopTimeout: service.stopTimeout,
  };
}

/** The registered definition that says the same: what runs, else what was registered last (by a deploy that did not come to its end). */
function usable(
  { definition }: PlannedTask,
  changes: readonly string[],
  service: Service,
  input: DeployInput,
  image: string,
): string | undefined {
  const { running, record } = input;
  const recorded = record?.services[service.name];
  if (running.from !== 'ecs') return recorded?.image === image ? recorded.taskDefinition : undefined;
  const before = runningDefinition(service, input);
  if (before && changes.length === 0) return arnOf(before.taskDefinitionArn);
  const latest = Object.hasOwn(running.latest, definition.family) ? running.latest[definition.family] : undefined;
  const last = latest === undefined ? undefined : running.definitions[latest];
  return last && differences(definition, last).length === 0 ? latest : undefined;
}

function arnOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

type Variables = ReturnType<typeof variablesOf>;

function envChange(before: Variables, after: Variables): EnvChange {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const same = (name: string) => {
    const [one, other] = [before.get(name)!, after.get(name)!];
    return one.value === other.value && one.valueFrom === other.valueFrom;
  };
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && after.has(name) && !same(name)),
    removed: names.filter((name) => !after.has(name)),
  };
}

function imageReasons(before: string | undefined, after: string, { reasons }: DeployInput): string[] {
  if (before === after || before === undefined) return [];
  if (sameDigest(before, after)) return ['the same image by another name'];
  if (!before.includes('@')) return [`its image by digest instead of the tag ${imageWord(before)}`];
  const why = reasons.get(after) ?? [];
  return why.length > 0 ? [`image: ${why.join(', ')}`] : ['another image'];
}

function sameDigest(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1]);
  return a !== undefined && a === b;
}

/** Told apart from the rest: a list of variables is what a person looks for. */
function envReasons({ added, changed, removed }: EnvChange, before: Variables): string[] {
  const left = removed.filter((name) => isForced(name) && before.get(name)?.value !== '0');
  const words = [
    ...added.map((name) => `+${name}`),
    ...changed.map((name) => `~${name}`),
    ...removed.filter((name) => !left.includes(name)).map((name) => `-${name}`),
  ];
  const shown = words.slice(0, 4).join(' ');
  return [
    ...(words.length > 0 ? [`env: ${shown}${words.length > 4 ? ` and ${words.length - 4} more` : ''}`] : []),
    ...left.map((name) => `${name} was left on by an earlier rollout`),
  ];
}

/** The files that the definition carries. */
function fileReasons(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const words = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    if (!before.has(path)) return [`+${path}`];
    if (!after.has(path)) return [`-${path}`];
    return before.get(path) === after.get(path) ? [] : [`~${path}`];
  });
  return words.length > 0 ? [`file: ${words.join(' ')}`] : [];
}

/** What else differs, by the last words of its path. */
function otherReasons(changes: readonly string[], container: string): string[] {
  const own = `containerDefinitions.${container}.`;
  const rest = changes
    .map((path) => (path.startsWith(own) ? path.slice(own.length) : path))
    .filter((path) => !/^(?:environment|secrets)(?:\.|\[|$)/.test(path) && path !== 'image')
    .map((path) => path.replace(/^containerDefinitions\./, ''));
  const words = [...new Set(rest.map((path) => path.split(/[.[]/)[0]!))];
  const shown = words.slice(0, 4).join(', ');
  return words.length > 0 ? [`definition: ${shown}${words.length > 4 ? ` and ${words.length - 4} more` : ''}`] : [];
}

function valuesOf({ added, changed, removed }: EnvChange, before: Variables, after: Variables) {
  return new Map(
    [...added, ...changed, ...removed].sort().map((name) => {
      const [old, now] = [before.get(name), after.get(name)];
      const hidden = [old?.value, now?.value].some((value) => value !== undefined && isSecretValue(name, value));
      const shown = (side: { value?: string; valueFrom?: string } | undefined) =>
        hidden ? undefined : (side?.value ?? side?.valueFrom);
      return [name, { before: shown(old), after: shown(now), hidden }] as const;
    }),
  );
}
