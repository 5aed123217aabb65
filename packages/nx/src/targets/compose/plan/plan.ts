import {
  type BaseConfig,
  type ComposePlan,
  composeServices,
  type Environment,
  type HostRelease,
  KdcubeError,
  lastGoodRelease,
  listChanges,
  planCompose,
  type PlannedCompose,
  type Problem,
} from '@kdcube/release/internal';
import { headCommit } from '../../../git/worktree';
import { describeUnpushed, type ReleasedImage, releasedImages, withPlannedImages } from '../../../images/released-images';
import type { Log } from '../../../system/log';
import { inParallel } from '../../../system/parallel';
import { environmentRegistry, externalImages, releaseImages } from '../../../workspace/environment';
import type { OpenRelease } from '../../../workspace/workspace';
import type { EnvOptions } from '../../env';
import { findImageGit } from '../../git-mode/image-git';
import { prepareBundles } from '../../git-mode/prepare';
import { requirePushed } from '../../git-mode/pushed';
import { readLabels, readRegistryImages } from '../../registry-images';
import { describeStaleEnvironments } from '../../stale-environments';
import { publishedReasons, recordedBundles, uncommittedFiles } from '../../release-facts';
import { publishedPortsOf, readBase } from '../compose-command';
import { readContainers } from '../docker';
import type { Host } from '../host/host';
import { checkHost } from '../host/preflight';
import { type ComposePlace, composePlace } from '../place';
import { readReleases } from '../releases';
import { readHostAssembly, withConfigFiles } from './config-files';
import { readSecretStamps, requireNoOverrides } from '../secrets/secrets';

export interface PlannedHostRelease extends PlannedCompose {
  notes: Problem[];
  images: ReleasedImage[];
  /** The last release that succeeded on the host. */
  last?: HostRelease;
}

/** Plans a deploy of this release to a host: reads the release, the environment, the registry and the host. Writes nothing. */
export async function planHostRelease(
  open: OpenRelease,
  written: Environment,
  host: Host,
  options: EnvOptions,
  log: Log,
): Promise<PlannedHostRelease> {
  const { root, release } = open;
  const place = composePlace(written);
  const { environment, descriptor, sources, notes } = await prepareBundles(open, written, options.registries, log);
  await requirePushed(open, descriptor.clones, log);
  const images = await findImages(open, environment, options, log);
  const base = await readCheckedBase(host, place, environment, log);
  const state = { containers: await readContainers(host, place), ...(await readHostReleases(host, place, log)) };
  const last = lastGoodRelease(state.releases);
  const imagesByName = new Map(images.map(({ plan: { image }, reference }) => [image, reference]));
  const uncommitted = await uncommittedFiles(root, environment, images);
  const commit = uncommitted.length === 0 ? await headCommit(root) : undefined;
  const references = [...imagesByName.values(), ...externalImages(environment).map(({ reference }) => reference)];
  const registryImages = await readRegistryImages(references, log);
  const planned = await withConfigFiles(host, planCompose, {
    environment,
    release,
    name: release.name ?? 'unnamed',
    ...(commit !== undefined && { commit }),
    uncommitted,
    descriptor,
    images: imagesByName,
    imageDigests: new Map(
      [...registryImages].map(([reference, { children }]) => [reference, children.map(({ digest }) => digest)]),
    ),
    imageReasons: new Map([...(await imageReasons(environment, images, last, log)), ...publishedReasons(environment)]),
    bundles: await recordedBundles(open, sources, log),
    imageHasGit: await findImageGit(environment, release.generation, imagesByName, log),
    base,
    secretStamps: await readSecretStamps(host, place, environment),
    state,
    host: host.name,
    configFiles: new Map(),
    assembly: await readHostAssembly(host, environment, base),
  });
  await requireNoOverrides(host, environment, planned.plan);
  const stale = await describeStaleEnvironments(environment, planned.plan.services, release.generation, log);
  const plan = { ...planned.plan, notes: [...planned.plan.notes, ...stale, ...describeUnpushed(images)] };
  return { ...planned, plan, notes, images, ...(last && { last }) };
}

/** Checks the host, and reads its compose file. A host that lacks something is the better explanation of a compose file that cannot be read. */
async function readCheckedBase(host: Host, place: ComposePlace, environment: Environment, log: Log): Promise<BaseConfig> {
  const services = composeServices(environment);
  const needs = { ...place, architectures: [...new Set(services.map(({ architecture }) => architecture))] };
  const base = await readBase(host, place, environment).catch(async (error: unknown) => {
    await checkHost(host, { ...needs, ports: [] });
    throw error;
  });
  for (const { status, kind, subject, detail } of await checkHost(host, { ...needs, ports: publishedPortsOf(base, environment) }))
    if (status === 'unknown') log.note(`the ${kind} ${subject} ${detail}`);
  return base;
}

/** Refuses a saved plan if the host's compose file, a secret file or the place has changed since. `fresh`: a plan that was made just now. Problem `plan-outdated`. */
export function requireSameHost(saved: ComposePlan, fresh: ComposePlan): void {
  const places = [saved, fresh].map(({ host, project, directory, file }) => JSON.stringify([host, project, directory, file]));
  const changed = changedOnHost(saved, fresh);
  if (places[0] === places[1] && changed === undefined) return;
  throw new KdcubeError({
    code: 'plan-outdated',
    message:
      places[0] === places[1]
        ? `The plan is out of date: since it was made, ${changed} on the host has changed.`
        : `The plan was made for ${saved.host} ${saved.directory}, and the environment names another place now.`,
    hint: `nx run release:plan:${fresh.environment}    makes a new plan`,
  });
}

function changedOnHost(saved: ComposePlan, fresh: ComposePlan): string | undefined {
  const secret = Object.entries(fresh.secretStamps).find(([path, stamp]) => saved.secretStamps[path] !== stamp);
  if (secret) return secret[0];
  const services = Object.entries(fresh.content.services);
  const other = services.find(([name, { baseHash }]) => (saved.content.services[name]?.baseHash ?? baseHash) !== baseHash);
  return other && `what ${fresh.file} says of ${other[0]}`;
}

async function findImages(open: OpenRelease, environment: Environment, options: EnvOptions, log: Log): Promise<ReleasedImage[]> {
  const names = releaseImages(environment);
  return withPlannedImages(open, names, options, log, async (planned) =>
    planned.length === 0
      ? []
      : releasedImages(planned, environmentRegistry(environment, options.registries), { ...options, root: open.root }, log),
  );
}

async function readHostReleases(host: Host, place: ComposePlace, log: Log): Promise<{ releases: HostRelease[] }> {
  const { releases, unreadable } = await readReleases(host, place);
  if (unreadable.length > 0)
    log.note(`these releases on the host cannot be read, and old ones are not removed until they can: ${unreadable.join(', ')}`);
  return { releases };
}

/** Why each image of the release differs from that of the last release, by its new reference. */
async function imageReasons(
  environment: Environment,
  images: readonly ReleasedImage[],
  last: HostRelease | undefined,
  log: Log,
): Promise<[string, string[]][]> {
  const found = await inParallel(environment.services, 4, async ({ name, image }): Promise<[string, string[]] | undefined> => {
    const next = image.kind === 'release' ? images.find(({ plan }) => plan.image === image.name) : undefined;
    const before = last?.content.services[name]?.image;
    if (!next || before === undefined || before === next.reference) return undefined;
    const labels = await readLabels(before, next, log);
    return labels && [next.reference, listChanges(labels, next.plan)];
  });
  return found.filter((entry) => entry !== undefined);
}
