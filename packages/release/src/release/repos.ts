import { KdcubeError, quoted } from '../problem/problem';
import { repoName, sameRepo, shownUrl } from './refs';
import { parseRepo } from './repo-url';

/** Where to fetch from: a URL, and whether it is this workspace's own repository (then git runs inside the checkout, with its credentials). */
export interface RepoAddress {
  url: string;
  self: boolean;
}

/**
 * Resolves a repository in release.yaml to its address. A name is looked up in `repos:`; otherwise it is this repository, if that is the
 * name of its own remote. An unknown name is a Problem: it would be ambiguous.
 */
export function resolveRepo(
  written: string,
  repos: Readonly<Record<string, string>>,
  ownRemote: string | undefined,
): RepoAddress {
  const place = parseRepo(Object.hasOwn(repos, written) ? repos[written]! : written);
  if ('code' in place) throw new KdcubeError(place);
  if (place.kind === 'url') return { url: place.url, self: ownRemote !== undefined && sameRepo(place.url, ownRemote) };
  if (ownRemote !== undefined && repoName(ownRemote) === place.name) return { url: ownRemote, self: true };
  throw new KdcubeError({
    code: 'unknown-repo',
    message: `${quoted(written)} is a name that nothing resolves: it is not in repos:, and this repository's own remote is ${ownRemote ? `called ${quoted(repoName(ownRemote))} (${shownUrl(ownRemote)})` : 'not set'}.`,
    hint: `repos:\n  ${written}: git@example.com:org/${written}.git`,
  });
}
