import { KdcubeError } from '@kdcube/release/internal';
import type { RepoSource } from './source';
import { mirrorExists, mirrorFor } from './mirror';
import type { GitStore } from './store';
import { hasCommit, missingObjects } from './store';

/** The store from which a commit's tree can be read offline: this checkout, or the mirror of the source. Undefined if an object of it is missing. */
export async function findLocalStore(source: RepoSource, commit: string, tree: string): Promise<GitStore | undefined> {
  const store = await findLocalCommit(source, commit);
  if (!store) return undefined;
  // git fails if the tree itself is missing: that is a missing object too.
  const missing = await missingObjects(store, tree).catch((error: unknown) => {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'command-failed') return [tree];
    throw error;
  });
  return missing.length > 0 ? undefined : store;
}

/** The store that has a commit offline, whatever else of it is missing: this checkout, or the mirror of the source. */
export async function findLocalCommit(source: RepoSource, commit: string): Promise<GitStore | undefined> {
  const store = source.self ? { context: { cwd: source.root } } : await localMirror(source, commit);
  return store && (await hasCommit(store, commit)) ? store : undefined;
}

async function localMirror(source: RepoSource, commit: string): Promise<GitStore | undefined> {
  const mirror = await mirrorFor(source, commit);
  // Without its remote: missing objects are not fetched.
  return mirrorExists(mirror) ? { context: mirror.context } : undefined;
}
