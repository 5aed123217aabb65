import { KdcubeError } from '@kdcube/release/internal';
import { git, gitText } from '../git';
import { type GitContext } from '../environment';
import { objectReader } from '../objects';
import { batchedBy } from '../batch';
import type { Log } from '../../system/log';

/** A remote by its configured name, so that no URL is ever an argument of git. */
export interface GitRemote {
  context: GitContext;
  name: string;
  /** Its URL without secrets. */
  displayUrl: string;
  kind: 'mirror' | 'checkout';
  /** The lock for fetching into one store, which two processes must not do at once. */
  lock: string;
}

/** Where git objects are read, and where missing ones come from. */
export interface GitStore {
  context: GitContext;
  /** No object can be missing: it is no partial clone. */
  isComplete?: boolean;
  remote?: GitRemote;
  /** Rebuilds the store from its remote, with every blob of its commit if the server does not serve single blobs. Mirrors only. */
  rebuild?: (reason: 'damaged' | 'no-single-blobs', log: Log) => Promise<void>;
}

/** Whether a commit exists, without fetching it (a partial clone fetches the objects that it is asked for). */
export async function hasCommit(store: GitStore, commit: string): Promise<boolean> {
  if (store.isComplete) return (await objectReader(store.context).info([commit]))[0]?.type === 'commit';
  return batchedCommits(store.context)(commit);
}

/** Identifies a place. */
export function contextKey(context: GitContext): string {
  return JSON.stringify(context);
}

const batchedCommits = batchedBy<GitContext, string, boolean>(contextKey, (context, commits) => {
  const list = async (ids: readonly string[]): Promise<Set<string> | undefined> => {
    const args = ['rev-list', '--no-walk', '--missing=print', '--stdin'];
    const text = await gitText(context, args, { input: `${ids.join('\n')}\n` }).catch(unlessDamaged);
    return text === undefined ? undefined : new Set(text.split('\n'));
  };
  const found = list([...new Set(commits)]);
  // One id that git cannot parse must not affect the others.
  return commits.map(async (commit) => ((await found) ?? (await list([commit])))?.has(commit) ?? false);
});

/** The type of an object: commit, tag, tree or blob; undefined if it cannot be read. */
export async function objectType(store: GitStore, id: string): Promise<string | undefined> {
  return gitText(store.context, ['cat-file', '-t', id]).catch(unlessDamaged);
}

function isDamaged(error: unknown): boolean {
  return error instanceof KdcubeError && error.problems[0]?.code === 'command-failed';
}

function unlessDamaged(error: unknown): undefined {
  if (!isDamaged(error)) throw error;
}

/** The missing objects of a tree, listed without fetching them. */
export function missingObjects(store: GitStore, tree: string): Promise<string[]> {
  return batchedMissing(store.context)(tree);
}

const batchedMissing = batchedBy<GitContext, string, string[]>(contextKey, (context, trees) => {
  const all = listMissing(context, [...new Set(trees)]);
  // Usually no tree has missing objects; else list them for each tree.
  return trees.map(async (tree) => {
    const missing = await all.catch(() => undefined);
    return missing?.length === 0 ? [] : listMissing(context, [tree]);
  });
});

/** The missing objects of several trees, each object once. */
export async function listMissing(context: GitContext, trees: readonly string[]): Promise<string[]> {
  const args = ['rev-list', '--objects', '--missing=print', '--stdin'];
  const { exitCode, stdout, stderr } = await git(context, args, { input: `${trees.join('\n')}\n` });
  if (exitCode !== 0)
    throw new KdcubeError({
      code: 'command-failed',
      message: `git could not read the tree ${trees.join(', ')}.\n${stderr}`.trimEnd(),
    });
  const missing = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('?'));
  return missing.map((line) => line.slice(1));
}

/** Runs `work`. If it fails because the store is damaged, rebuilds the store and retries once. */
export async function withRepair<T>(store: GitStore, log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDamaged(error) || !store.rebuild) throw error;
    await store.rebuild('damaged', log);
    return work();
  }
}
