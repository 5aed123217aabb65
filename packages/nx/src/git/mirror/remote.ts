import { isCommit, KdcubeError, quoted } from '@kdcube/release/internal';
import { withLock } from '../../system/lock';
import { gitText } from '../git';
import { fetchBlobIds, fetchOneCommit, listRefs } from './fetch';
import { batchFetchBlobs, batchFetchCommits } from './batch-fetch';
import { createMirror, mirrorExists, filterFlags, mirrorIdentity, mirrorFor, type Mirror } from './mirror';
import { similarNames } from './similar-names';
import { isNotAdvertised, remoteProblem } from './problems';
import { objectReader } from '../objects';
import { isPartialClone } from '../config';
import { readCheckout, checkoutRemote, outsideRepository, sourceRemote, type RepoSource } from './source';
import { hasCommit, missingObjects, type GitRemote, type GitStore } from './store';
import { listTree } from '../tree';
import { silentLog, type Log } from '../../system/log';
import { isInterrupted } from '../../system/signals';

export type { RepoSource } from './source';
export type { GitStore } from './store';

export interface ResolvedRef {
  commit: string;
  kind: 'tag' | 'branch' | 'commit';
}

/**
 * What a ref of a repository names now. A tag wins over a branch of the same name, an annotated tag is the commit that it names, and
 * a full commit id is fetched to prove that it exists. Problems: repo-unreachable, repo-denied, repo-empty, ref-not-found, unsafe-url.
 */
export async function resolveRef(source: RepoSource, ref: string, log: Log = silentLog): Promise<ResolvedRef> {
  if (isCommit(ref)) {
    await fetchCommit(source, ref, { log });
    return { commit: ref, kind: 'commit' };
  }
  const remote = await remoteOf(source);
  const refs = await listRefs(remote);
  const tag = refs.get(`refs/tags/${ref}^{}`) ?? refs.get(`refs/tags/${ref}`) ?? refs.get(`${ref}^{}`) ?? refs.get(ref);
  const branch = refs.get(`refs/heads/${ref}`);
  if (tag) return { commit: tag, kind: ref.startsWith('refs/heads/') ? 'branch' : 'tag' };
  if (branch) return { commit: branch, kind: 'branch' };
  if (refs.size === 0) {
    throw new KdcubeError({
      code: 'repo-empty',
      message: `${remote.displayUrl} has no commit yet, so there is nothing to pin.`,
      hint: 'push a commit and a tag first',
    });
  }
  throw refNotFound(remote, ref, refs);
}

/** The commit with all its folders, readable: from this checkout or from the mirror of the source, fetched if it is not there yet. `ref`: the name to ask for where a server hands out no ids. */
export async function fetchCommit(
  source: RepoSource,
  commit: string,
  options: { ref?: string; log?: Log } = {},
): Promise<GitStore> {
  if (!isCommit(commit)) throw new KdcubeError({ code: 'unsafe-ref', message: `${quoted(commit)} is not a full commit id.` });
  const want = { commit, ref: options.ref, log: options.log ?? silentLog };
  return source.self ? fetchIntoCheckout(source, want) : fetchIntoMirror(await mirrorFor(source, commit), want);
}

/** Fetches, in one request, the blobs of a tree that are not there. Nothing is asked of the remote when all are. */
export async function fetchBlobs(store: GitStore, tree: string, log: Log = silentLog): Promise<void> {
  if (store.isComplete && (await hasAllBlobs(store, tree))) return;
  const together = await batchFetchBlobs(store)({ id: tree, log });
  if (together === 'there' || (together === 'asked' && (await missingObjects(store, tree)).length === 0)) return;
  const { remote } = store;
  if (!remote) throw store.isComplete ? objectsLost(tree) : blobsUnavailable(tree);
  const refusal = await withLock(remote.lock, async () => {
    // More than one round only where folders are missing too: what they hold is then not known before.
    for (let round = 1; round <= 20; round += 1) {
      const missing = await missingObjects(store, tree);
      if (missing.length === 0) return undefined;
      const failed = await fetchBlobIds(remote, missing, log);
      if (failed) return failed;
    }
    return { stderr: '' };
  });
  if (!refusal) return;
  if (!isNotAdvertised(refusal.stderr) || !store.rebuild) throw remoteProblem(refusal.stderr, remote.displayUrl);
  await store.rebuild('no-single-blobs', log);
  if ((await missingObjects(store, tree)).length > 0) throw blobsUnavailable(tree, remote);
}

/** Without a process of its own: only for a store in which reading never fetches. */
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

interface CommitOptions {
  commit: string;
  ref?: string;
  log: Log;
}

