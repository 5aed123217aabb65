import * as fs from 'node:fs';
import * as path from 'node:path';
import type {
  BundlePin,
  Environment,
  PlannedDeploy,
  Problem,
  RecordedBundle,
  ReleaseRecord,
  Running,
  TaskDefinition,
} from '@kdcube/release/internal';
import {
  descriptorOptions,
  KdcubeError,
  planDeploy,
  planDescriptor,
  readTaskDefinition,
  runningOfRecord,
} from '@kdcube/release/internal';
import { findBundle } from '../../../workspace/bundles';
import { imagesOf, namedRegistry, registryOf } from '../../../workspace/environment';
import type { EnvWords } from '../../env';
import { fileProblem } from '../../../system/files';
import { headCommit } from '../../../git/workspace';
import { withSnapshot } from '../../../git/snapshot';
import { plannedImages, releasedImages, type ReleasedImage } from '../../../images/released';
import type { Log } from '../../../system/log';
import { toTheEnd } from '../../../system/parallel';
import { pinOf, type OpenRelease } from '../../../workspace/workspace';
import { openEcs } from '../ecs-port';
import { offlineRecord } from '../records/known-record';
import { packing } from './packing';
import { readRunning } from './read';
import { imagesThatRun, knownImages } from './running-images';
import { withSubjects } from './subjects';

export interface PlanWords extends EnvWords {
  /** The last good record of an environment; undefined where there is none. Not asked for offline. */
  lastRecord?: (environment: Environment) => Promise<ReleaseRecord | undefined>;
}

export interface PlannedRelease extends PlannedDeploy {
  running: Running;
  notes: Problem[];
  images: ReleasedImage[];
}

/** What a deploy of this release to this environment would do: from the release, the environment, the registry, and what runs (`offline`: the last record, without AWS). Nothing is written anywhere. */
export async function plannedDeploy(
  open: OpenRelease,
  environment: Environment,
  words: PlanWords,
  log: Log,
): Promise<PlannedRelease> {
  const { root, release } = open;
  const { platform, offline } = words;
  if (!environment.services.some(({ target }) => target === 'ecs'))
    throw new KdcubeError({
      code: 'wrong-target',
      message: `No service of ${environment.name} runs on ECS, and this plan is about ECS.`,
      hint: `nx run release:env:${environment.name}`,
    });
  const own = ownDefinitions(root, environment);
  const planned = await plannedImages(open, imagesOf(environment), { platform }, log);
  const registry =
    planned.length === 0 ? namedRegistry(environment, words.registries) : registryOf(environment, words.registries);
  const known = offline ? await offlineRecord(root, environment.name, registry, log) : undefined;
  const from = { offline, ...(known?.registry && { registry: known.registry }) };
  const images = registry ? await releasedImages(root, planned, registry, from, log) : [];
  const record = known ? known.record : await words.lastRecord?.(environment);
  const running = known ? runningOfRecord(record, placeOf(environment), known.source) : await whatRuns(environment, record);
  const before = offline ? { reasons: new Map<string, string[]>() } : await imagesThatRun(environment, running, images, log);
  const references = [...images.map(({ reference }) => reference), ...outsideImages(environment)];
  const pins = new Map<string, BundlePin>();
  for (const bundle of release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, pinOf(open, bundle));
  const committed = images.every(({ uncommitted }) => uncommitted.length === 0);
  const commit = committed ? await headCommit(root) : undefined;
  const { plan, values } = planDeploy({
    environment,
    release,
    name: release.name ?? 'unnamed',
    ...(commit !== undefined && { commit }),
    descriptor: planDescriptor(release, pins, descriptorOptions(environment)),
    images: new Map(images.map(({ plan: { image }, reference }) => [image, reference])),
    knownImages: offline ? new Map() : await knownImages(references, log),
    own: own.definitions,
    running,
    record,
    bundles: await bundlesOf(open, log),
    subjects: new Map(),
    packing,
    ...before,
  });
  return { plan: await withSubjects(open, plan, offline), values, running, notes: own.notes, images };
}

function placeOf({ ecs }: Environment) {
  return { account: ecs.account ?? '', region: ecs.region ?? '', cluster: ecs.cluster ?? '' };
}

export async function whatRuns(environment: Environment, record?: ReleaseRecord): Promise<Running> {
  const { region = '', cluster = '' } = environment.ecs;
  const ecs = await openEcs({ region, cluster });
  try {
    const recorded = Object.values(record?.services ?? {}).filter(({ component }) => component === 'postgres-setup');
    const definitions = recorded.flatMap(({ taskDefinition }) => taskDefinition ?? []);
    return await readRunning(ecs, environment, definitions);
  } finally {
    ecs.close();
  }
}

function outsideImages({ services, exec }: Environment): string[] {
  return [...services.map(({ image }) => image), ...(exec ? [exec.image] : [])].flatMap((image) =>
    image.kind === 'digest' ? [image.reference] : [],
  );
}

/** The release's bundles as they are now: what is pinned by its pin, the rest by its folder. */
async function bundlesOf(open: OpenRelease, log: Log): Promise<RecordedBundle[]> {
  return withSnapshot(open.root, async (snapshot) => {
    const looking = open.release.bundles.map((bundle) => findBundle(open, bundle, snapshot, { offline: true, log }));
    const found = await toTheEnd(looking);
    return found.map(({ content, pin }) => ({ ...content, ...(pin && { ref: pin.ref, commit: pin.commit }) }));
  });
}

/** The customer's own task definitions, named by their paths in the environment. Every problem of all at once. */
export function ownDefinitions(
  root: string,
  environment: Environment,
): { definitions: Map<string, TaskDefinition>; notes: Problem[] } {
  const definitions = new Map<string, TaskDefinition>();
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  for (const service of environment.services) {
    const file = service.taskDefinition;
    if (service.target !== 'ecs' || file === 'environment' || file === 'running') continue;
    const content = contentOf(root, file);
    if (content === undefined) {
      problems.push({
        code: 'task-definition-missing',
        message: `${file} is not there, and ${service.name} takes its task definition from it.`,
        hint: `task_definition: environment    or running, of ${service.name}`,
        at: { file },
      });
      continue;
    }
    const read = readTaskDefinition(content, file, service);
    problems.push(...read.problems);
    notes.push(...read.notes);
    if (read.definition) definitions.set(service.name, read.definition);
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  return { definitions, notes };
}

function contentOf(root: string, file: string): Buffer | undefined {
  try {
    return fs.readFileSync(path.resolve(root, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileProblem(error, file);
  }
}
