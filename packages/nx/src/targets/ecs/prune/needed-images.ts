import {
  type Ecs,
  type Environment,
  execImageOf,
  findLock,
  KdcubeError,
  parseImageReference,
  type ReleaseRecord,
  type TaskDefinition,
} from '@kdcube/release/internal';
import { awsClock } from '../../../aws/clock';
import { clusterOf, ecsServiceNames, withEcs } from '../ecs-port';
import { readRunning } from '../plan/read-running';

/** The images that may not be removed. */
export interface NeededImages {
  /** Why, by digest. */
  digests: Map<string, string>;
  /** Images that a task definition names by a tag: why, by reference. */
  references: Map<string, string>;
}

interface RollbackWindow {
  /** The successful deployments of each environment to keep. */
  keep: number;
  /** Records from this time on are all kept. Milliseconds since 1970. */
  since: number;
}

/** The records that a rollback may go to: the last `keep` successful ones of each environment, the newest one, and those since a time. `records` are newest first. */
export function recordsInWindow(records: readonly ReleaseRecord[], { keep, since }: RollbackWindow): ReleaseRecord[] {
  return [...new Set(records.map((record) => record.environment))].flatMap((environment) => {
    const own = records.filter((record) => record.environment === environment);
    const good = new Set(own.filter(({ verdict }) => verdict === 'succeeded').slice(0, keep));
    return own.filter((record) => record === own[0] || good.has(record) || !(Date.parse(record.endedAt) < since));
  });
}

export function imagesOfRecords(records: readonly ReleaseRecord[]): Map<string, string> {
  const needed = new Map<string, string>();
  for (const record of records)
    for (const digest of digestsOf(record))
      if (!needed.has(digest)) needed.set(digest, `the record of ${record.release} in ${record.environment} names it`);
  return needed;
}

/** When each image was deployed first. Milliseconds since 1970. */
export function firstDeployed(records: readonly ReleaseRecord[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const record of records)
    for (const digest of digestsOf(record)) {
      const at = Date.parse(record.startedAt);
      if (Number.isFinite(at)) first.set(digest, Math.min(at, first.get(digest) ?? at));
    }
  return first;
}

function digestsOf({ services, exec }: ReleaseRecord): string[] {
  const images = [...Object.values(services), ...(exec ? [exec] : [])];
  return images.flatMap(({ digest, image }) => [digest, ...digestIn(image)]);
}

/** The images of the services, their running tasks, the latest revision of each task definition, and the revisions of the records in the rollback window. Problems of AWS, and `deploy-in-progress`: a deploy is about to use images that nothing names yet. */
export async function imagesThatRun(
  environment: Environment,
  records: readonly ReleaseRecord[],
  inWindow: readonly ReleaseRecord[],
): Promise<NeededImages> {
  const clock = awsClock();
  return withEcs(clusterOf(environment), (ecs) => readImages(ecs, environment, records, inWindow, clock.now()), clock);
}

async function readImages(
  ecs: Ecs,
  environment: Environment,
  records: readonly ReleaseRecord[],
  inWindow: readonly ReleaseRecord[],
  now: number,
): Promise<NeededImages> {
  const needed: NeededImages = { digests: new Map(), references: new Map() };
  const why = `it runs in ${environment.name}`;
  const recorded = records.flatMap(({ services }) => Object.values(services).map(({ serviceName }) => serviceName));
  const services = await ecs.describeServices([...new Set([...ecsServiceNames(environment), ...recorded])]);
  // Of each service: a deploy of another release may have chosen the carrier of its lock from other services.
  const lock = services.map((service) => findLock([service], now)).find((found) => found !== undefined);
  if (lock) throw deployInProgress(environment.name, lock.release);
  const arns = new Set([
    ...services.flatMap((service) => [
      service.taskDefinition,
      ...service.deployments.map((deployment) => deployment.taskDefinition),
    ]),
    // A rollback starts these, with images that the record does not name: sidecars, and what bundles run code in.
    ...inWindow.flatMap((record) => Object.values(record.services).map(({ taskDefinition }) => taskDefinition ?? '')),
  ]);
  const families = environment.exec?.fargate ? [environment.exec.fargate.family] : [];
  for (const { name, status } of services) {
    if (status === 'INACTIVE') continue;
    for (const task of await ecs.listServiceTasks(name, 'RUNNING')) addTask(task);
  }
  for (const family of families) for (const task of await ecs.listFamilyTasks(family, 'RUNNING')) addTask(task);
  const { definitions } = await readRunning(
    ecs,
    environment,
    [...arns].filter((arn) => arn !== ''),
  );
  for (const definition of Object.values(definitions)) addDefinition(definition);
  return needed;

  function addTask({ taskDefinition, containers }: Awaited<ReturnType<Ecs['listServiceTasks']>>[number]): void {
    arns.add(taskDefinition);
    for (const { digest } of containers) if (digest !== undefined) needed.digests.set(digest, why);
  }

  function addDefinition({ containerDefinitions }: TaskDefinition): void {
    const exec = containerDefinitions.flatMap((container) => execImageOf(container) ?? []);
    const images = [...containerDefinitions.map((container) => container.image), ...exec.filter(isReference)];
    for (const image of images) {
      if (typeof image !== 'string') continue;
      for (const digest of digestIn(image)) needed.digests.set(digest, why);
      if (digestIn(image).length === 0) needed.references.set(image, why);
    }
  }
}

function digestIn(image: string): string[] {
  const digest = isReference(image) ? parseImageReference(image).digest : undefined;
  return digest === undefined ? [] : [digest];
}

function isReference(image: string): boolean {
  try {
    parseImageReference(image);
    return true;
  } catch (error) {
    if (error instanceof KdcubeError) return false;
    throw error;
  }
}

function deployInProgress(environment: string, release: string): KdcubeError {
  return new KdcubeError({
    code: 'deploy-in-progress',
    message: `The release ${release} is being deployed to ${environment}: it may use an image that nothing else names yet.`,
    hint: 'try again when the deploy has ended',
  });
}
