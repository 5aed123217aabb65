import { KdcubeError, quoted } from '../../../problem/problem';
import type { RecordedService, ReleaseRecord } from '../../../deploy/record';
import type { DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import { withoutFlags, flagsOn } from './registry-step';
import { stepNotes } from '../../../deploy/registry-step';
import type { Running } from './running';
import { variablesOf } from './running';
import { asAsked } from '../rollout/register';
import { packedIn, withoutWriter } from '../task-definition/files';
import { reportedDigests, type KnownImage } from '../task-definition/reported';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';
import { wavesOf } from '../../../deploy/waves';

export interface RollbackInput {
  /** The release that is gone back to. */
  record: ReleaseRecord;
  /** What was last said to run, for the bundles that change. */
  last?: ReleaseRecord;
  running: Running;
  /** The revisions that the record names, by ARN, as ECS has them. */
  definitions: ReadonlyMap<string, TaskDefinition>;
  /** What the registry says of each image of the record. */
  knownImages: ReadonlyMap<string, KnownImage>;
}

/** The way back to a release, as a plan like every other: the revisions of its record, one by one, and its descriptor in the registry where another one is there now. No build, and no release.yaml. */
export function planRollback(input: RollbackInput): DeployPlan {
  const { record, running, last } = input;
  const services = Object.entries(record.services)
    .filter(([, { component, taskDefinition }]) => component !== 'postgres-setup' && taskDefinition !== undefined)
    .map(([name, service]) => stepOf(name, service, input));
  const proc =
    services.find(({ component }) => component === 'proc') ?? services.find(({ component }) => component === 'ingress');
  const differs = (variable: string) =>
    proc !== undefined && valueNow(proc, input, variable) !== valueThen(proc, input, variable);
  const now = last?.descriptor ?? record.descriptor;
  const isDescribed = differs('AGENTIC_BUNDLES_JSON') || otherFiles(proc, input) || now !== record.descriptor;
  const descriptor = {
    changed: isDescribed,
    after: record.descriptor,
    force: isDescribed && proc?.component === 'proc',
    ...(record.descriptor === '' && !isDescribed && { unknown: true as const }),
  };
  const differsGateway = differs('GATEWAY_CONFIG_JSON');
  const gateway = { changed: differsGateway, force: differsGateway };
  const { account, region, cluster } = running;
  return {
    plan: 1,
    environment: record.environment,
    release: record.release,
    ...(record.commit !== undefined && { commit: record.commit }),
    account,
    region,
    cluster,
    basis: Object.fromEntries(
      Object.values(running.services).map(({ serviceName, status, taskDefinition, desiredCount }) => [
        serviceName,
        { status, taskDefinition, desiredCount },
      ]),
    ),
    waves: wavesOf(services),
    services,
    bundles: record.bundles.map((after) => {
      const before = last?.bundles.find(({ id }) => id === after.id);
      return {
        id: after.id,
        change: !before ? 'added' : before.tree === after.tree ? 'same' : 'changed',
        ...(before && { before }),
        after,
      };
    }),
    descriptor,
    gateway,
    notes: [`back to ${record.release}, of ${record.endedAt}`, ...stepNotes({ services, descriptor, gateway })],
  };
}

function stepOf(name: string, service: RecordedService, { running, definitions, knownImages }: RollbackInput): ServiceStep {
  const arn = service.taskDefinition!;
  const definition = definitions.get(arn);
  if (!definition)
    throw new KdcubeError({
      code: 'release-not-found',
      message: `${name} ran ${quoted(arn)} in that release, and ECS does not have it any more.`,
      hint: 'deploy the release anew, from its commit',
    });
  const now = running.services[service.serviceName];
  const container = ownOf(definition, service.image);
  const logs = container.logConfiguration as { options?: Record<string, string> } | undefined;
  const change = now?.taskDefinition === arn ? 'none' : 'update';
  const before = now && running.definitions[now.taskDefinition];
  const beforeImage = before && ownOf(before, service.image).image;
  const clean = flagsOn(definition).length > 0 ? withoutFlags(definition, container.name) : definition;
  // A revision that was deregistered can be read, and not be run: it is registered again as it was.
  const isGone = definition.status === 'INACTIVE' || clean !== definition;
  return {
    service: name,
    component: service.component,
    kind: 'service',
    serviceName: service.serviceName,
    container: container.name,
    logGroup: logs?.options?.['awslogs-group'] ?? '',
    change,
    why: change === 'update' ? ['back to an earlier release'] : [],
    image: { ...(beforeImage !== undefined && { before: beforeImage }), after: service.image },
    digests: [...new Set([service.digest, ...reportedDigests(service.image, definition, knownImages)])],
    definition: {
      family: definition.family,
      ...(isGone ? { register: asAsked(clean) as unknown as Record<string, unknown> } : { use: arn }),
      changes: [],
    },
    env: { added: [], changed: [], removed: [] },
    // How many there are is the day's business, and no release's.
    count: { before: now?.desiredCount ?? service.count, after: now?.desiredCount ?? service.count },
    stopTimeout: Number(container.stopTimeout ?? 30),
  };
}

function ownOf({ containerDefinitions }: TaskDefinition, image: string): ContainerDefinition {
  const repository = image.split('@')[0];
  const containers = withoutWriter(containerDefinitions);
  return (
    containers.find((each) => each.image === image) ??
    containers.find((each) => each.image.split('@')[0] === repository) ??
    containers[0] ??
    containerDefinitions[0]!
  );
}

/** Whether what proc is told by a file is something else in that release. */
function otherFiles(proc: ServiceStep | undefined, { running, record, definitions }: RollbackInput): boolean {
  if (!proc) return false;
  const now = running.definitions[running.services[proc.serviceName]?.taskDefinition ?? ''];
  return packedIn(now) !== packedIn(definitions.get(record.services[proc.service]!.taskDefinition!));
}

function valueNow({ serviceName, container }: ServiceStep, { running }: RollbackInput, variable: string): string | undefined {
  const definition = running.definitions[running.services[serviceName]?.taskDefinition ?? ''];
  return valueOf(definition, container, variable);
}

function valueThen(
  { service, container }: ServiceStep,
  { record, definitions }: RollbackInput,
  variable: string,
): string | undefined {
  return valueOf(definitions.get(record.services[service]!.taskDefinition!), container, variable);
}

function valueOf(definition: TaskDefinition | undefined, container: string, variable: string): string | undefined {
  const own = definition?.containerDefinitions.find(({ name }) => name === container) ?? definition?.containerDefinitions[0];
  const found = variablesOf(own).get(variable);
  return found?.value ?? found?.valueFrom;
}

/** The record that `rollback` goes to: the named release's last good one; without a name the last good one that is not what runs now. */
export function chooseRecord(records: readonly ReleaseRecord[], to: string | undefined, running: Running): ReleaseRecord {
  const good = records.filter(({ verdict }) => verdict === 'succeeded');
  const runs = (record: ReleaseRecord) =>
    Object.values(record.services).every(
      ({ serviceName, taskDefinition, component }) =>
        component === 'postgres-setup' || running.services[serviceName]?.taskDefinition === taskDefinition,
    );
  const found = to === undefined ? good.find((record) => !runs(record)) : good.find(({ release }) => release === to);
  if (found) return found;
  const names = [...new Set(good.map(({ release }) => release))];
  throw new KdcubeError({
    code: 'release-not-found',
    message:
      to === undefined
        ? good.length === 0
          ? 'No deploy has ended well here yet: there is no release to go back to.'
          : 'There is no good release in the records but what runs now.'
        : records.some(({ release }) => release === to)
          ? `${quoted(to)} was never deployed well here.`
          : `${quoted(to)} has no record in this environment.`,
    hint: names.length > 0 ? `one of ${names.slice(0, 10).join(', ')}` : 'nx run release:history    lists what was deployed',
  });
}
