import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  type AnyPin,
  type BuiltPin,
  type BuiltPlatformImage,
  type BundlePin,
  type FrontendPin,
  type FrontendSource,
  type ImagePin,
  type ImageQuestion,
  type PinnedBundle,
  type PlatformPin,
  type Problem,
  type PublishedImage,
  type Release,
  BUILT_BASE,
  bundlePlaces,
  KdcubeError,
  parseImageReference,
  printPin,
  quoted,
  resolveRepo,
  shownUrl,
} from '@kdcube/release/internal';
import { writeFileAtomic } from '../../system/files/files';
import { withExitHandler } from '../../system/files/cleanup';
import { fetchCommit } from '../../git/mirror/fetch-commit';
import { resolveRef } from '../../git/mirror/resolve-ref';
import type { RepoSource } from '../../git/mirror/source';
import type { GitStore } from '../../git/mirror/store';
import { listTree, resolveTree } from '../../git/tree';
import { ownRemoteUrl } from '../../git/worktree';
import { pluralize, createLog, withHeartbeat, type Log } from '../../system/log';
import { baseReference, openRegistry, resolveRegistries, withMirroredRegistry } from '../../workspace/registries';
import { headManifest } from '../../registry/manifests/manifests';
import { resolveBuiltPin } from '../../workspace/platform/resolve-pin';
import { readIndex } from '../../registry/manifests/read-index';
import { commandRewriter, type PluginOptions } from '../../plugin-options';

/** A pin that is missing or out of date. */
export type StalePin = { file: string; subject: string; why: string; question: Record<string, unknown> } & (
  | { kind: 'bundle'; bundle: PinnedBundle }
  | { kind: 'frontend'; source: FrontendSource }
  | { kind: 'image'; asked: ImageQuestion; pin?: ImagePin }
  | { kind: 'platform'; image: PublishedImage }
  | { kind: 'built'; image: BuiltPlatformImage; pin?: BuiltPin }
);

export interface ResolveRequest {
  root: string;
  release: Release;
  stale: StalePin[];
  /** The content of the pin files before they became half pins, restored if anything fails. */
  before: ReadonlyMap<string, Uint8Array | undefined>;
  options: PluginOptions;
}

/** Resolves every stale pin or none: on any failure and on Ctrl-C, all files are restored. Reports every problem. */
export async function resolvePins({ before, root, ...request }: ResolveRequest): Promise<void> {
  const undo = () => restore(root, before);
  try {
    await withExitHandler(undo, () => resolveAll({ root, ...request }));
  } catch (error) {
    const changed = restoreOrExplain(undo);
    throw error instanceof KdcubeError ? new KdcubeError(error.problems, { cause: error, changed }) : error;
  }
}

/** Restores the pins. Says whether that worked: the disk that refused a new pin may also refuse the old one. */
function restoreOrExplain(undo: () => void): string {
  try {
    undo();
    return 'No pin was changed.';
  } catch (error) {
    return `The pins could not be restored: ${(error as Error).message}. To restore them: git restore pins`;
  }
}

