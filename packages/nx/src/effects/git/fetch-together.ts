import { KdcubeError } from '@kdcube/release';
import { withLock } from '../files';
import type { Log } from '../log';
import { fetchObjects } from './fetch';
import { isRefused, knownRemoteProblem } from './problems';
import { hasCommit, missingOf, type GitRemote, type GitStore } from './store';
import { togetherAt } from './together';

// What is wanted at the same moment, or while another fetch is under way, comes in one request: of fifty bundles of one repository each would cost a connection, and a server that is far away takes a
// second for it. What does not come in this way is not said here: whoever wants it fetches it by itself, which says why.

/** Where commits go that are fetched. */
export interface Into {
  store: GitStore;
  remote: GitRemote;
  /** Makes the store if there is none yet, and says with which options it is fetched into. Called under the lock. */
  prepare(): Promise<string[]>;
}

interface Wanted<T> {
  what: T;
  log: Log;
}

/** Fetches commits that are not there, if there is more than one of them. Problems: `repo-unreachable` and `repo-denied`. */
export const commitsInto = togetherAt<Into, Wanted<string>, void>(
  ({ store }) => JSON.stringify(store.place),
  ({ store, remote, prepare }, wanted) => {
    const commits = idsOf(wanted);
    const all =
      commits.length === 1
        ? Promise.resolve()
        : withLock(remote.lock, async () => {
            const flags = await prepare();
            const there = await Promise.all(commits.map((commit) => hasCommit(store, commit)));
            const missing = commits.filter((_, index) => !there[index]);
            if (missing.length > 1) await fetchAll(remote, flags, missing, wanted[0]!.log);
          });
    return wanted.map(() => all);
  },
  { inTurn: true },
);

/** Fetches what is not there of trees. Says whether all was there before. Problems as above. */
export const blobsInto = togetherAt<GitStore, Wanted<string>, 'there' | 'look again'>(
  ({ place }) => JSON.stringify(place),
  (store, wanted) => {
    const all = fetchMissing(store, idsOf(wanted), wanted[0]!.log);
    return wanted.map(() => all);
  },
  { inTurn: true },
);

async function fetchMissing({ place, remote }: GitStore, trees: string[], log: Log): Promise<'there' | 'look again'> {
  // git stops at a tree that it has never heard of.
  const missing = await missingOf(place, trees).catch(() => undefined);
  if (missing?.length === 0) return 'there';
  if (!remote || !missing || trees.length === 1) return 'look again';
  await withLock(remote.lock, async () => {
    const still = await missingOf(place, trees);
    if (still.length > 0) await fetchAll(...forBlobs(remote), still, log);
  });
  return 'look again';
}

/** Blobs are asked for by their ids: nothing is to be found out about commits. */
export function forBlobs(remote: GitRemote): [GitRemote, string[]] {
  const place = { ...remote.place, config: { ...remote.place.config, 'fetch.negotiationAlgorithm': 'noop' } };
  return [{ ...remote, place }, ['--filter=blob:none']];
}

async function fetchAll(remote: GitRemote, flags: readonly string[], wants: readonly string[], log: Log): Promise<void> {
  const refusal = await fetchObjects(remote, flags, wants, log);
  if (!refusal || isRefused(refusal.stderr)) return;
  const problem = knownRemoteProblem(refusal.stderr, remote.shown);
  // Asking again for each of them would not change it.
  if (problem && isOfRemote(problem)) throw problem;
}

function isOfRemote({ problems }: KdcubeError): boolean {
  return problems[0]?.code === 'repo-unreachable' || problems[0]?.code === 'repo-denied';
}

function idsOf(wanted: readonly Wanted<string>[]): string[] {
  return [...new Set(wanted.map(({ what }) => what))];
}
