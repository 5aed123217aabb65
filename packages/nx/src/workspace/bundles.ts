import {
  type Bundle,
  type BundleContent,
  type BundlePin,
  type PinnedBundle,
  type WorkspaceBundle,
  bundlePinFile,
  bundlePlaces,
  isCommit,
  KdcubeError,
  quoted,
  shownUrl,
} from '@kdcube/release/internal';
import { findLocalStore } from '../git/mirror/local-store';
import { fetchCommit } from '../git/mirror/fetch-commit';
import { resolveRef } from '../git/mirror/resolve-ref';
import type { RepoSource } from '../git/mirror/source';
import type { Snapshot } from '../git/snapshot/snapshot';
import type { GitStore } from '../git/mirror/store';
import { resolveTree } from '../git/tree';
import type { Log } from '../system/log';
import { requireNoSecrets, type ScannedFiles } from './tree-secrets';
import { repoAddress, requireBundlePin, type OpenRelease } from './workspace';

/** A bundle's content by its tree id, not yet read. */
export interface FoundBundle {
  bundle: Bundle;
  content: BundleContent;
  /** The pin of a pinned bundle. */
  pin?: BundlePin;
  /** Its location for messages: its folder here, or its repository. */
  place: string;
  /** False for a workspace bundle with uncommitted changes. */
  committed: boolean;
  /** Makes the content readable: fetches missing objects, and for a pinned bundle checks that its ref still names the pinned commit. */
  fetch(): Promise<GitStore>;
  /** The same for content of an image: files with secrets are rejected. */
  open(): Promise<GitStore>;
  /** The names of its files in messages and in `not_secret`. */
  files: ScannedFiles;
}

export interface FindOptions {
  offline: boolean;
  /** Whether `open` checks that the ref of a pinned bundle still names the pinned commit. Default: true. */
  checksRefs?: boolean;
  log: Log;
}

/** Finds a bundle's content. For a pinned bundle it reads only the pin, and works offline. */
export function findBundle(release: OpenRelease, bundle: Bundle, snapshot: Snapshot, options: FindOptions): Promise<FoundBundle> {
  return bundle.kind === 'pinned' ? findPinned(release, bundle, options) : findInWorkspace(release, bundle, snapshot, options);
}

/** Scans the content only once, however often it is opened. */
function openable(
  content: BundleContent,
  place: string,
  allowAs: string,
  { release }: OpenRelease,
  log: Log,
  fetch: () => Promise<GitStore>,
): Pick<FoundBundle, 'fetch' | 'open' | 'files'> {
  const files = { subject: content.id, place, allowAs, allowed: release.allowedFiles };
  let scanned: Promise<void> | undefined;
  const open = async (): Promise<GitStore> => {
    const store = await fetch();
    await (scanned ??= requireNoSecrets(store, content.tree, files, log));
    return store;
  };
  return { fetch, open, files };
}

async function findInWorkspace(
  release: OpenRelease,
  bundle: WorkspaceBundle,
  snapshot: Snapshot,
  { log }: FindOptions,
): Promise<FoundBundle> {
  for (const place of bundlePlaces(bundle)) {
    const found = await snapshot.tree(place);
    if (!found) continue;
    const content = { id: bundle.id, folder: bundle.folder, tree: found.tree };
    const opened = openable(content, place, place, release, log, async () => found.store);
    return { bundle, content, place, committed: found.committed, ...opened };
  }
  const places = bundlePlaces(bundle).join(' or ');
  throw new KdcubeError({
    code: 'bundle-not-found',
    message: `The workspace bundle ${quoted(bundle.id)} does not exist: git finds no files in ${places}.`,
    hint: `git restore ${bundlePlaces(bundle)[0]!}    if it was deleted; nx g @kdcube/nx:bundle ${bundle.id}    for a new one; or give it repo: and ref: in release.yaml`,
    at: { file: places },
  });
}

