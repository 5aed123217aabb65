import type { ExecutorContext } from '@nx/devkit';
import { builtImageNames, checkTag, customerTags, tagSafe } from '@kdcube/release/internal';
import type { ImageTag } from '@kdcube/release/internal';
import { headCommit } from '../../git/worktree';
import { openRegistry, requireRegistry, withMirroredRegistry } from '../../workspace/registries';
import type { ImageJob } from '../../images/job';
import { releasedImages, withPlannedImages } from '../../images/released-images';
import type { Log } from '../../system/log';
import { getManifest } from '../../registry/manifests/manifests';
import { checkTagTarget, setTag } from '../../registry/tags/set-tag';
import { openRelease, type OpenRelease } from '../../workspace/workspace';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import { noImages, notCommitted } from './problems';
import type { TagOptions } from './schema';

/** Tags every image of the release. All images are looked up, verified and checked before the first tag is set. */
export default function tag(options: TagOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const open = await openRelease(root, plugin);
    const imageOptions = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release));
    const name = requireRegistry(imageOptions.registries);
    const registry = openRegistry(name.host, log);
    if (builtImageNames(open.workspace).length === 0) throw noImages();
    const tags = await tagsOf(open, options, options.tagPrefix ?? plugin.tagPrefix);
    const trust = { ...imageOptions, root, offline: false };
    const planOptions = { platform: imageOptions.platform, args: options.args, offline: false };
    const images = await committedImages(open, planOptions, (planned) => releasedImages(planned, name, trust, log), log);
    const found = [];
    // By digest, so that a tag that moves meanwhile has no effect.
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

/** The tags: the release's name, the given tags and the commit; a given tag may equal the release's name. */
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
  options: { platform?: string; args?: Readonly<Record<string, string>>; offline: boolean },
  work: (planned: readonly ImageJob[]) => Promise<T>,
  log: Log,
): Promise<T> {
  const names = builtImageNames(open.workspace);
  return withPlannedImages(open, names, options, log, async (planned) => {
    const uncommitted = [...new Set(planned.flatMap((job) => job.uncommitted))];
    if (uncommitted.length > 0) throw notCommitted(uncommitted);
    return work(planned);
  });
}