async function resolveAll({ root, release, stale, options }: Omit<ResolveRequest, 'before'>): Promise<void> {
  const log = createLog({ rewrite: commandRewriter(options) });
  const remote = await ownRemoteUrl(root).catch(() => undefined);
  const problems: Problem[] = [];
  const resolved: { file: string; text: string }[] = [];
  for (const pin of stale) {
    const startedAt = Date.now();
    try {
      const newPin = await withHeartbeat(
        log,
        () => `pinning ${pin.subject}`,
        resolve(pin, { root, release, options, remote, log }),
      );
      resolved.push({ file: pin.file, text: printPin(newPin) });
      log.done('pinned', pin.subject, summary(newPin), startedAt);
    } catch (error) {
      if (!(error instanceof KdcubeError)) throw error;
      problems.push(...error.problems.map((problem) => ({ ...problem, at: problem.at ?? { file: pin.file } })));
    }
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  for (const { file, text } of resolved) await writeFileAtomic(path.join(root, file), text);
}

interface ResolveContext {
  root: string;
  release: Release;
  options: PluginOptions;
  remote: string | undefined;
  log: Log;
}

function resolve(pin: StalePin, context: ResolveContext): Promise<AnyPin> {
  switch (pin.kind) {
    case 'bundle':
      return resolveBundle(pin.bundle, context);
    case 'frontend':
      return resolveFrontend(pin.source, context);
    case 'image':
      return resolveImage(pin.asked, pin.pin, context);
    case 'platform':
      return resolvePublished(pin.image, context.log);
    case 'built':
      return resolveBuilt(pin.image, pin.pin, context);
  }
}

async function resolveBundle(bundle: PinnedBundle, context: ResolveContext): Promise<BundlePin> {
  const { repo, ref, subdir } = bundle;
  const { source, commit } = await commitOf(
    repo,
    ref,
    context,
    context.options.mode === 'git' && context.options.alwaysPull === true,
  );
  if (bundle.gitCommit !== undefined && bundle.gitCommit !== commit) {
    throw new KdcubeError({
      code: 'tag-moved',
      message: `git_commit of ${quoted(ref)} is ${bundle.gitCommit} in release.yaml, but ${commit} in ${shownUrl(source.url)}.`,
      hint: 'correct git_commit, or remove the line',
    });
  }
  const store = await fetchCommit(source, commit, { ref, log: context.log });
  for (const place of bundlePlaces(bundle)) {
    const tree = await resolveTree(store, commit, place, context.log);
    if (tree) return { pin: 1, repo, ref, subdir, commit, path: place, tree };
  }
  throw new KdcubeError({
    code: 'bundle-not-found',
    message: `${shownUrl(source.url)} has no folder ${bundlePlaces(bundle).join(' or ')} at ${quoted(ref)} (${commit.slice(0, 12)}).`,
    hint: (await elsewhere(store, commit, bundle)) ?? 'set subdir: to the folder that holds the bundle’s folder',
  });
}

/** A hint with the right subdir, if the bundle is somewhere else in its repository. */
async function elsewhere(store: GitStore, commit: string, { id, folder }: PinnedBundle): Promise<string | undefined> {
  const files = (await listTree(store, commit).catch(() => [])).map((entry) => `/${entry.path}`);
  const entrypoint = files.find((file) => [id, folder].some((name) => file.endsWith(`/${name}/entrypoint.py`)));
  return entrypoint === undefined ? undefined : `subdir: "${entrypoint.split('/').slice(1, -2).join('/')}"    contains it`;
}

async function resolveFrontend({ repo, ref, subdir }: FrontendSource, context: ResolveContext): Promise<FrontendPin> {
  const { source, commit } = await commitOf(repo, ref, context, false);
  const store = await fetchCommit(source, commit, { ref, log: context.log });
  const tree = await resolveTree(store, commit, subdir ?? '', context.log);
  if (tree) return { pin: 1, repo, ref, ...(subdir !== undefined && { subdir }), commit, tree };
  const files = (await listTree(store, commit).catch(() => [])).map(({ path: file }) => file);
  const folders = files.flatMap((file) => /^(?:(.+)\/)?package\.json$/.exec(file)?.[1] ?? []).slice(0, 3);
  throw new KdcubeError({
    code: 'file-missing',
    message: `${shownUrl(source.url)} has no folder ${quoted(subdir)} at ${quoted(ref)} (${commit.slice(0, 12)}), and it is frontend.subdir.`,
    hint:
      folders.length > 0
        ? folders.map((folder) => `subdir: "${folder}"`).join('    ')
        : 'remove subdir:, if all of the repository is the frontend',
  });
}

async function commitOf(
  repo: string,
  ref: string,
  { root, release, remote, log }: ResolveContext,
  mayFloat: boolean,
): Promise<{ source: RepoSource; commit: string }> {
  const source = { ...resolveRepo(repo, release.repos, remote), root };
  const { commit, kind } = await resolveRef(source, ref, log);
  if (kind === 'branch' && !mayFloat) {
    throw new KdcubeError({
      code: 'mutable-ref',
      message: `${quoted(ref)} is a branch of ${shownUrl(source.url)}. A release pins a tag or a commit, so that its content does not change.`,
      hint: `ref: "${commit}"    is its current commit`,
    });
  }
  return { source, commit };
}

/** Base images keep their pinned digests; deleting the pin updates them. */
async function resolveImage(
  { platform, bundles, bases, built = [] }: ImageQuestion,
  pin: ImagePin | undefined,
  context: ResolveContext,
): Promise<ImagePin> {
  const pinned = new Map(Object.entries(pin?.bases ?? {}).filter(([, digest]) => digest !== BUILT_BASE));
  const digests: Record<string, string> = {};
  for (const name of [...bases].sort())
    digests[name] = built.includes(name) ? BUILT_BASE : (pinned.get(name) ?? (await digestOf(name, context)));
  return {
    pin: 1,
    ...(platform !== undefined && { platform }),
    bundles,
    bases: digests,
    ...(pin?.salt !== undefined && { salt: pin.salt }),
  };
}

async function digestOf(name: string, { options, release, log }: ResolveContext): Promise<string> {
  const registries = resolveRegistries({}, withMirroredRegistry(options, release));
  const reference = parseImageReference(baseReference(name, registries));
  if (reference.digest) return reference.digest;
  const head = await headManifest(openRegistry(reference.host, log), reference.repository, reference.tag ?? 'latest');
  if (head) return head.digest;
  throw new KdcubeError({
    code: 'image-not-found',
    message: `The base ${reference.host}/${reference.repository}:${reference.tag ?? 'latest'} does not exist.`,
    hint: name.includes('${KDCUBE_PLATFORM_REGISTRY}')
      ? 'push the platform’s images there first, or set KDCUBE_PLATFORM_REGISTRY to another registry'
      : 'check the image name in the Dockerfile',
  });
}

async function resolveBuilt(image: BuiltPlatformImage, before: BuiltPin | undefined, context: ResolveContext): Promise<BuiltPin> {
  const { source, commit } = await commitOf(image.repo, image.ref, context, false);
  return resolveBuiltPin(image, { source, commit, before, digestOf: (name) => digestOf(name, context) }, context.log);
}

async function resolvePublished({ name, ref, source }: PublishedImage, log: Log): Promise<PlatformPin> {
  const { host, repository } = parseImageReference(source);
  const found = await readIndex(openRegistry(host, log), repository, ref);
  if (found) return { pin: 1, ref, source, ...found };
  throw new KdcubeError({
    code: 'image-not-found',
    message: `${source}:${ref} does not exist: ${name} was not published there under this platform.ref.`,
    hint: 'correct platform.ref or platform.registry in release.yaml; or platform.build: true instead of registry, to build the images of this ref',
  });
}

function summary(pin: AnyPin): string {
  if ('source' in pin) return `${pin.ref} → ${pin.digest.slice(0, 'sha256:'.length + 12)}`;
  if ('bundles' in pin) return `${pluralize(pin.bundles.length, 'bundle')} on ${pin.platform ?? 'no platform'}`;
  return `${pin.ref} → ${pin.commit.slice(0, 12)}`;
}

/** Synchronous, because it also runs between Ctrl-C and the end of the process. */
function restore(root: string, before: ReadonlyMap<string, Uint8Array | undefined>): void {
  for (const [file, content] of before) {
    const place = path.join(root, file);
    if (content !== undefined) {
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(place, content);
    } else {
      fs.rmSync(place, { force: true });
      removeIfEmpty(path.dirname(place), root);
    }
  }
}

/** Removes the folders that were created for a half pin, unless they hold something else. */
function removeIfEmpty(folder: string, root: string): void {
  try {
    for (let empty = folder; empty !== root; empty = path.dirname(empty)) fs.rmdirSync(empty);
  } catch {
    // Not empty, or never created.
  }
}