async function findPinned(release: OpenRelease, bundle: PinnedBundle, options: FindOptions): Promise<FoundBundle> {
  const { offline, checksRefs = true, log } = options;
  const pin = requireBundlePin(release, bundle);
  const address = repoAddress(release, bundle.repo);
  const source = { ...address, root: release.root };
  const content = { id: bundle.id, folder: bundle.folder, tree: pin.tree };
  const place = `${shownUrl(address.url)} ${pin.path}`;
  const fetch = async (): Promise<GitStore> => {
    if (!offline && checksRefs) await checkPinnedRef(source, bundle, pin, log, release.mayFloat);
    const store = offline
      ? ((await findLocalStore(source, pin.commit, pin.tree)) ?? noLocalCopy(bundle, pin))
      : await fetchCommit(source, pin.commit, { ref: pin.ref, log });
    await checkPinnedTree(store, bundle, pin);
    return store;
  };
  return { bundle, pin, content, place, committed: true, ...openable(content, place, bundle.id, release, log, fetch) };
}

function noLocalCopy(bundle: PinnedBundle, pin: BundlePin): never {
  throw new KdcubeError({
    code: 'bundle-not-found',
    message: `${quoted(bundle.id)} is not available offline: this machine has no copy of ${pin.commit}.`,
    hint: 'run the command without --offline',
  });
}

/** A pin has a commit and a tree, and git may merge two pins line by line: then the commit does not have that tree. */
export async function checkPinnedTree(store: GitStore, { id }: Pick<PinnedBundle, 'id'>, pin: BundlePin): Promise<void> {
  const tree = await resolveTree(store, pin.commit, pin.path);
  if (tree === pin.tree) return;
  throw new KdcubeError({
    code: 'pin-stale',
    message: `The pin of ${quoted(id)} contradicts itself: its commit ${pin.commit} has ${tree ? `the tree ${tree}` : 'no folder'} at ${quoted(pin.path)}, and the pin says ${pin.tree}.`,
    hint: `delete ${bundlePinFile(id)} and run nx sync`,
    at: { file: bundlePinFile(id) },
  });
}

/**
 * If a ref no longer names its pinned commit, throws a Problem that names both commits: only a person can decide which one is right. `file`: the pin, if it is not that of a bundle.
 * `mayFloat`: the ref may be a branch, which moves (git mode with alwaysPull).
 */
export async function checkPinnedRef(
  source: RepoSource,
  { id, ref, file = bundlePinFile(id) }: Pick<PinnedBundle, 'id' | 'ref'> & { file?: string },
  pin: Pick<BundlePin, 'commit'>,
  log: Log,
  mayFloat = false,
): Promise<void> {
  if (isCommit(ref)) return;
  const { commit, kind } = await resolveRef(source, ref, log).catch((error: unknown) => {
    throw withOfflineHint(error);
  });
  if (kind === 'branch') {
    if (mayFloat) return;
    throw new KdcubeError({
      code: 'mutable-ref',
      message: `${shownUrl(source.url)} has no tag ${quoted(ref)} for ${quoted(id)} any more, only a branch of that name. It was pinned as ${pin.commit}.`,
      hint: `ref: "${pin.commit}"    in release.yaml keeps what was pinned; then nx sync`,
      at: { file },
    });
  }
  if (commit === pin.commit) return;
  throw new KdcubeError({
    code: 'tag-moved',
    message: `The tag ${quoted(ref)} of ${quoted(id)} was moved: it is pinned as ${pin.commit}, and in ${shownUrl(source.url)} it is now ${commit}.`,
    hint: `delete ${file} and run nx sync to accept the new one; or pin a tag that stays`,
    at: { file },
  });
}

function withOfflineHint(error: unknown): unknown {
  if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'repo-unreachable') return error;
  const [problem] = error.problems;
  return new KdcubeError(
    {
      ...problem!,
      hint: `${problem!.hint ? `${problem!.hint}; or ` : ''}--offline to use the copy on this machine, without checking its ref`,
    },
    { cause: error },
  );
}
