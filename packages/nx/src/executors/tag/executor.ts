import type { ExecutorContext } from '@nx/devkit';
import { checkTag, customerTags, tagSafe, type ImageTag } from '@kdcube/release/internal';
import { headCommit } from '../../git/worktree';
import { openRegistry, resolveRegistries, requireRegistry } from '../../workspace/registries';
import { plannedImages, releasedImages } from '../../images/released-images';
import { getManifest } from '../../registry/manifests';
import { checkTagTarget, setTag } from '../../registry/set-tag';
import { openRelease } from '../../workspace/workspace';
import { runExecutor } from '../run-task';
import { noImages, notCommitted } from './problems';
import type { TagOptions } from './schema';

/** Tags every image of the release. Every image is looked up and checked before the first tag is set. */
export default function tag(options: TagOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const name = requireRegistry(resolveRegistries(options, plugin));
    const registry = openRegistry(name.host, log);
    const open = await openRelease(root, plugin);
    if (open.workspace.images.length === 0) throw noImages();
    const names = open.workspace.images.map((image) => image.name);
    const platform = options.platform ?? plugin.platform;
    const planned = await plannedImages(open, names, { platform, args: options.args }, log);
    const dirty = [...new Set(planned.flatMap(({ uncommitted }) => uncommitted))];
    if (dirty.length > 0) throw notCommitted(dirty);
    const wanted: ImageTag[] = [
      ...(open.release.name ? [{ tag: tagSafe(open.release.name), moving: false }] : []),
      ...options.tags.map((given) => ({ tag: checkTag(given), moving: false })),
      ...customerTags({ commit: await headCommit(root) }, options.tagPrefix ?? plugin.tagPrefix),
    ];
    // A given tag may equal the release's name.
    const tags = [...new Map(wanted.map((wantedTag) => [wantedTag.tag, wantedTag])).values()];
    const images = await releasedImages(root, planned, name, { offline: false }, log);
    const found = [];
    for (const { plan, repository, digest } of images)
      found.push({ image: plan.image, repository, manifest: await getManifest(registry, repository, digest) });
    for (const { repository, manifest } of found)
      for (const wantedTag of tags) await checkTagTarget(registry, repository, wantedTag, manifest);
    for (const { image, repository, manifest } of found) {
      for (const wantedTag of tags) {
        if (!options.dryRun) await setTag(registry, repository, wantedTag, manifest);
        log.done(options.dryRun ? 'would tag' : 'tagged', image, `${wantedTag.tag} → ${manifest.digest}`);
      }
      log.event({
        event: 'tagged',
        dryRun: options.dryRun,
        image,
        digest: manifest.digest,
        tags: tags.map((wantedTag) => wantedTag.tag),
      });
    }
  });
}
