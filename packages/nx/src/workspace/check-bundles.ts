import {
  LIMITS,
  type Bundle,
  type BundlePin,
  type PinnedBundle,
  type Generation,
  type Problem,
  checkBundleSource,
  KdcubeError,
} from '@kdcube/release/internal';
import { type FoundBundle, checkPinnedTree, findBundle } from './bundles';
import type { Snapshot } from '../git/snapshot/snapshot';
import type { GitStore } from '../git/mirror/store';
import { findLocalStore } from '../git/mirror/local-store';
import { readFiles } from '../git/tree-files';
import { inParallel, PARALLEL_REQUESTS } from '../system/parallel';
import { logIgnoredFiles } from './bundle-notes';
import { checkBundlePackages, type PackageLists } from './bundle-packages';
import { planTree } from './stage';
import { findTreeSecrets, secretProblems } from './tree-secrets';
import type { Log } from '../system/log';
import { repoAddress, type OpenRelease } from './workspace';

/** Larger Python files are generated data, and are not checked. Bytes. */
const MAX_SOURCE_BYTES = LIMITS.sourceBytes.max;

export interface BundleCheck {
  problems: Problem[];
  /** Bundles that could not be checked offline, because their content is not on this machine. */
  unchecked: string[];
  /** What the platform installs for the bundles. */
  lists: PackageLists[];
}

/** Checks every bundle of the release: whether it can be staged, and whether the platform finds exactly one entrypoint in it. `online`: contact the remotes too. */
export async function checkBundles(
  release: OpenRelease,
  snapshot: Snapshot,
  options: { online: boolean; log: Log },
): Promise<BundleCheck> {
  const { bundles } = release.release;
  const local: FoundBundle[] = [];
  const lists: PackageLists[] = [];
  // Problems are in the order of release.yaml.
  const checked = await inParallel(bundles, PARALLEL_REQUESTS, (bundle) =>
    checkBundle(release, bundle, snapshot, { ...options, local, lists }),
  );
  // All at once: one git command for the whole workspace.
  await Promise.all(local.map((found) => logIgnoredFiles(release.root, found, options.log)));
  return {
    problems: checked.flatMap((problems) => problems ?? []),
    unchecked: bundles.filter((_, index) => checked[index] === undefined).map(({ id }) => id),
    lists,
  };
}

/** Undefined if its content is not on this machine. Else it is added to `local`, and its lists of packages to `lists`. */
async function checkBundle(
  release: OpenRelease,
  bundle: Bundle,
  snapshot: Snapshot,
  { online, log, local, lists }: { online: boolean; log: Log; local: FoundBundle[]; lists: PackageLists[] },
): Promise<readonly Problem[] | undefined> {
  try {
    const found = await findBundle(release, bundle, snapshot, { offline: !online, log });
    const store =
      found.pin && !online ? await openLocally(release, found as FoundBundle & { pin: BundlePin }) : await found.fetch();
    if (!store) return undefined;
    local.push(found);
    const secrets = secretProblems(await findTreeSecrets(store, found.content.tree, log), found.files);
    const content = await checkContent(found, store, release.release.generation, log);
    if (content.lists.installed.length > 0) lists.push(content.lists);
    return [...secrets, ...content.problems];
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return error.problems;
  }
}

async function openLocally(
  release: OpenRelease,
  { bundle, pin }: FoundBundle & { pin: BundlePin },
): Promise<GitStore | undefined> {
  const address = repoAddress(release, (bundle as PinnedBundle).repo);
  const store = await findLocalStore({ ...address, root: release.root }, pin.commit, pin.tree);
  if (store) await checkPinnedTree(store, bundle, pin);
  return store;
}

async function checkContent(
  found: FoundBundle,
  store: GitStore,
  generation: Generation,
  log: Log,
): Promise<{ problems: Problem[]; lists: PackageLists }> {
  const at = { file: found.place };
  const plan = await planTree(store, found.content.tree, { subject: found.content.id, at, log });
  const python = plan.files.filter(({ path }) => path.endsWith('.py'));
  const texts = new Map<string, string>();
  for await (const { file, content, size } of readFiles(store, python, MAX_SOURCE_BYTES))
    texts.set(file.path, size > MAX_SOURCE_BYTES ? '' : content.toString('utf8'));
  const packages = await checkBundlePackages(store, found, generation, texts);
  for (const note of packages.notes) log.note(note);
  const source = checkBundleSource(texts, { id: found.content.id, folder: found.place });
  return { problems: [...source, ...packages.problems], lists: packages.lists };
}
