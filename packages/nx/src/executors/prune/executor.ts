import type { ExecutorContext } from '@nx/devkit';
import { builtImageNames, DEFAULT_TAG_PREFIX, environmentNames, KdcubeError, type RegistryName } from '@kdcube/release/internal';
import { formatTable } from '../../system/table';
import { type Log, pluralize } from '../../system/log';
import { findGarbage, pruneImage, type RepositoryPrune } from '../../targets/ecs/prune/prune';
import { diskFiles } from '../../workspace/disk';
import { environmentRegistry, openEnvironment } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { type Registries, resolveRegistries, uniqueRegistries } from '../../workspace/registries';
import { runExecutor } from '../run-task';
import type { PruneOptions } from './schema';
import { noEnvironments, noImages, notReadable, unknownEnvironment } from './problems';

const DAY = 24 * 3_600_000;

/** Removes the images that nothing needs. All that may need one is read before anything is removed. */
export default function prune(options: PruneOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const workspace = readWorkspaceLenient(root, plugin);
    const registries = resolveRegistries(options, plugin);
    const environments = environmentsOf(workspace, registries, options);
    const images = builtImageNames(workspace.workspace);
    if (images.length === 0) throw noImages();
    const names = [...(registries.registry ? [registries.registry] : []), ...environments.map(({ registry }) => registry)];
    const garbage = await findGarbage(
      {
        environments,
        registries: uniqueRegistries(names),
        images,
        keep: options.keep,
        minAge: options.minAge * DAY,
        removeCommitTags: options.commitTags,
        tagPrefix: options.tagPrefix ?? plugin.tagPrefix ?? DEFAULT_TAG_PREFIX,
      },
      Date.now(),
      log,
    );
    report(garbage, log);
    if (options.delete) await removeAll(garbage, log);
    else reportDryRun(garbage, log);
  });
}

function environmentsOf(
  workspace: ReturnType<typeof readWorkspaceLenient>,
  registries: Registries,
  { ignore }: PruneOptions,
): { environment: ReturnType<typeof openEnvironment>['environment']; registry: RegistryName }[] {
  const { names, problems } = environmentNames(diskFiles(workspace.root));
  if (problems.length > 0) throw new KdcubeError(problems);
  for (const name of ignore) if (!names.includes(name)) throw unknownEnvironment(name, names);
  if (names.length === 0) throw noEnvironments();
  return names
    .filter((name) => !ignore.includes(name))
    .map((name) => {
      const { environment } = openEnvironment(workspace, name);
      if (environment.services.some(({ target }) => target !== 'ecs')) throw notReadable(name);
      return { environment, registry: environmentRegistry(environment, registries) };
    });
}

function report(garbage: readonly RepositoryPrune[], log: Log): void {
  for (const { place, keep, remove, hasUntagged } of garbage) {
    const repository = `${place.registry.host}/${place.repository}`;
    const rows = [
      ...remove.map(({ digest, tags, with: parts }) => [
        'remove',
        short(digest),
        tagList(tags),
        parts.length === 0 ? '' : `with ${pluralize(parts.length, 'manifest')}`,
      ]),
      ...keep.map(({ digest, tags, reason }) => ['keep', short(digest), tagList(tags), reason]),
    ];
    log.lines(['', `${repository}: ${pluralize(remove.length, 'image')} to remove, ${keep.length} to keep`]);
    if (rows.length > 0) log.lines(formatTable(['', 'image', 'tags', 'because'], rows));
    if (!hasUntagged)
      log.note(`${place.registry.host} does not list images without a tag: its own garbage collection removes those`);
    for (const { digest, tags, reason } of keep) log.event({ event: 'kept', repository, digest, tags, reason });
  }
}

function reportDryRun(garbage: readonly RepositoryPrune[], log: Log): void {
  for (const { place, remove } of garbage)
    for (const { digest, tags, with: parts } of remove)
      log.event({
        event: 'would-delete',
        repository: `${place.registry.host}/${place.repository}`,
        digest,
        tags,
        with: parts.map((part) => part.digest),
      });
  const count = garbage.reduce((sum, { remove }) => sum + remove.length, 0);
  log.lines([
    '',
    count === 0
      ? 'Nothing to remove.'
      : `${pluralize(count, 'image')} would be removed. Nothing was changed. --delete removes them.`,
  ]);
}

/** The last line counts what the registries confirmed. */
async function removeAll(garbage: readonly RepositoryPrune[], log: Log): Promise<void> {
  const counts = { images: 0, manifests: 0, skipped: 0 };
  for (const repository of garbage)
    for (const removal of repository.remove) {
      const name = `${repository.place.registry.host}/${repository.place.repository}`;
      const outcome = await pruneImage(repository, removal);
      const event = { repository: name, digest: removal.digest, tags: removal.tags };
      if (outcome.result === 'deleted') {
        // Another prune may have deleted the image itself, and then what is left belongs to it.
        const [first] = outcome.deleted;
        counts.images += first === removal.digest ? 1 : 0;
        counts.manifests += outcome.deleted.length;
        log.done('deleted', `${name}@${first}`, first === removal.digest ? tagList(removal.tags) : 'its image was gone');
        log.event({ event: 'deleted', ...event, manifests: outcome.deleted });
        continue;
      }
      counts.skipped += 1;
      const reason = outcome.result === 'kept' ? outcome.reason : 'it no longer exists';
      log.note(`not deleted: ${name}@${removal.digest}: ${reason}`);
      log.event({ event: 'not-deleted', ...event, reason });
    }
  const skipped = counts.skipped === 0 ? '' : ` Not deleted: ${counts.skipped}.`;
  log.lines([
    '',
    `Deleted ${pluralize(counts.images, 'image')} (${pluralize(counts.manifests, 'manifest')}), as the registry confirmed.${skipped}`,
  ]);
}

function short(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}

/** Content keys are long. */
function tagList(tags: readonly string[]): string {
  return tags.length === 0
    ? 'untagged'
    : tags.map((tag) => (/^c-[0-9a-f]{64}$/.test(tag) ? `${tag.slice(0, 14)}…` : tag)).join(', ');
}
