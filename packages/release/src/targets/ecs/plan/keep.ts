import type { Service } from '../../../environment/environment';
import { oneLine } from '../../../descriptor/descriptor';
import type { EnvPlan, ServiceEnv } from '../../../env/env';
import type { DeployInput } from './deploy-input';
import { comparedDescriptor, recordedDescriptor, sorted } from '../../../deploy/bundles';
import { runningContainer, runningDefinition, runningService } from './what-runs';
import { filesOf } from '../task-definition/files';
import { variablesOf } from './running';

/**
 * HOUSE law 5: what says the same stays as it is registered. A descriptor in which only refs and commits are others, under the same image; a JSON value that is written in another order. So a tag
 * that was moved to the same tree restarts nothing.
 */
export function keepRunningTexts(env: EnvPlan, input: DeployInput): EnvPlan {
  return { ...env, services: env.services.map((rendered) => keptService(rendered, input)) };
}

function keptService(rendered: ServiceEnv, input: DeployInput): ServiceEnv {
  const service = input.environment.services.find(({ name }) => name === rendered.service)!;
  const container = runningContainer(service, input);
  if (!container) return rendered;
  const before = variablesOf(container);
  const sameImage = container.image === rendered.image;
  const kept = Object.entries(rendered.env).map(([name, value]): [string, string] => {
    const old = before.get(name)?.value;
    if (old === undefined || old === value) return [name, value];
    const same =
      name === 'AGENTIC_BUNDLES_JSON' ? sameImage && isSameDescriptor(old, value, input.descriptor.mode) : isSameJson(old, value);
    return [name, same ? old : value];
  });
  const files = filesOf(runningDefinition(service, input), input.packing);
  const keptFiles = rendered.files.map((file) => {
    const old = files.get(file.path);
    const same = old !== undefined && sameImage && isSameDescriptor(old, file.content, input.descriptor.mode);
    return same ? { ...file, content: old } : file;
  });
  return { ...rendered, env: Object.fromEntries(kept), files: keptFiles };
}

/** What a service that runs is told of its bundles, inline or by the file that its definition carries. */
export function runningDescriptor(service: Service, input: DeployInput): string | undefined {
  const variables = variablesOf(runningContainer(service, input));
  const inline = variables.get('AGENTIC_BUNDLES_JSON')?.value;
  const path = variables.get('BUNDLES_YAML_DESCRIPTOR_PATH')?.value ?? inline;
  if (path === undefined) return undefined;
  return filesOf(runningDefinition(service, input), input.packing).get(path) ?? inline;
}

function isSameDescriptor(one: string, other: string, mode: 'baked' | 'git'): boolean {
  const compared = comparedDescriptor(one, mode);
  return compared !== undefined && compared === comparedDescriptor(other, mode);
}

function isSameJson(one: string, other: string): boolean {
  const text = canonicalJson(one);
  return text !== undefined && text === canonicalJson(other);
}

function canonicalJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return oneLine(sorted(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** The platform's contract says where it reads them there, and nobody but its provisioning may write them. */
const SECRETS_MANAGER =
  'The list of bundles is read from Secrets Manager, and a deploy does not write it there. Before it: nx run release:descriptor, and put dist/release/bundles.yaml where your provisioning keeps it (<prefix>/bundles-meta, <prefix>/bundles/<id>/descriptor).';

export interface RedisChange {
  changed: boolean;
  /** Redis holds an older one, which would win: one extra step with the force flag. */
  force: boolean;
  notes: string[];
}

export interface DescriptorChange extends RedisChange {
  after: string;
  /** Nobody says what it was, and nothing is told anew: then it is neither a change nor none. */
  unknown: boolean;
}

/** Whether what the platform is told of its bundles is something else now. `running`: proc's own text, where it has one. */
export function descriptorChange(
  { descriptor, environment, running, record, bundles, bundlesBefore }: DeployInput,
  text: string | undefined,
  otherImage: boolean,
): DescriptorChange {
  const after = recordedDescriptor(descriptor);
  const before = (text === undefined ? undefined : comparedDescriptor(text, descriptor.mode)) || record?.descriptor || undefined;
  const proc = environment.services.find(({ component, target }) => component === 'proc' && target === 'ecs');
  const runs = proc !== undefined && runningService(proc, running) !== undefined;
  // Without a word of what it was, another image may hold other bundles; and what a task definition tells for the first time must also hold in Redis.
  const tells = environment.bundles.descriptor !== 'aws-sm';
  const held = bundlesBefore && namesOf(bundlesBefore) === namesOf(bundles);
  const changed = before === undefined ? otherImage || !runs || tells || held === false : before !== after;
  const force = changed && runs;
  const unknown = before === undefined && runs && !changed;
  const notes = [
    ...(before === undefined && runs ? [notKnown(unknown, held)] : []),
    ...(environment.bundles.descriptor === 'aws-sm' && changed ? [SECRETS_MANAGER] : []),
  ];
  return { changed, force, notes, after, unknown };
}

/** What of bundles their platform is told by name: the rest of a descriptor is in no image. */
function namesOf(bundles: readonly { id: string; folder: string }[]): string {
  return JSON.stringify(bundles.map(({ id, folder }) => [id, folder]).sort());
}

function notKnown(unknown: boolean, held: boolean | undefined): string {
  const what = 'What the platform was told of its bundles before is not known: neither proc’s environment nor a record says it';
  if (!unknown) return `${what}. It is told anew.`;
  const image = held
    ? 'has these bundles, and says nothing of their names, settings and default'
    : 'has no label that says which';
  return `${what}, and its image ${image}. Whether that changes is not known.`;
}

/** The same for the gateway's configuration, of which Redis has a copy that beats the environment. */
export function gatewayChange(
  { release, running, record }: DeployInput,
  services: readonly Service[],
  env: EnvPlan,
): RedisChange {
  if (running.from !== 'ecs') return { changed: false, force: false, notes: [] };
  const told = services.flatMap((service) => {
    const after = env.services.find((each) => each.service === service.name)?.env.GATEWAY_CONFIG_JSON;
    if (after === undefined || !runningService(service, running)) return [];
    const before = variablesOf(runningContainer(service, { running, record })).get('GATEWAY_CONFIG_JSON')?.value;
    return [{ component: service.component, isSame: before === after }];
  });
  const changed = told.some(({ isSame }) => !isSame);
  const forces = changed && told.some(({ component, isSame }) => !isSame && component !== 'metrics');
  if (!forces) return { changed, force: false, notes: [] };
  // GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP is read since 2026-03-04; release.generation is the platform's.
  if (release.generation === '2026.3.1')
    return {
      changed,
      force: false,
      notes: [
        'This platform keeps the gateway that is in Redis, whatever its environment says: until that copy is deleted, the old one holds.',
      ],
    };
  return { changed, force: true, notes: [] };
}

/** Variables that are for one rollout. Found on, they are drift: somebody stopped in the middle. */
export function isForced(name: string): boolean {
  return name === 'BUNDLES_FORCE_ENV_ON_STARTUP' || name === 'GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP';
}
