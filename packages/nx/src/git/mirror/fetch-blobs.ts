import { KdcubeError } from '@kdcube/release/internal';
import { missingObjects, type GitRemote, type GitStore } from './store';
import { listTree } from '../tree';
import { objectReader } from '../objects';
import { isInterrupted } from '../../system/programs/signals';
import { silentLog, type Log } from '../../system/log';
import { batchFetchBlobs } from './batch-fetch';
import { withLock } from '../../system/lock/lock';
import { fetchBlobIds } from './fetch';
import { isNotAdvertised, remoteProblem } from './problems';

/** Fetches the missing blobs of a tree in one request. Does not contact the remote if there are none. */
export async function fetchBlobs(store: GitStore, tree: string, log: Log = silentLog): Promise<void> {
  if (store.isComplete && (await hasAllBlobs(store, tree))) return;
  const together = await batchFetchBlobs(store)({ id: tree, log });
  if (together === 'there' || (together === 'asked' && (await missingObjects(store, tree)).length === 0)) return;
  const { remote } = store;
  if (!remote) throw store.isComplete ? objectsLost(tree) : blobsUnavailable(tree);
  const refusal = await withLock(
    remote.lock,
    async () => {
      // More than one round is needed only if folders are missing too: their content is unknown until they are fetched.
      for (let round = 1; round <= 20; round += 1) {
        const missing = await missingObjects(store, tree);
        if (missing.length === 0) return undefined;
        const failed = await fetchBlobIds(remote, missing, log);
        if (failed) return failed;
      }
      return { stderr: '' };
    },
    { log },
  );
  if (!refusal) return;
  if (!isNotAdvertised(refusal.stderr) || !store.rebuild) throw remoteProblem(refusal.stderr, remote.displayUrl);
  await store.rebuild('no-single-blobs', log);
  if ((await missingObjects(store, tree)).length > 0) throw blobsUnavailable(tree, remote);
}

/** Starts no extra process. Only for a store in which reading never fetches. */
async function hasAllBlobs(store: GitStore, tree: string): Promise<boolean> {
  try {
    const files = (await listTree(store, tree)).filter(({ mode }) => mode !== '160000');
    const found = await objectReader(store.context).info(files.map(({ oid }) => oid));
    return found.every((info) => info !== undefined);
  } catch (error) {
    if (isInterrupted(error)) throw error;
    return false;
  }
}

function blobsUnavailable(tree: string, remote?: GitRemote): KdcubeError {
  const why = remote ? `and ${remote.displayUrl} does not serve them` : 'and this repository has no remote to fetch them from';
  return new KdcubeError({ code: 'repo-unreachable', message: `Files of the tree ${tree} are not on this machine, ${why}.` });
}

/** The Problem of a repository that claims to be complete. */
function objectsLost(tree: string): KdcubeError {
  return new KdcubeError({
    code: 'repo-unreachable',
    message: `Files of the tree ${tree} are missing from this repository, which is not a partial clone: the repository is damaged.`,
    hint: 'git fsck --full    names what is missing; git fetch --refetch    fetches it from the remote',
  });
}
