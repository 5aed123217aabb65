import type { ImageTag, RegistryName } from '@kdcube/release/internal';
import { builtImageNames, customerTags, platformPinFile, requirePin, tagSafe } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { inParallel, PARALLEL_REQUESTS, settleAll } from '../../system/parallel';
import { openRegistry } from '../../workspace/registries';
import type { OpenRelease } from '../../workspace/workspace';
import type { MirrorJob } from '../published/mirror';
import { branchOf, commitOf } from '../push/tags';
import { withPlannedImages } from '../released-images';
import { builtEntry, imagePlace, type InventoryResult, offlineEntry, publishedEntry, repositoryName } from './entry';
import { readBuilt, readPublished, type ReadOptions } from './read';

interface InventoryOptions extends Pick<ReadOptions, 'trust' | 'platform'> {
  args: Readonly<Record<string, string>>;
  tagPrefix?: string;
  /** Reads pins and receipts only. */
  offline: boolean;
}

/**
 * Reads every image of the release: those that are built here, then the published ones. Problems of one image are in its result; a stale
 * pin is thrown.
 */
export async function readInventory(
  open: OpenRelease,
  target: RegistryName,
  { trust, platform, args, tagPrefix, offline }: InventoryOptions,
  log: Log,
): Promise<InventoryResult[]> {
  const { root, workspace } = open;
  const published = workspace.pins.platform.map(({ subject, pin, fits }): MirrorJob => {
    const image = subject.name;
    return { image, pin: requirePin(pin, fits, image, platformPinFile(image)) };
  });
  const names = builtImageNames(workspace);
  return withPlannedImages(open, names, { platform, args, offline }, log, async (built) => {
    if (offline) {
      const entries = [...built.map(builtEntry), ...published.map(publishedEntry)];
      return entries.map((entry) => ({ entry: offlineEntry(root, entry, repositoryName(target, entry.image)), problems: [] }));
    }
    const registry = openRegistry(target.host, log);
    const place = (image: string) => imagePlace(registry, target, image);
    // By default, the platform's images are in the registry of the release's images.
    const registries = { ...trust.registries, platform: trust.registries.platform ?? target };
    const options = { root, platform, trust: { ...trust, registries }, tags: await tagsOf(open, tagPrefix) };
    // At the same time: a registry that does not respond is waited for once.
    const results = await settleAll([
      inParallel(built, 4, (job) => readBuilt(job, place(job.plan.image), options, log)),
      inParallel(published, PARALLEL_REQUESTS, (job) => readPublished(job, place(job.image), options)),
    ]);
    return results.flat();
  });
}

/** The tags that docker-push and tag set at this commit. */
async function tagsOf({ root, release }: OpenRelease, prefix?: string): Promise<ImageTag[]> {
  const [branch, commit] = await Promise.all([branchOf({ root }), commitOf({ root })]);
  const named = release.name === undefined ? [] : [{ tag: tagSafe(release.name), moving: false }];
  return [...named, ...customerTags({ branch, commit }, prefix)];
}
