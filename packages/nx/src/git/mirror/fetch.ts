import { KdcubeError } from '@kdcube/release/internal';
import { git } from '../git';
import { isNotAdvertised, knownRemoteProblem, remoteProblem, remoteTimeout } from './problems';
import { hasCommit, objectType, type GitRemote, type GitStore } from './store';
import { singleFlight } from '../batch';
import { withHeartbeat, type Log } from '../../system/log';

/** Half an hour, for the largest repositories over slow connections. A connection without data for two minutes fails earlier. */
const TIMEOUT = 1_800_000;
const SLOW_CONNECTION = { 'http.lowSpeedLimit': '1', 'http.lowSpeedTime': '120' };

/** git's output after a failed fetch. */
export interface FetchFailure {
  stderr: string;
}

/**
 * Fetches objects and nothing else: no refs, tags or FETCH_HEAD are written. `wants`: object ids or full ref names, passed in stdin.
 * Returns git's output if it failed, undefined if it succeeded.
 */
export async function fetchObjects(
  remote: GitRemote,
  flags: readonly string[],
  wants: readonly string[],
  log: Log,
): Promise<FetchFailure | undefined> {
  const context = { ...remote.context, config: { ...SLOW_CONNECTION, ...remote.context.config } };
  const args = [
    'fetch',
    '--progress',
    '--no-tags',
    '--no-write-fetch-head',
    '--refmap=',
    '--no-recurse-submodules',
    '--no-prune',
    ...flags,
  ];
  const report = progressReporter(log, remote.displayUrl);
  const work = git(context, [...args, '--stdin', '--', remote.name], {
    input: `${wants.join('\n')}\n`,
    timeout: TIMEOUT,
    onLine: report.line,
  });
  const result = await withHeartbeat(log, report.waiting, work).catch((error) => {
    throw remoteTimeout(error, remote.displayUrl);
  });
  return result.exitCode === 0 ? undefined : { stderr: result.stderr };
}

/** Fetches blobs by their ids, without any commit. */
export function fetchBlobIds(remote: GitRemote, ids: readonly string[], log: Log): Promise<FetchFailure | undefined> {
  const context = { ...remote.context, config: { ...remote.context.config, 'fetch.negotiationAlgorithm': 'noop' } };
  return fetchObjects({ ...remote, context: context }, ['--filter=blob:none'], ids, log);
}

/** The attempts for one commit, in this order: by its id; by the ref that named it; everything (only if the server serves nothing but its refs). */
export interface CommitRequest {
  commit: string;
  ref?: string;
  /** Options of the first two attempts. */
  flags: readonly string[];
  /** Options of the last attempt. Undefined: no such attempt. */
  fullFetchFlags?: readonly string[];
  /** The store that must have the commit after an attempt. */
  store: GitStore;
}

/** Fetches one commit. Problems `ref-not-found` and those of the remote; an unknown failure of git is a `command-failed`, so that a mirror can be rebuilt. */
export async function fetchOneCommit(remote: GitRemote, want: CommitRequest, log: Log): Promise<void> {
  const { commit, store } = want;
  const first = await fetchObjects(remote, want.flags, [commit], log);
  if (await hasCommit(store, commit)) return;
  if (!first) throw await notACommit(remote, want);
  if (!isNotAdvertised(first.stderr)) throw fetchProblem(first, remote);
  for (const ref of want.ref ? [`refs/tags/${want.ref}`, `refs/heads/${want.ref}`] : []) {
    const refusal = await fetchObjects(remote, want.flags, [ref], log);
    if (refusal && !isNotAdvertised(refusal.stderr)) throw fetchProblem(refusal, remote);
    if (await hasCommit(store, commit)) return;
  }
  if (/unadvertised object/.test(first.stderr) && want.fullFetchFlags) {
    const refusal = await fetchObjects(
      remote,
      want.fullFetchFlags,
      [...(await listRefs(remote)).keys()].filter((name) => !name.endsWith('^{}')),
      log,
    );
    if (refusal) throw fetchProblem(refusal, remote);
    if (await hasCommit(store, commit)) return;
  }
  throw new KdcubeError({
    code: 'ref-not-found',
    message: `${remote.displayUrl} has no commit ${commit}.`,
    hint: 'check the id: a commit that no branch or tag contains may have been deleted',
  });
}

/** Every branch and tag of a remote by its full name; a peeled tag has the suffix `^{}`. */
export function listRefs(remote: GitRemote): Promise<ReadonlyMap<string, string>> {
  return shared(JSON.stringify([remote.context, remote.name]), () => fetchRefs(remote));
}

/** Concurrent calls share one request, for example those for fifty bundles of one repository. */
const shared = singleFlight<ReadonlyMap<string, string>>();

async function fetchRefs(remote: GitRemote): Promise<ReadonlyMap<string, string>> {
  const result = await git(remote.context, ['ls-remote', '--heads', '--tags', '--', remote.name], { timeout: 120_000 }).catch(
    (error) => {
      throw remoteTimeout(error, remote.displayUrl);
    },
  );
  if (result.exitCode !== 0) throw remoteProblem(result.stderr, remote.displayUrl);
  const lines = result.stdout.toString('utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]));
}

/** The fetch succeeded, but the commit is still missing: the id names another object, or the store is damaged. */
async function notACommit(remote: GitRemote, { commit, store }: CommitRequest): Promise<KdcubeError> {
  const type = await objectType(store, commit);
  if (!type || type === 'commit')
    return new KdcubeError({
      code: 'command-failed',
      message: `git fetched ${commit} from ${remote.displayUrl}, but cannot read it.`,
    });
  return new KdcubeError({
    code: 'ref-not-found',
    message: `${commit} in ${remote.displayUrl} is a ${type}, not a commit.`,
    hint: `git rev-parse ${commit}^{commit}`,
  });
}

function fetchProblem({ stderr }: FetchFailure, remote: GitRemote): KdcubeError {
  const known = knownRemoteProblem(stderr, remote.displayUrl);
  if (known || remote.kind === 'checkout') return known ?? remoteProblem(stderr, remote.displayUrl);
  return new KdcubeError({ code: 'command-failed', message: remoteProblem(stderr, remote.displayUrl).problems[0]!.message });
}

/** Reports git's progress, at most one line every five seconds. */
function progressReporter(log: Log, shown: string): { line: (line: string) => void; waiting: () => string } {
  let last = '';
  let reportedAt = Date.now();
  return {
    line: (line) => {
      last = line.replace(/^remote: /, '').trim();
      if (Date.now() - reportedAt < 5_000 || !/\d+%/.test(last)) return;
      reportedAt = Date.now();
      log.progress(`fetching ${shown}: ${last}`);
    },
    waiting: () => `fetching ${shown}${last ? `: ${last}` : ''}`,
  };
}
