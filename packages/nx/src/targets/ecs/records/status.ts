import {
  type Ecs,
  type Environment,
  type EnvironmentStatus,
  type ServiceDeploymentState,
  type ServiceState,
  type TaskState,
  type TaskDefinition,
  type Workspace,
  bundlesInDescriptor,
  descriptorIn,
  isNative,
  isOpen,
  KdcubeError,
  lastGood,
  serviceContainer,
  statusOf,
} from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Repository } from '../../../registry/blobs/blobs';
import { awsClock } from '../../../aws/clock';
import { clusterOf, withEcs } from '../ecs-port';
import { listRecords } from '../../records/records';
import { packing } from '../plan/packing';
import { readRegistryImages } from '../../registry-images';

/** What runs in an environment, asked of ECS, the registry and this checkout. Reads only. */
export async function environmentStatus(
  environment: Environment,
  workspace: Workspace,
  place: Repository,
  log: Log,
): Promise<EnvironmentStatus> {
  const records = await listRecords(place, environment.name, log);
  const record = lastGood(records);
  const names = new Map(
    environment.services
      .filter(({ target, component }) => target === 'ecs' && component !== 'postgres-setup')
      .map(({ name, serviceName }) => [name, serviceName] as const),
  );
  const recorded = Object.values(record?.services ?? {}).map(({ serviceName }) => serviceName);
  const clock = awsClock();
  const read = async (ecs: Ecs) => {
    const seen = await ecs.describeServices([...new Set([...names.values(), ...recorded])]);
    const tasks = new Map<string, TaskState[]>();
    const definitions = new Map<string, TaskDefinition>();
    for (const { name, status, taskDefinition } of seen) {
      if (status === 'ACTIVE') tasks.set(name, await ecs.listServiceTasks(name, 'RUNNING'));
      const definition = await ecs.describeTaskDefinition(taskDefinition);
      if (definition) definitions.set(taskDefinition, definition);
    }
    const known = await readRegistryImages(
      Object.values(record?.services ?? {}).map(({ image }) => image),
      log,
    );
    return statusOf(names, {
      records,
      now: clock.now(),
      services: new Map(seen.map((service) => [service.name, service])),
      tasks,
      deployments: await openDeployments(ecs, seen),
      definitions,
      knownImages: known,
      pinned: pinnedHere(workspace),
      ...(environment.bundles.mode === 'git' && { cloned: clonedBy(environment, seen, definitions) }),
      ...(workspace.release?.name !== undefined && { releaseHere: workspace.release.name }),
    });
  };
  return withEcs(clusterOf(environment), read, clock);
}

/** The deployments with a native strategy that ECS still works on. Without the permission to read them, status says nothing about them. */
async function openDeployments(ecs: Ecs, seen: readonly ServiceState[]): Promise<Map<string, ServiceDeploymentState>> {
  const found = new Map<string, ServiceDeploymentState>();
  for (const service of seen) {
    if (!isNative(service) || service.status !== 'ACTIVE') continue;
    const [newest] = await ecs.listServiceDeployments(service.name).catch((error: unknown) => {
      if (error instanceof KdcubeError && error.problems[0]?.code === 'aws-denied') return [];
      throw error;
    });
    if (newest && isOpen(newest)) found.set(service.name, newest);
  }
  return found;
}

/** What release.yaml pins in this checkout. A workspace bundle's content is its folder, and is not asked for here. */
function pinnedHere({ release, pins }: Workspace): Map<string, { tree: string; ref: string; commit: string }> {
  const found = new Map<string, { tree: string; ref: string; commit: string }>();
  for (const bundle of release?.bundles ?? []) {
    const pin = pins.bundles.find(({ subject, fits }) => subject.id === bundle.id && fits)?.pin;
    if (bundle.kind === 'pinned' && pin) found.set(bundle.id, { tree: pin.tree, ref: pin.ref, commit: pin.commit });
  }
  return found;
}

/** The commits that proc clones. Undefined if its task definition has no descriptor. */
function clonedBy(
  { services }: Environment,
  seen: readonly ServiceState[],
  definitions: ReadonlyMap<string, TaskDefinition>,
): ReturnType<typeof bundlesInDescriptor> | undefined {
  const proc = services.find(({ component, target }) => component === 'proc' && target === 'ecs');
  const state = seen.find(({ name }) => name === proc?.serviceName);
  const definition = state && definitions.get(state.taskDefinition);
  const text = proc && definition && descriptorIn(definition, serviceContainer(definition, proc), packing);
  return text === undefined ? undefined : bundlesInDescriptor(text);
}
