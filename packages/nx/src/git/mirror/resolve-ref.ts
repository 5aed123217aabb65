import type { GitRemote } from './store';
import { KdcubeError, quoted, isCommit } from '@kdcube/release/internal';
import { similarNames } from './similar-names';
import { checkoutRemote, outsideRepository, sourceRemote, type RepoSource } from './source';
import { silentLog, type Log } from '../../system/log';
import { fetchCommit } from './fetch-commit';
import { listRefs } from './fetch';

export interface ResolvedRef {
  commit: string;
  kind: 'tag' | 'branch' | 'commit';
}

/**
 * The commit that a ref of a repository names now. A tag wins over a branch of the same name, an annotated tag gives the commit that it
 * names, and a full commit id is fetched to prove that it exists. Problems: repo-unreachable, repo-denied, repo-empty, ref-not-found,
 * unsafe-url.
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

/** The remote of a source; of the checkout, if it is this repository. */
export async function remoteOf(source: RepoSource): Promise<GitRemote> {
  const remote = source.self ? await checkoutRemote(source.root) : undefined;
  if (remote) return remote;
  if (source.self)
    throw new KdcubeError({
      code: 'unknown-repo',
      message: 'This workspace has no git remote.',
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
      ? `did you mean ${near.join(', ')}?`
      : isShort
        ? 'a commit id must be written in full: git rev-parse <id>'
        : 'git ls-remote --tags <the URL>';
  return new KdcubeError({
    code: 'ref-not-found',
    message: `${remote.displayUrl} has neither a tag nor a branch ${quoted(ref)}.`,
    hint,
  });
}
