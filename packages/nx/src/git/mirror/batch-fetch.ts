import { KdcubeError } from '@kdcube/release/internal';
import { withLock } from '../../system/lock/lock';
import type { Log } from '../../system/log';
import { fetchBlobIds, fetchObjects, type FetchFailure } from './fetch';
import { isNotAdvertised, knownRemoteProblem } from './problems';
import { hasCommit, listMissing, contextKey, type GitRemote, type GitStore } from './store';
import { batchedBy } from '../batch';

// Requests made at the same moment, or while another fetch is running, share one request: fifty bundles of one repository would need fifty connections,
// and a distant server takes a second for each. An object that the batch does not deliver is no error here: its caller then fetches it alone, and
// reports the reason.

/** Where fetched commits are stored. */
export interface FetchTarget {
  store: GitStore;
  remote: GitRemote;
  /** Creates the store if it does not exist, and returns the options of the fetch. Called under the lock. */
  prepare(): Promise<string[]>;
}

/** A commit or a tree. */
interface FetchRequest {
  id: string;
  log: Log;
}

/** `there`: nothing was missing. `asked`: the missing objects were requested, and may exist now. `alone`: it was the only request, and nothing was fetched. */
export type BatchResult = 'there' | 'asked' | 'alone';

/** Fetches missing commits. Problems: `repo-unreachable` and `repo-denied`. */
export const batchFetchCommits = batchedBy<FetchTarget, FetchRequest, BatchResult>(
  ({ store }) => contextKey(store.context),
  ({ store, remote, prepare }, wanted) => {
    const commits = idsOf(wanted);
    const all = commits.length === 1 ? skipBatch() : withLock(remote.lock, missingCommits, { log: wanted[0]!.log });
    async function missingCommits(): Promise<BatchResult> {
      const flags = await prepare();
      const found = await Promise.all(commits.map((commit) => hasCommit(store, commit)));
      const missing = commits.filter((_, index) => !found[index]);
      if (missing.length > 1) throwRemoteProblem(await fetchObjects(remote, flags, missing, wanted[0]!.log), remote);
      return 'asked';
    }
    return wanted.map(() => all);
  },
  { inTurn: true },
);

/** Fetches the missing blobs of trees. Problems as above. */
export const batchFetchBlobs = batchedBy<GitStore, FetchRequest, BatchResult>(
  ({ context }) => contextKey(context),
  (store, wanted) => {
    const all = fetchMissingBlobs(store, idsOf(wanted), wanted[0]!.log);
    return wanted.map(() => all);
  },
  { inTurn: true },
);

async function fetchMissingBlobs({ context, remote }: GitStore, trees: string[], log: Log): Promise<BatchResult> {
  // git stops at a tree that it does not have.
  const missing = await listMissing(context, trees).catch(() => undefined);
  if (missing?.length === 0) return 'there';
  if (!remote || !missing || trees.length === 1) return 'alone';
  await withLock(
    remote.lock,
    async () => {
      const still = await listMissing(context, trees);
      if (still.length > 0) throwRemoteProblem(await fetchBlobIds(remote, still, log), remote);
    },
    { log },
  );
  return 'asked';
}

async function skipBatch(): Promise<BatchResult> {
  return 'alone';
}

/** Throws errors that a retry for each object would not change. */
function throwRemoteProblem(refusal: FetchFailure | undefined, { displayUrl: shown }: GitRemote): void {
  const problem = refusal && !isNotAdvertised(refusal.stderr) ? knownRemoteProblem(refusal.stderr, shown) : undefined;
  if (problem && isOfRemote(problem)) throw problem;
}

function isOfRemote({ problems }: KdcubeError): boolean {
  return problems[0]?.code === 'repo-unreachable' || problems[0]?.code === 'repo-denied';
}

function idsOf(wanted: readonly FetchRequest[]): string[] {
  return [...new Set(wanted.map(({ id }) => id))];
}
