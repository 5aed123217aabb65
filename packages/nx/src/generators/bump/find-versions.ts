import {
  bundlePlaces,
  type Bundle,
  isCommit,
  KdcubeError,
  newerTags,
  parseImageReference,
  quoted,
  type Release,
  resolveRepo,
  shownUrl,
} from '@kdcube/release/internal';
import { commitsBetween, type Commits } from '../../git/mirror/commits-between';
import { listRefs } from '../../git/mirror/fetch';
import { fetchCommit } from '../../git/mirror/fetch-commit';
import { remoteOf, resolveRef } from '../../git/mirror/resolve-ref';
import type { RepoSource } from '../../git/mirror/source';
import { resolveTree } from '../../git/tree';
import { ownRemoteUrl } from '../../git/worktree';
import { listTags } from '../../registry/tags/list-tags';
import { createLog, type Log, withHeartbeat } from '../../system/log';
import { openRegistry } from '../../workspace/registries';

/** A part of release.yaml with a ref. `bundle`: undefined for the frontend and the platform. */
export interface Pinned {
  name: string;
  ref: string;
  repo?: string;
  bundle?: Bundle;
}

/** The version that a part moves to. */
export interface NewVersion {
  ref: string;
  /** What changes, if the history can be read. */
  changes?: Commits;
}

interface Context {
  root: string;
  release: Release;
  log: Log;
}

/** The version that `to` names, or the newest one; undefined if there is none. Contacts the remote, or for the platform its registry, if release.yaml names one. */
export async function findVersion(root: string, release: Release, part: Pinned, to?: string): Promise<NewVersion | undefined> {
  const log = createLog();
  const context: Context = { root, release, log };
  const work = part.name === 'platform' && !part.bundle ? platformVersion(part, to, context) : gitVersion(part, to, context);
  return withHeartbeat(log, () => `looking up ${part.name}`, work);
}

/** The image that every platform has. */
const PLATFORM_IMAGE = 'kdcube-chat-proc';

async function platformVersion(part: Pinned, to: string | undefined, context: Context): Promise<NewVersion | undefined> {
  const { registry } = context.release.platform;
  if (registry === undefined) return gitVersion(part, to, context);
  const name = [registry.host, registry.prefix, PLATFORM_IMAGE].filter(Boolean).join('/');
  const { host, repository } = parseImageReference(name);
  const tags = await listTags(openRegistry(host, context.log), repository);
  const ref = to ?? newerTags(part.ref, tags)[0];
  if (ref === undefined || tags.includes(ref)) return ref === undefined ? undefined : { ref };
  const [newest] = newerTags(part.ref, tags);
  throw new KdcubeError({
    code: 'image-not-found',
    message: `${name} has no tag ${quoted(ref)}: this version of the platform was not published there.`,
    hint: newest === undefined ? `${part.ref} is the newest one` : `the newest one is ${newest}`,
  });
}

async function gitVersion(part: Pinned, to: string | undefined, context: Context): Promise<NewVersion | undefined> {
  const { root, release, log } = context;
  const remote = await ownRemoteUrl(root).catch(() => undefined);
  if (part.repo === undefined) throw noRepo(part);
  const source = { ...resolveRepo(part.repo, release.repos, remote), root };
  const ref = to ?? newerTags(part.ref, await tagsOf(source))[0];
  if (ref === undefined || ref === part.ref) return undefined;
  const { commit, kind } = await resolveRef(source, ref, log);
  if (kind === 'branch')
    throw new KdcubeError({
      code: 'mutable-ref',
      message: `${quoted(ref)} is a branch of ${shownUrl(source.url)}. A release pins a tag or a commit, so that its content does not change.`,
      hint: `--to=${commit}    is its current commit`,
    });
  const folder = part.bundle ? await folderOf(source, part.bundle, { ref, commit }, log) : '';
  const from = await resolveRef(source, part.ref, log).catch(ignoreMissing);
  const changes = from && (await commitsBetween(source, { from: from.commit, to: commit, folder }, log));
  return { ref, ...(changes && { changes }) };
}

function noRepo({ name }: Pinned): KdcubeError {
  return new KdcubeError({
    code: 'unknown-repo',
    message: `${name} has no repo in release.yaml, so its tags cannot be listed.`,
    hint: `${name}:\n  repo: git@example.com:org/${name}.git`,
  });
}

async function tagsOf(source: RepoSource): Promise<string[]> {
  const refs = await listRefs(await remoteOf(source));
  return [...refs.keys()].flatMap((name) => /^refs\/tags\/(.*?)(?:\^\{\})?$/.exec(name)?.[1] ?? []);
}

/** The folder of the bundle at the new version, which must have it. */
async function folderOf(source: RepoSource, bundle: Bundle, at: { ref: string; commit: string }, log: Log): Promise<string> {
  const store = await fetchCommit(source, at.commit, { ...(!isCommit(at.ref) && { ref: at.ref }), log });
  for (const place of bundlePlaces(bundle)) if (await resolveTree(store, at.commit, place, log)) return place;
  throw new KdcubeError({
    code: 'bundle-not-found',
    message: `${shownUrl(source.url)} has no folder ${bundlePlaces(bundle).join(' or ')} at ${quoted(at.ref)}: ${quoted(bundle.id)} cannot move to it.`,
    hint: `nx g @kdcube/nx:bump ${bundle.id} --to=<another tag>`,
  });
}

/** The old ref may be gone: then there is nothing to compare with. */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof KdcubeError && error.problems[0]!.code === 'ref-not-found') return undefined;
  throw error;
}
