import { FRONTEND_PIN, KdcubeError, quoted, requirePin, shownUrl } from '@kdcube/release/internal';
import { fetchCommit } from '../git/mirror/fetch-commit';
import { findLocalStore } from '../git/mirror/local-store';
import type { GitStore } from '../git/mirror/store';
import { resolveTree } from '../git/tree';
import { checkPinnedRef, type FindOptions } from './bundles';
import { requireNoSecrets } from './tree-secrets';
import { type OpenRelease, repoAddress } from './workspace';

/** The folder of the build context that the frontend is staged into. */
export const FRONTEND_FOLDER = 'frontend';

/** The release's frontend by its tree id, not yet read. */
export interface FoundFrontend {
  tree: string;
  /** Its repository and folder, for messages. */
  place: string;
  /** Makes the content readable: checks that its ref still names the pinned commit, fetches what is missing, and refuses files with secrets. */
  open(): Promise<GitStore>;
}

/** Finds the content of the frontend. Reads its pin only, and works offline. Problems: `pin-missing`, `pin-stale`. */
export function findFrontend(release: OpenRelease, { offline, checksRefs = true, log }: FindOptions): FoundFrontend {
  const found = release.workspace.pins.frontend;
  if (!found) throw new Error('the release has no frontend');
  const { repo, ref, subdir = '' } = found.subject;
  const pin = requirePin(found.pin, found.fits, 'frontend', FRONTEND_PIN);
  const address = repoAddress(release, repo);
  const source = { ...address, root: release.root };
  const place = `${shownUrl(address.url)} ${subdir}`.trimEnd();
  const read = async (): Promise<GitStore> => {
    if (!offline && checksRefs) await checkPinnedRef(source, { id: 'frontend', ref, file: FRONTEND_PIN }, pin, log);
    const store = offline
      ? ((await findLocalStore(source, pin.commit, pin.tree)) ?? noLocalCopy(pin.commit))
      : await fetchCommit(source, pin.commit, { ref: pin.ref, log });
    await requirePinnedTree(store, pin, subdir);
    const scanned = { subject: 'frontend', place, allowAs: 'frontend', allowed: release.release.allowedFiles };
    await requireNoSecrets(store, pin.tree, scanned, log);
    return store;
  };
  let opened: Promise<GitStore> | undefined;
  return { tree: pin.tree, place, open: () => (opened ??= read()) };
}

function noLocalCopy(commit: string): never {
  throw new KdcubeError({
    code: 'repo-unreachable',
    message: `The frontend is not available offline: this machine has no copy of ${commit}.`,
    hint: 'run the command without --offline',
  });
}

/** A pin has a commit and a tree, and git may merge two pins line by line. */
async function requirePinnedTree(
  store: GitStore,
  { commit, tree }: { commit: string; tree: string },
  subdir: string,
): Promise<void> {
  const actual = await resolveTree(store, commit, subdir);
  if (actual === tree) return;
  throw new KdcubeError({
    code: 'pin-stale',
    message: `The pin of the frontend contradicts itself: its commit ${commit} has ${actual ? `the tree ${actual}` : 'no folder'} at ${quoted(subdir)}, and the pin says ${tree}.`,
    hint: `delete ${FRONTEND_PIN} and run nx sync`,
    at: { file: FRONTEND_PIN },
  });
}
