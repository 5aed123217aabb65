import { isCommit, KdcubeError, quoted } from '@kdcube/release/internal';
import { withLock } from '../../system/lock/lock';
import { isShallow } from '../shallow';
import { fetchOneCommit } from './fetch';
import { batchFetchCommits } from './batch-fetch';
import { createMirror, mirrorExists, filterFlags, mirrorIdentity, mirrorFor, type Mirror } from './mirror';
import { isPartialClone } from '../config';
import { readCheckout, checkoutRemote, type RepoSource } from './source';
import { hasCommit, type GitStore } from './store';
import { silentLog, type Log } from '../../system/log';

/** The commit with all its folders, readable: from this checkout, or from the mirror of the source, fetched if missing. `ref`: what to fetch if a server does not serve ids. */
export async function fetchCommit(
  source: RepoSource,
  commit: string,
  options: { ref?: string; log?: Log } = {},
): Promise<GitStore> {
  if (!isCommit(commit)) throw new KdcubeError({ code: 'unsafe-ref', message: `${quoted(commit)} is not a full commit id.` });
  const want = { commit, ref: options.ref, log: options.log ?? silentLog };
  return source.self ? fetchIntoCheckout(source, want) : fetchIntoMirror(await mirrorFor(source, commit), want);
}

interface CommitOptions {
  commit: string;
  ref?: string;
  log: Log;
}

/** Uses the objects of the checkout. Fetches missing ones into it, without making a full clone shallow or partial. */
async function fetchIntoCheckout(source: RepoSource, want: CommitOptions): Promise<GitStore> {
  const checkout = await readCheckout(source.root);
  const remote = await checkoutRemote(source.root, checkout);
  // The remote's context: a partial clone fetches objects as they are read, and must not prompt for a password then either.
  const store: GitStore = { context: remote?.context ?? checkout.context, remote, isComplete: !isPartialClone(checkout.config) };
  const isPresent = () => hasCommit(store, want.commit);
  if (await isPresent()) return store;
  if (!remote)
    throw new KdcubeError({
      code: 'unknown-repo',
      message: `The commit ${want.commit} is not in this repository, which has no remote to fetch it from.`,
    });
  const flagsOf = (shallow: boolean) => (shallow ? ['--depth=1'] : []);
  const into = { store, remote, prepare: async () => flagsOf(await isShallow(store.context)) };
  const together = await batchFetchCommits(into)({ id: want.commit, log: want.log });
  if (together !== 'alone' && (await isPresent())) return store;
  await withLock(
    remote.lock,
    async () => {
      if (await isPresent()) return;
      const shallow = await isShallow(store.context);
      await fetchOneCommit(
        remote,
        { ...want, store, flags: flagsOf(shallow), fullFetchFlags: shallow ? undefined : [] },
        want.log,
      );
    },
    { log: want.log },
  );
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
    await withLock(
      remote.lock,
      async () => {
        if (await isPresent()) return;
        await prepare();
        await fill().catch(async (error) => {
          // Not the remote's fault: the mirror is damaged, or a killed process left it locked. Its content can be fetched again.
          if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'command-failed') throw error;
          await createMirror(mirror);
          await fill().catch((again) => {
            throw again instanceof KdcubeError && again.problems[0]?.code === 'command-failed' ? mirrorUnreadable(again) : again;
          });
        });
      },
      { log: want.log },
    );
  }
  const making = mirrorIdentity(mirror);
  const rebuild: GitStore['rebuild'] = (reason, log) =>
    withLock(
      remote.lock,
      async () => {
        // Another process may have rebuilt it in the meantime.
        if (mirrorIdentity(mirror) === making || !mirrorExists(mirror))
          await createMirror(mirror, { everyBlob: reason === 'no-single-blobs' });
        log.note(`the mirror of ${remote.displayUrl} was recreated`);
        if (!(await isPresent())) await fill();
      },
      { log },
    );
  return { ...mirror, rebuild };
}

function mirrorUnreadable(error: KdcubeError): KdcubeError {
  return new KdcubeError({ ...error.problems[0]!, code: 'repo-unreachable' }, { cause: error });
}
