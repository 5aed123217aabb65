import type { ExecutorContext } from '@nx/devkit';
import { checkTag, customerTags, tagSafe } from '@kdcube/release/internal';
import type { ImageTag } from '@kdcube/release/internal';
import { headCommit } from '../../git/worktree';
import { openRegistry, resolveRegistries, requireRegistry } from '../../workspace/registries';
import type { ImageJob } from '../../images/job';
import { releasedImages, withPlannedImages } from '../../images/released-images';
import type { PluginOptions } from '../../plugin-options';
import type { Log } from '../../system/log';
import { getManifest } from '../../registry/manifests';
import { checkTagTarget, setTag } from '../../registry/set-tag';
import { openRelease, type OpenRelease } from '../../workspace/workspace';
import { runExecutor } from '../run-task';
import { noImages, notCommitted } from './problems';
import type { TagOptions } from './schema';

/** Tags every image of the release. Every image is looked up, verified and checked before the first tag is set. */
export default function tag(options: TagOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const registries = resolveRegistries(options, plugin);
    const name = requireRegistry(registries);
    const registry = openRegistry(name.host, log);
    const open = await openRelease(root, plugin);
    if (open.workspace.images.length === 0) throw noImages();
    const tags = await tagsOf(open, options, options.tagPrefix ?? plugin.tagPrefix);
    const { engine, trustRegistry } = plugin;
    const trust = { registries, engine, trustRegistry, root, offline: false };
    const images = await committedImages(open, options, plugin, (planned) => releasedImages(planned, name, trust, log), log);
    const found = [];
    // By digest: whoever moves a tag meanwhile changes nothing here.
    for (const { plan, repository, digest } of images)
      found.push({ image: plan.image, repository, manifest: await getManifest(registry, repository, digest) });
    for (const { repository, manifest } of found)
      for (const wanted of tags) await checkTagTarget(registry, repository, wanted, manifest);
    for (const { image, repository, manifest } of found) {
      const { digest } = manifest;
      for (const wanted of tags) {
        if (!options.dryRun) await setTag(registry, repository, wanted, manifest);
        log.done(options.dryRun ? 'would tag' : 'tagged', image, `${wanted.tag} → ${digest}`);
      }
      log.event({ event: 'tagged', dryRun: options.dryRun, image, digest, tags: tags.map((wanted) => wanted.tag) });
    }
  });
}

/** The release's name, the given tags and the commit; a given tag may equal the release's name. */
async function tagsOf({ root, release }: OpenRelease, { tags }: TagOptions, tagPrefix?: string): Promise<ImageTag[]> {
  const wanted: ImageTag[] = [
    ...(release.name ? [{ tag: tagSafe(release.name), moving: false }] : []),
    ...tags.map((given) => ({ tag: checkTag(given), moving: false })),
    ...customerTags({ commit: await headCommit(root) }, tagPrefix),
  ];
  return [...new Map(wanted.map((each) => [each.tag, each])).values()];
}

/** Plans all images of the release for `work`. Problem `not-committed`. */
function committedImages<T>(
  open: OpenRelease,
  { args, platform }: TagOptions,
  plugin: PluginOptions,
  work: (planned: readonly ImageJob[]) => Promise<T>,
  log: Log,
): Promise<T> {
  const names = open.workspace.images.map((image) => image.name);
  const options = { platform: platform ?? plugin.platform, args, offline: false };
  return withPlannedImages(open, names, options, log, async (planned) => {
    const uncommitted = [...new Set(planned.flatMap((job) => job.uncommitted))];
    if (uncommitted.length > 0) throw notCommitted(uncommitted);
    return work(planned);
  });
}
