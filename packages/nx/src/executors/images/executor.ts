import type { ExecutorContext } from '@nx/devkit';
import { DEFAULT_PLATFORM, DEFAULT_TAG_PREFIX, KdcubeError, shown } from '@kdcube/release/internal';
import { readInventory } from '../../images/inventory/inventory';
import { createRepositories } from '../../images/inventory/repositories';
import { requireRegistry, withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { ImagesOptions } from './schema';
import { createdText, imageNotes, imagesTable, summaryLine } from './table';

/** Lists every image of the release, with `create` after it made missing repositories. The table is complete even if some images cannot be read; their Problems follow it. */
export default function images(options: ImagesOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    if (options.create && options.offline) throw createOffline();
    const open = await openRelease(root, plugin);
    const trust = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release));
    const target = requireRegistry(trust.registries);
    const { platform = DEFAULT_PLATFORM } = trust;
    const { args, offline } = options;
    const created = options.create
      ? await createRepositories(open.workspace, target, plugin.tagPrefix ?? DEFAULT_TAG_PREFIX, log)
      : undefined;
    const results = await readInventory(open, target, { trust, platform, args, offline, tagPrefix: plugin.tagPrefix }, log);
    const entries = results.map(({ entry }) => entry);
    const registry = shown(target);
    log.event({ event: 'images', registry, platform, offline, images: entries });
    log.lines(imagesTable(entries));
    if (!offline) imageNotes(entries).forEach(log.note);
    log.lines([`${createdText(created)}${summaryLine(entries, registry, offline)}`]);
    // A registry that cannot be read has the same Problem for every image.
    const problems = [...new Map(results.flatMap((result) => result.problems.map((each) => [each.message, each]))).values()];
    if (problems.length > 0) throw new KdcubeError(problems);
  });
}

function createOffline(): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: '--create asks the registry, and --offline forbids that.',
    hint: 'nx run release:images --create',
  });
}
