import type { Environment, PlannedDeploy, Problem, ReleaseRecord, Running } from '@kdcube/release/internal';
import {
  descriptorPrefix,
  KdcubeError,
  planDeploy,
  readStoredDescriptor,
  runningFromRecord,
  type StoredDescriptor,
} from '@kdcube/release/internal';
import { configuredRegistry, environmentRegistry, externalImages, releaseImages } from '../../../workspace/environment';
import type { EnvOptions } from '../../env';
import { headCommit } from '../../../git/worktree';
import { describeUnpushed, releasedImages, withPlannedImages, type ReleasedImage } from '../../../images/released-images';
import type { Log } from '../../../system/log';
import { findImageGit } from '../../git-mode/image-git';
import { prepareBundles } from '../../git-mode/prepare';
import { requirePushed } from '../../git-mode/pushed';
import type { OpenRelease } from '../../../workspace/workspace';
import { clusterOf, withEcs } from '../ecs-port';
import { offlineRecord } from '../../records/known-record';
import { readCustomDefinitions } from './custom-definitions';
import { packing } from './packing';
import { readRunning } from './read-running';
import { compareRunningImages } from './running-images';
import { readRegistryImages } from '../../registry-images';
import { describeStaleEnvironments } from '../../stale-environments';
import { addCommitSubjects } from './commit-subjects';
import { uncommittedFiles, publishedReasons, recordedBundles } from '../../release-facts';

export interface PlanReleaseOptions extends EnvOptions {
  /** Reads the last successful record of an environment; undefined if there is none. Not called offline. */
  lastRecord?: (environment: Environment) => Promise<ReleaseRecord | undefined>;
}

export interface PlannedRelease extends PlannedDeploy {
  running: Running;
  notes: Problem[];
  images: ReleasedImage[];
  /** The last successful record that the plan was compared with. */
  record?: ReleaseRecord;
}

/** Plans a deploy of this release: reads the release, the environment, the registry and what runs (`offline`: the last record, without AWS). Writes nothing. */
export async function planRelease(
  open: OpenRelease,
  written: Environment,
  options: PlanReleaseOptions,
  log: Log,
): Promise<PlannedRelease> {
  const { root, release } = open;
  const { offline } = options;
  requireEcs(written);
  const { environment, descriptor, sources, notes } = await prepareBundles(open, written, options.registries, log);
  if (!offline) await requirePushed(open, descriptor.clones, log);
  const custom = readCustomDefinitions(root, environment);
  const { images, running, record } = await readState(open, environment, options, log);
  const compared = offline
    ? { reasons: new Map<string, string[]>() }
    : await compareRunningImages(environment, running, images, log);
  const { reasons, ...runningBundles } = compared;
  const references = [
    ...images.map(({ reference }) => reference),
    ...externalImages(environment).map(({ reference }) => reference),
  ];
  const uncommitted = await uncommittedFiles(root, environment, images);
  const imagesByName = new Map(images.map(({ plan: { image }, reference }) => [image, reference]));
  const commit = uncommitted.length === 0 ? await headCommit(root) : undefined;
  const { plan, values } = planDeploy({
    environment,
    release,
    name: release.name ?? 'unnamed',
    ...(commit !== undefined && { commit }),
    uncommitted,
    descriptor,
    images: imagesByName,
    imageHasGit: offline ? undefined : await findImageGit(environment, release.generation, imagesByName, log),
    registryImages: offline ? new Map() : await readRegistryImages(references, log),
    imageReasons: new Map([...reasons, ...publishedReasons(environment)]),
    customDefinitions: custom.definitions,
    running,
    record,
    storedDescriptor: offline ? undefined : await readDescriptorSecrets(environment, running, release.bundles),
    bundles: await recordedBundles(open, sources, log),
    subjects: new Map(),
    packing,
    ...runningBundles,
  });
  const stale = offline ? [] : await describeStaleEnvironments(environment, plan.services, release.generation, log);
  const withNotes = { ...plan, notes: [...plan.notes, ...stale, ...describeUnpushed(images)] };
  const withSubjects = await addCommitSubjects(open, withNotes, offline);
  return { plan: withSubjects, values, running, notes: [...notes, ...custom.notes], images, record };
}

function requireEcs({ name, services }: Environment): void {
  if (services.some(({ target }) => target === 'ecs')) return;
  throw new KdcubeError({
    code: 'wrong-target',
    message: `No service of ${name} runs on ECS.`,
    hint: `nx run release:deploy:${name}    deploys to where the environment says`,
  });
}

/** The release's images, and what runs: from the registry and ECS, or offline from the last record. */
async function readState(
  open: OpenRelease,
  environment: Environment,
  options: PlanReleaseOptions,
  log: Log,
): Promise<{ images: ReleasedImage[]; running: Running; record?: ReleaseRecord }> {
  const { root } = open;
  const { offline, registries, lastRecord } = options;
  const names = releaseImages(environment);
  const registry =
    names.length === 0 ? configuredRegistry(environment, registries) : environmentRegistry(environment, registries);
  const last = offline ? await offlineRecord(root, environment.name, registry, log) : undefined;
  const source = { ...options, root, ...(last?.registry && { connection: last.registry }) };
  const images = await withPlannedImages(open, names, options, log, async (planned) =>
    registry ? releasedImages(planned, registry, source, log) : [],
  );
  if (last) return { images, record: last.record, running: runningFromRecord(last.record, clusterOf(environment), last.source) };
  const record = await lastRecord?.(environment);
  return { images, record, running: await readRunningState(environment, record) };
}

/** The bundle descriptor in Secrets Manager; undefined if it is elsewhere. */
export async function readDescriptorSecrets(
  environment: Environment,
  running: Running,
  bundles: readonly { id: string }[],
): Promise<StoredDescriptor | undefined> {
  const prefix = descriptorPrefix(environment, running);
  if (prefix === undefined) return undefined;
  const ids = bundles.map(({ id }) => id);
  return withEcs(clusterOf(environment), (ecs) => readStoredDescriptor(ecs, prefix, ids));
}

export function readRunningState(environment: Environment, record?: ReleaseRecord): Promise<Running> {
  const recorded = Object.values(record?.services ?? {}).filter(({ component }) => component === 'postgres-setup');
  const definitions = recorded.flatMap(({ taskDefinition }) => taskDefinition ?? []);
  return withEcs(clusterOf(environment), (ecs) => readRunning(ecs, environment, definitions));
}
