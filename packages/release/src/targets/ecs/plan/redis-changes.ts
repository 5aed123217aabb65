import { FORCE_FLAGS } from '../../../deploy/registry-step';
import type { Service } from '../../../environment/environment';
import type { EnvPlan } from '../../../env/env';
import { descriptorForRecord, normalizeDescriptor } from '../../../deploy/normalize-descriptor';
import type { DeployInput } from './deploy-input';
import { activeForceFlags } from './force-flags';
import { runningContainer, runningDefinition, runningService } from './running-service';
import { variablesOf, type Running } from './running';

const SECRETS_MANAGER =
  'The platform reads the bundle descriptor from Secrets Manager, which an offline plan cannot read: what a deploy writes there is not in this plan.';

const GATEWAY_NOT_FORCED =
  'This platform version prefers the gateway configuration in Redis to its environment: the old one stays in use until you delete that copy.';

export interface RedisChange {
  changed: boolean;
  /** Redis has an older copy, which would win: the deploy takes one extra step with the force flag. */
  force: boolean;
  notes: string[];
}

export interface DescriptorChange extends RedisChange {
  after: string;
  /** The previous descriptor is unknown, and the deploy does not set it: it cannot be called changed or unchanged. */
  unknown: boolean;
}

/** Whether the bundle descriptor changes. `text`: proc's running descriptor, if it has one. */
export function detectDescriptorChange(
  { descriptor, environment, running, record, bundles, runningBundles }: DeployInput,
  text: string | undefined,
  imageChanges: boolean,
): DescriptorChange {
  const after = descriptorForRecord(descriptor);
  const before = (text === undefined ? undefined : normalizeDescriptor(text, descriptor.mode)) || record?.descriptor || undefined;
  const proc = environment.services.find(({ component, target }) => component === 'proc' && target === 'ecs');
  const runs = proc !== undefined && runningService(proc, running) !== undefined;
  // If the old descriptor is unknown: another image may have other bundles, and a task definition that sets a descriptor for the first time must also update Redis.
  const isInDefinition = environment.bundles.descriptor !== 'aws-sm';
  const hasSameBundles = runningBundles && bundleNames(runningBundles) === bundleNames(bundles);
  const changed = before === undefined ? imageChanges || !runs || isInDefinition || hasSameBundles === false : before !== after;
  const unknown = before === undefined && runs && !changed;
  const unwritten = proc && describeUnwritten(proc, running);
  const notes = [
    ...(unwritten !== undefined && !changed ? [unwritten] : []),
    ...(before === undefined && runs ? [describeUnknownDescriptor(unknown, hasSameBundles)] : []),
    ...(environment.bundles.descriptor === 'aws-sm' && changed ? [SECRETS_MANAGER] : []),
  ];
  // In Secrets Manager the FORCE flag has no effect.
  const force = isInDefinition && (changed || unwritten !== undefined) && runs;
  return { changed, force, notes, after, unknown };
}

/**
 * Why Redis may not hold the descriptor of the running task definition: only a task that starts with the FORCE flag writes it, and a deploy may have stopped before, or updated a service that has no
 * tasks. Undefined if it does.
 */
function describeUnwritten(proc: Service, running: Running): string | undefined {
  const found = runningService(proc, running);
  if (!found || running.from !== 'ecs') return undefined;
  if (hasForceFlag(proc, running, FORCE_FLAGS.bundles))
    return `An earlier deploy stopped while ${proc.name} overwrote Redis: this one finishes that step.`;
  if (found.desiredCount > 0 || (proc.count ?? 0) === 0) return undefined;
  return `${proc.name} has no tasks: Redis may hold an older list of bundles, and the first task overwrites it.`;
}

function hasForceFlag(service: Service, running: Running, flag: string): boolean {
  const definition = runningDefinition(service, { running });
  return definition !== undefined && activeForceFlags(definition).includes(flag);
}

/** What an image's labels tell of its bundles. The rest of a descriptor (names, settings, default) is in no image. */
function bundleNames(bundles: readonly { id: string; folder: string }[]): string {
  return JSON.stringify(bundles.map(({ id, folder }) => [id, folder]).sort());
}

function describeUnknownDescriptor(unknown: boolean, hasSameBundles: boolean | undefined): string {
  const what = 'The running bundle descriptor is unknown: it is neither in proc’s environment nor in a release record.';
  if (!unknown) return `${what} The deploy sets it.`;
  const image = hasSameBundles
    ? 'The running image has the same bundles, but its labels do not tell their names, settings and default.'
    : 'The running image has no label that lists its bundles.';
  return `${what} ${image} So the descriptor may or may not change.`;
}

/** Whether the gateway's configuration changes. Redis has a copy of it that overrides the environment. */
export function detectGatewayChange(
  { release, running, record }: DeployInput,
  services: readonly Service[],
  env: EnvPlan,
): RedisChange {
  if (running.from !== 'ecs') return { changed: false, force: false, notes: [] };
  const changedIn = services.flatMap((service) => {
    const after = env.services.find((each) => each.service === service.name)?.env.GATEWAY_CONFIG_JSON;
    if (after === undefined || !runningService(service, running)) return [];
    const before = variablesOf(runningContainer(service, { running, record })).get('GATEWAY_CONFIG_JSON')?.value;
    return before === after ? [] : [service.component];
  });
  const changed = changedIn.length > 0;
  const isUnfinished = services.some((service) => hasForceFlag(service, running, FORCE_FLAGS.gateway));
  if (isUnfinished) return { changed, force: true, notes: [] };
  if (changedIn.every((component) => component === 'metrics')) return { changed, force: false, notes: [] };
  // GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP exists since 2026-03-04.
  if (release.generation === '2026.3.1') return { changed, force: false, notes: [GATEWAY_NOT_FORCED] };
  return { changed, force: true, notes: [] };
}
