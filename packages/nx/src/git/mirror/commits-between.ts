import { type Log, silentLog } from '../../system/log';
import { git } from '../git';
import { isShallow } from '../shallow';
import { fetchObjects } from './fetch';
import { fetchCommit } from './fetch-commit';
import { filterFlags, mirrorFor } from './mirror';
import { readCheckout, type RepoSource } from './source';

export interface CommitRange {
  from: string;
  to: string;
  /** Only commits that changed something in it. */
  folder: string;
}

export interface Commits {
  /** The newest first. */
  commits: { id: string; subject: string }[];
  /** Whether `to` has `from` in its history. */
  isForward: boolean;
}

/** The commits that `to` has and `from` has not, in one folder. Undefined if the history cannot be read: the clone is shallow, or the remote no longer has `from`. Problems of the remote. */
export async function commitsBetween(source: RepoSource, range: CommitRange, log: Log = silentLog): Promise<Commits | undefined> {
  if (source.self && (await isShallow((await readCheckout(source.root)).context))) return undefined;
  const { context } = await fetchCommit(source, range.to, { log });
  if (!source.self) {
    // A mirror has single commits.
    const mirror = await mirrorFor(source, range.to);
    await fetchObjects(mirror.remote, [...filterFlags(mirror), '--depth=2147483647'], [range.to], log);
  }
  const args = ['log', '-z', '--format=%H %s', `${range.from}..${range.to}`, '--', range.folder === '' ? '.' : range.folder];
  const listed = await git(context, ['--literal-pathspecs', ...args]);
  if (listed.exitCode !== 0) return undefined;
  const { exitCode } = await git(context, ['merge-base', '--is-ancestor', range.from, range.to]);
  const lines = listed.stdout.toString('utf8').split('\0').filter(Boolean);
  return {
    commits: lines.map((line) => ({ id: line.slice(0, line.indexOf(' ')), subject: line.slice(line.indexOf(' ') + 1) })),
    isForward: exitCode === 0,
  };
}
