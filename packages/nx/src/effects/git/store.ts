import { KdcubeError } from '@kdcube/release';
import { git, gitText, type GitPlace } from './git';
import type { Log } from '../log';

/** A remote as git is asked for it: by its configured name, so that no URL is ever an argument. */
export interface GitRemote {
  place: GitPlace;
  name: string;
  /** Its URL without secrets. */
  shown: string;
  kind: 'mirror' | 'checkout';
  /** What no two processes may do at once: fetching into one store. */
  lock: string;
}

/** Where git objects are read, and where those that are not there come from. */
export interface GitStore {
  place: GitPlace;
  remote?: GitRemote;
  /** Makes the store again from its remote, with every blob of its commit where the server gives no single blobs. Only mirrors can. */
  rebuild?: (reason: 'damaged' | 'no-single-blobs', log: Log) => Promise<void>;
}

/** Whether a commit is there, asked without fetching it (a partial clone fetches what it is asked for). */
export async function hasCommit(store: GitStore, commit: string): Promise<boolean> {
  const text = await gitText(store.place, ['rev-list', '--no-walk', '--missing=print', commit]).catch(unlessDamaged);
  return text?.split('\n')[0] === commit;
}

/** What an object is: commit, tag, tree or blob; undefined where it cannot be read. */
export async function typeOf(store: GitStore, id: string): Promise<string | undefined> {
  return gitText(store.place, ['cat-file', '-t', id]).catch(unlessDamaged);
}

function isDamaged(error: unknown): boolean {
  return error instanceof KdcubeError && error.problems[0]?.code === 'command-failed';
}

function unlessDamaged(error: unknown): undefined {
  if (!isDamaged(error)) throw error;
}

/** The objects of a tree that are not there, asked without fetching them. */
export async function missingObjects(store: GitStore, tree: string): Promise<string[]> {
  const args = ['rev-list', '--objects', '--missing=print', tree];
  const { exitCode, stdout, stderr } = await git(store.place, args);
  if (exitCode !== 0)
    throw new KdcubeError({ code: 'command-failed', message: `git could not read the tree ${tree}.\n${stderr}`.trimEnd() });
  const missing = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('?'));
  return missing.map((line) => line.slice(1));
}

/** Does `work`; where it fails because the store is damaged, makes the store again and does it once more. */
export async function withRepair<T>(store: GitStore, log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDamaged(error) || !store.rebuild) throw error;
    await store.rebuild('damaged', log);
    return work();
  }
}
