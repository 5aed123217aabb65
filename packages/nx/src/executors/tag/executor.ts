import type { ExecutorContext } from '@nx/devkit';
import { checkTag, customerTags, repositoryOf, tagSafe } from '@kdcube/release';
import type { PeopleTag } from '@kdcube/release';
import { withSnapshot } from '../../effects/git/snapshot';
import { headCommit } from '../../effects/git/workspace';
import { planOf } from '../../effects/images/job';
import { openRegistry, registriesOf, requireRegistry } from '../../effects/images/registries';
import { getManifest, headManifest } from '../../effects/registry/registry';
import { canTag, setTag } from '../../effects/registry/tags';
import { openRelease } from '../../effects/workspace';
import { perform } from '../perform';
import { noImages, notCommitted, notPushed } from './problems';
import type { TagOptions } from './schema';

/** People's tags on every digest of the release. All images are found, and all checked, before the first tag is set. */
export default function tag(options: TagOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const name = requireRegistry(registriesOf(options, plugin));
    const registry = openRegistry(name.host, log);
    const open = await openRelease(root, plugin);
    if (open.workspace.images.length === 0) throw noImages();
    const words = { platform: options.platform ?? plugin.platform, args: options.args, offline: true };
    const jobs = await withSnapshot(root, async (snapshot) => {
      const planned = [];
      for (const image of open.workspace.images) planned.push(await planOf(open, image.name, snapshot, words, log));
      return planned;
    });
    const dirty = [...new Set(jobs.flatMap(({ uncommitted }) => uncommitted))];
    if (dirty.length > 0) throw notCommitted(dirty);
    const wanted: PeopleTag[] = [
      ...(open.release.name ? [{ tag: tagSafe(open.release.name), moving: false }] : []),
      ...options.tags.map((given) => ({ tag: checkTag(given), moving: false })),
      ...customerTags({ commit: await headCommit(root) }, options.tagPrefix ?? plugin.tagPrefix),
    ];
    // A release may be called as a tag that is given too.
    const tags = [...new Map(wanted.map((people) => [people.tag, people])).values()];
    const found = [];
    for (const { plan } of jobs) {
      const repository = repositoryOf(name, plan.image);
      const head = await headManifest(registry, repository, plan.tag);
      if (!head) throw notPushed(name, plan);
      found.push({ image: plan.image, repository, manifest: await getManifest(registry, repository, head.digest) });
    }
    for (const { repository, manifest } of found) for (const people of tags) await canTag(registry, repository, people, manifest);
    for (const { image, repository, manifest } of found) {
      for (const people of tags) {
        if (!options.dryRun) await setTag(registry, repository, people, manifest);
        log.done(options.dryRun ? 'would tag' : 'tagged', image, `${people.tag} → ${manifest.digest}`);
      }
      log.event({
        event: 'tagged',
        dryRun: options.dryRun,
        image,
        digest: manifest.digest,
        tags: tags.map((people) => people.tag),
      });
    }
  });
}
