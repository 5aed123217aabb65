import type { EnvironmentStatus, ServiceStatus } from '../../../deploy/environment-status';
import { lastGood, type ReleaseRecord } from '../../../deploy/record';
import { describeOpenDeployment } from '../rollout/native/stages';
import type { ServiceDeploymentState, ServiceState, TaskState } from '../rollout/port/port';
import { findLock } from '../rollout/lock';
import { activeForceFlags } from '../plan/force-flags';
import { familyRevision } from '../../../deploy/short-names';
import { expectedDigests, type RegistryImage } from '../task-definition/expected-digests';
import type { TaskDefinition } from '../task-definition/task-definition';

export interface StatusInput {
  /** Of the environment, the newest first. What should run is in the last good one. */
  records: readonly ReleaseRecord[];
  /** Milliseconds since 1970, as AWS has it. */
  now: number;
  /** By the name of the ECS service. */
  services: ReadonlyMap<string, ServiceState>;
  /** Deployments in progress with a native strategy, by the name of the ECS service. */
  deployments?: ReadonlyMap<string, ServiceDeploymentState>;
  /** Running ones, by the name of the ECS service. */
  tasks: ReadonlyMap<string, TaskState[]>;
  /** By ARN. */
  definitions: ReadonlyMap<string, TaskDefinition>;
  /** What the registry says of each image of the record. */
  knownImages: ReadonlyMap<string, RegistryImage>;
  /** Of release.yaml as it is here: id → tree, for what is pinned. */
  pinned: ReadonlyMap<string, { tree: string; ref: string; commit: string }>;
  /** In git mode: the commits in proc's running descriptor. */
  cloned?: ReadonlyMap<string, { commit?: string }>;
  releaseHere?: string;
}

/** What runs, against the last good record. `names`: the services that the environment has, with their ECS names. */
export function statusOf(names: ReadonlyMap<string, string>, input: StatusInput): EnvironmentStatus {
  const { records, pinned, cloned, releaseHere, now } = input;
  const record = lastGood(records);
  const lock = findLock([...input.services.values()], now);
  const all = new Map([
    ...names,
    ...Object.entries(record?.services ?? {})
      .filter(([, { component }]) => component !== 'postgres-setup')
      .map(([name, { serviceName }]) => [name, serviceName] as const),
  ]);
  const services = [...all].map(([service, serviceName]) => serviceStatus(service, serviceName, record, input));
  const bundles = (record?.bundles ?? []).map(({ id, tree, ref, commit }) => ({
    id,
    tree,
    ...(ref !== undefined && { ref }),
    ...(commit !== undefined && { commit }),
    drift: cloned ? cloneDrift(commit, cloned.get(id)) : [],
  }));
  const notDeployed = [
    ...(record && releaseHere !== undefined && releaseHere !== record.release ? [`release.yaml is ${releaseHere}`] : []),
    ...[...pinned].flatMap(([id, { tree, ref, commit }]) => {
      const previous = bundles.find((bundle) => bundle.id === id);
      if (!previous) return [`${id} is new in release.yaml`];
      const clone = cloned?.get(id)?.commit;
      if (clone !== undefined)
        return clone === commit
          ? []
          : [`${id} is pinned at ${shortCommit(commit)}, and the descriptor names ${shortCommit(clone)}`];
      return previous.tree === tree ? [] : [`${id} is at ${ref} in release.yaml`];
    }),
  ];
  return {
    ...(record && { release: record.release, since: record.endedAt }),
    ...(records[0] && records[0] !== record && { lastAttempt: attemptOf(records[0]) }),
    ...(lock && { underWay: { release: lock.release, until: new Date(lock.until).toISOString() } }),
    services,
    bundles,
    drift: [
      ...services.flatMap(({ service, drift }) => drift.map((what) => `${service}: ${what}`)),
      ...bundles.flatMap(({ id, drift }) => drift.map((what) => `${id}: ${what}`)),
    ],
    notDeployed: record ? notDeployed : [],
  };
}

/** What proc clones, against what was deployed: another client may have registered another descriptor. */
function cloneDrift(deployed: string | undefined, clone: { commit?: string } | undefined): string[] {
  if (!clone) return ['the descriptor does not have it'];
  if (deployed === undefined || clone.commit === undefined || clone.commit === deployed) return [];
  return [`the descriptor names ${shortCommit(clone.commit)}, and ${shortCommit(deployed)} was deployed`];
}

function shortCommit(commit: string): string {
  return commit.slice(0, 12);
}

function attemptOf({ release, attempt, verdict, endedAt, reason }: ReleaseRecord): EnvironmentStatus['lastAttempt'] {
  return { release, attempt, verdict, endedAt, reason };
}

function serviceStatus(
  service: string,
  serviceName: string,
  record: ReleaseRecord | undefined,
  { services, tasks, definitions, knownImages, deployments }: StatusInput,
): ServiceStatus {
  const seen = services.get(serviceName);
  const recorded = record?.services[service];
  if (!seen)
    return { service, serviceName, status: 'missing', running: 0, desired: 0, others: 0, drift: ['the service is not there'] };
  const definition = definitions.get(seen.taskDefinition);
  const image = recorded && definition?.containerDefinitions.find((each) => each.image === recorded.image)?.image;
  const shown = image ?? definition?.containerDefinitions[0]?.image;
  const primary = seen.deployments.find(({ status }) => status === 'PRIMARY');
  const running = primary?.running ?? seen.running;
  const drift: string[] = [];
  if (seen.status !== 'ACTIVE') drift.push(`the service is ${seen.status}`);
  if (recorded?.taskDefinition !== undefined && recorded.taskDefinition !== seen.taskDefinition)
    drift.push(`it is on ${familyRevision(seen.taskDefinition)}, and ${familyRevision(recorded.taskDefinition)} was deployed`);
  else if (recorded && definition && image === undefined) drift.push(`its revision has another image than ${recorded.image}`);
  if (definition)
    for (const flag of activeForceFlags(definition))
      drift.push(`${flag} is on: the next task that starts overwrites what is in Redis`);
  const allowed = recorded && [recorded.digest, ...expectedDigests(recorded.image, definition ?? {}, knownImages)];
  const others = (tasks.get(serviceName) ?? []).flatMap(({ lastStatus, containers }) =>
    lastStatus === 'RUNNING' && allowed && recorded?.taskDefinition === seen.taskDefinition
      ? containers.flatMap(({ name, digest }) =>
          digest !== undefined &&
          !allowed.includes(digest) &&
          definition?.containerDefinitions.find((each) => each.name === name)?.image === recorded.image
            ? [digest]
            : [],
        )
      : [],
  );
  for (const digest of new Set(others)) drift.push(`a task runs ${digest}`);
  const open = deployments?.get(serviceName);
  if (open) drift.push(describeOpenDeployment(open));
  if (seen.running < seen.desired) drift.push(`${seen.running} of ${seen.desired} tasks run`);
  return {
    service,
    serviceName,
    status: seen.status,
    taskDefinition: seen.taskDefinition,
    ...(shown !== undefined && { image: shown }),
    running,
    desired: seen.desired,
    others: Math.max(0, seen.running - running),
    ...(primary && { since: new Date(primary.updatedAt).toISOString() }),
    ...(primary?.rollout !== undefined && { rollout: primary.rollout }),
    drift,
  };
}
