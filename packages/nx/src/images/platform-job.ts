import {
  type BuiltPin,
  type BuiltPlatformImage,
  DEFAULT_PLATFORM,
  isCommit,
  KdcubeError,
  pinClones,
  clonedRepositories,
  type Place,
  planImage,
  PINS,
  platformPinFile,
  platformTags,
  quoted,
  RELEASE_FILE,
  requirePin,
  shownUrl,
} from '@kdcube/release/internal';
import { fetchCommit } from '../git/mirror/fetch-commit';
import { findLocalCommit } from '../git/mirror/local-store';
import { resolveRef } from '../git/mirror/resolve-ref';
import type { RepoSource } from '../git/mirror/source';
import { reducedTreeId, writeReducedTree } from '../git/reduced-tree';
import type { Snapshot } from '../git/snapshot/snapshot';
import type { Log } from '../system/log';
import { pinnedReferences } from '../workspace/registries';
import { type OpenRelease, repoAddress } from '../workspace/workspace';
import type { ImageJob, ImageOptions } from './job';
import {
  contextFiles,
  missingFiles,
  type PlatformContext,
  platformPlace,
  readPlatformContext,
} from '../workspace/platform/context';
import { findCompleteRef } from '../workspace/platform/complete-ref';

/** Plans an image of the platform that is built here; undefined if `name` is none. Reads its pin only. Problems: `pin-missing`, `pin-stale`. */
export async function planPlatformJob(
  release: OpenRelease,
  name: string,
  snapshot: Snapshot,
  options: ImageOptions,
  log: Log,
): Promise<ImageJob | undefined> {
  const found = release.workspace.pins.built.find(({ subject }) => subject.name === name);
  if (!found) return undefined;
  const image = found.subject;
  const pin = requirePin(found.pin, found.fits, name, found.file);
  const unused = Object.keys(options.args);
  // One key for one release: the bundled images are built on it.
  if (unused.length > 0)
    log.note(
      `${name}: --args (${unused.join(', ')}) is not for images of the platform. platform.images in ${RELEASE_FILE} has theirs.`,
    );
  const platform = options.platform ?? DEFAULT_PLATFORM;
  const { dockerfile, tree, bases, args, clones, salt } = pin;
  const plan = planImage(name, { platform, dockerfile, files: tree, bundles: [], bases, args, clones, salt });
  const address = repoAddress(release, image.repo);
  const source: RepoSource = { ...address, root: release.root };
  const place = platformPlace(image);
  const read = once(() => readPinned(source, image, pin, options, log));
  return {
    plan,
    folder: { name, path: place, dockerfile },
    pin,
    bundles: [],
    references: async (registries) => pinnedReferences(pin, registries),
    uncommitted: await snapshot.changed([RELEASE_FILE, PINS]),
    files: {
      tree,
      open: async () => (await read()).store,
      scanned: { subject: name, place, allowAs: place, allowed: undefined },
    },
    platform: {
      tags: platformTags({ commit: pin.commit, version: image.ref }).map(({ tag }) => ({ tag, moving: true })),
      rewrite: (text) => (clones ? pinClones(text, clonedRepositories(text, place, { args, platform }), clones) : text),
      async requireSources(toProblem) {
        const context = await read();
        const missing = missingFiles(context, args, platform);
        if (missing.length === 0) return;
        const other = await findCompleteRef(source, image, platform, log);
        throw new KdcubeError(missing.map((each) => withRef(toProblem(each), other)));
      },
    },
  };
}

function withRef(
  problem: ReturnType<Parameters<NonNullable<ImageJob['platform']>['requireSources']>[0]>,
  ref: string | undefined,
): typeof problem {
  if (ref === undefined) return problem;
  const hint = `platform.ref: "${ref}"    has every file that this Dockerfile copies`;
  return { ...problem, hint: problem.hint === undefined ? hint : `${hint}; here ${problem.hint}` };
}

/** The content that the pin names, readable. Problems: `tag-moved`, `pin-stale`, and those of git. */
async function readPinned(
  source: RepoSource,
  image: BuiltPlatformImage,
  pin: BuiltPin,
  { offline, checksRefs = true }: ImageOptions,
  log: Log,
): Promise<PlatformContext> {
  const at: Place = { file: platformPinFile(image.name) };
  if (!offline && checksRefs) await requireSameCommit(source, image, pin, at, log);
  const local = offline ? ((await findLocalCommit(source, pin.commit)) ?? noLocalCopy(image, pin)) : undefined;
  const store = local ?? (await fetchCommit(source, pin.commit, { ref: pin.ref, log }));
  const context = await readPlatformContext(store, pin.commit, image, log);
  const files = contextFiles(context, image);
  if (reducedTreeId(files) !== pin.tree)
    throw new KdcubeError({
      code: 'pin-stale',
      message: `The pin of ${image.name} contradicts itself: what its commit ${pin.commit} gives for this image is the tree ${reducedTreeId(files)}, and the pin says ${pin.tree}.`,
      hint: `delete ${at.file} and run nx sync`,
      at,
    });
  return { ...context, store: await writeReducedTree(context.store, files) };
}

async function requireSameCommit(
  source: RepoSource,
  { ref, name }: BuiltPlatformImage,
  pin: BuiltPin,
  at: Place,
  log: Log,
): Promise<void> {
  if (isCommit(ref)) return;
  const { commit } = await resolveRef(source, ref, log);
  if (commit === pin.commit) return;
  throw new KdcubeError({
    code: 'tag-moved',
    message: `The tag ${quoted(ref)} of the platform was moved: ${name} is pinned at ${pin.commit}, and in ${shownUrl(source.url)} the tag is now ${commit}.`,
    hint: `delete ${PINS}/platform and run nx sync to accept the new one; or pin a tag that stays`,
    at,
  });
}

function noLocalCopy({ name }: BuiltPlatformImage, { commit }: BuiltPin): never {
  throw new KdcubeError({
    code: 'repo-unreachable',
    message: `The platform’s commit ${commit}, from which ${name} is built, is not on this machine.`,
    hint: 'run the command without --offline',
  });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= work());
}
