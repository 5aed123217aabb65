import { KdcubeError } from '@kdcube/release/internal';
import { type Log, silentLog } from '../../system/log';
import { git } from '../git';
import { configValue } from '../config';
import { isShallow } from '../shallow';
import { fetchObjects, listRefs } from './fetch';
import { fetchCommit } from './fetch-commit';
import { filterFlags, mirrorFor } from './mirror';
import { remoteOf } from './resolve-ref';
import { readCheckout, type RepoSource } from './source';
import type { GitStore } from './store';

/**
 * Whether a clone of the remote has a commit: a branch or tag names it, or has it in its history. A server may hand out other commits by their id, but a clone does not have them.
 * `shallow`: the history cannot be searched here. Problems of the remote.
 */
export async function isOnRemote(source: RepoSource, commit: string, log: Log = silentLog): Promise<boolean | 'shallow'> {
  const remote = await remoteOf(source);
  const tips = [...new Set((await listRefs(remote)).values())];
  if (tips.includes(commit)) return true;
  if (tips.length === 0) return false;
  const found = await isAncestor(source, commit, tips, log).catch((error: unknown) => {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'ref-not-found') return false;
    throw error;
  });
  return found;
}

async function isAncestor(source: RepoSource, commit: string, tips: readonly string[], log: Log): Promise<boolean | 'shallow'> {
  if (source.self) {
    const checkout = await readCheckout(source.root);
    if (await isReachable({ context: checkout.context }, commit, tips)) return true;
    if (await isShallow(checkout.context)) return 'shallow';
    // There may have been a push since the last fetch.
    const remote = await remoteOf(source);
    const isPartial = configValue(checkout.config, `remote.${remote.name}.promisor`) === 'true';
    await fetchObjects(remote, isPartial ? ['--filter=blob:none'] : [], tips, log);
    return isReachable({ context: checkout.context }, commit, tips);
  }
  const store = await fetchCommit(source, commit, { log });
  const mirror = await mirrorFor(source, commit);
  await fetchObjects(mirror.remote, [...filterFlags(mirror), '--depth=2147483647'], tips, log);
  return isReachable(store, commit, tips);
}

/** git lists a commit that none of the tips has; it ignores tips that are not here. */
async function isReachable({ context }: Pick<GitStore, 'context'>, commit: string, tips: readonly string[]): Promise<boolean> {
  const input = `${commit}\n${tips.map((tip) => `^${tip}\n`).join('')}`;
  const { exitCode, stdout } = await git(context, ['rev-list', '--ignore-missing', '--max-count=1', '--stdin'], { input });
  return exitCode === 0 && stdout.toString('utf8').trim() === '' && (await hasObject(context, commit));
}

async function hasObject(context: GitStore['context'], commit: string): Promise<boolean> {
  return (await git(context, ['cat-file', '-e', `${commit}^{commit}`])).exitCode === 0;
}