/** What the checkout has is used as it is. What it lacks is fetched into it, without making a full clone shallow or partial. */
async function fetchIntoCheckout(source: RepoSource, want: CommitOptions): Promise<GitStore> {
  const checkout = await readCheckout(source.root);
  const remote = await checkoutRemote(source.root, checkout);
  // The remote's place: a partial clone fetches what it is asked to read, and must not ask for a password then either.
  const store: GitStore = { context: remote?.context ?? checkout.context, remote, isComplete: !isPartialClone(checkout.config) };
  const isPresent = () => hasCommit(store, want.commit);
  if (await isPresent()) return store;
  if (!remote)
    throw new KdcubeError({
      code: 'unknown-repo',
      message: `The commit ${want.commit} is not in this repository, which has no remote to fetch it from.`,
    });
  const isShallow = async () => (await gitText(store.context, ['rev-parse', '--is-shallow-repository'])) === 'true';
  const flagsOf = (shallow: boolean) => (shallow ? ['--depth=1'] : []);
  const into = { store, remote, prepare: async () => flagsOf(await isShallow()) };
  const together = await batchFetchCommits(into)({ id: want.commit, log: want.log });
  if (together !== 'alone' && (await isPresent())) return store;
  await withLock(remote.lock, async () => {
    if (await isPresent()) return;
    const shallow = await isShallow();
    await fetchOneCommit(remote, { ...want, store, flags: flagsOf(shallow), fullFetchFlags: shallow ? undefined : [] }, want.log);
  });
  return store;
}

async function fetchIntoMirror(mirror: Mirror, want: CommitOptions): Promise<GitStore> {
  const { remote } = mirror;
  const isPresent = async () => mirrorExists(mirror) && (await hasCommit(mirror, want.commit));
  const flags = () => [...filterFlags(mirror), '--depth=1'];
  const prepare = async () => {
    if (!mirrorExists(mirror)) await createMirror(mirror);
    return flags();
  };
  const fill = async () => {
    const everything = [...filterFlags(mirror), '--depth=2147483647'];
    await fetchOneCommit(remote, { ...want, store: mirror, flags: flags(), fullFetchFlags: everything }, want.log);
  };
  const fetched = async () => {
    const together = await batchFetchCommits({ store: mirror, remote, prepare })({ id: want.commit, log: want.log });
    return together !== 'alone' && (await isPresent());
  };
  if (!(await isPresent()) && !(await fetched())) {
    await withLock(remote.lock, async () => {
      if (await isPresent()) return;
      await prepare();
      await fill().catch(async (error) => {
        // Not the remote's fault: a mirror that something damaged or a kill left locked. Its content can be made again.
        if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'command-failed') throw error;
        await createMirror(mirror);
        await fill().catch((again) => {
          throw again instanceof KdcubeError && again.problems[0]?.code === 'command-failed' ? mirrorUnreadable(again) : again;
        });
      });
    });
  }
  const making = mirrorIdentity(mirror);
  const rebuild: GitStore['rebuild'] = (reason, log) =>
    withLock(remote.lock, async () => {
      // Another process may have made it again since.
      if (mirrorIdentity(mirror) === making || !mirrorExists(mirror))
        await createMirror(mirror, { everyBlob: reason === 'no-single-blobs' });
      log.note(`the mirror of ${remote.displayUrl} was made again`);
      if (!(await isPresent())) await fill();
    });
  return { ...mirror, rebuild };
}

async function remoteOf(source: RepoSource): Promise<GitRemote> {
  const remote = source.self ? await checkoutRemote(source.root) : undefined;
  if (remote) return remote;
  if (source.self)
    throw new KdcubeError({
      code: 'unknown-repo',
      message: 'This workspace has no remote to ask.',
      hint: 'git remote add origin <URL>',
    });
  const context = outsideRepository();
  const found = await sourceRemote(source, context.cwd);
  return { ...found, context: { ...found.context, env: { ...context.env, ...found.context.env } } };
}

function refNotFound(remote: GitRemote, ref: string, refs: ReadonlyMap<string, string>): KdcubeError {
  const tags = [...refs.keys()]
    .filter((name) => name.startsWith('refs/tags/') && !name.endsWith('^{}'))
    .map((name) => name.slice('refs/tags/'.length));
  const near = similarNames(ref, tags);
  const isShort = /^[0-9a-f]{7,39}$/.test(ref);
  const hint =
    near.length > 0
      ? `there is ${near.join(', ')}`
      : isShort
        ? 'a commit id must be written in full: git rev-parse <id>'
        : 'git ls-remote --tags <the URL>';
  return new KdcubeError({
    code: 'ref-not-found',
    message: `${remote.displayUrl} has neither a tag nor a branch ${quoted(ref)}.`,
    hint,
  });
}

function blobsUnavailable(tree: string, remote?: GitRemote): KdcubeError {
  const why = remote ? `and ${remote.displayUrl} does not hand them out` : 'and this repository has no remote to fetch them from';
  return new KdcubeError({ code: 'repo-unreachable', message: `Files of the tree ${tree} are not on this machine, ${why}.` });
}

/** Of a repository that says that it has everything. */
function objectsLost(tree: string): KdcubeError {
  return new KdcubeError({
    code: 'repo-unreachable',
    message: `Files of the tree ${tree} are not in this repository, which is no partial clone: it has lost them.`,
    hint: 'git fsck --full    names what is missing; git fetch --refetch    brings it from the remote',
  });
}

function mirrorUnreadable(error: KdcubeError): KdcubeError {
  return new KdcubeError({ ...error.problems[0]!, code: 'repo-unreachable' }, { cause: error });
}
