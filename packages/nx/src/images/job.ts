import type { ImageFolder, ImagePin, ImagePlan } from '@kdcube/release/internal';
import {
  buildArgProblems,
  DEFAULT_PLATFORM,
  imagePinFile,
  KdcubeError,
  PINS,
  pinnedContents,
  planImage,
  platformArgs,
  quoted,
  RELEASE_FILE,
  requirePin,
} from '@kdcube/release/internal';
import type { FoundBundle } from '../workspace/bundles';
import { findBundle } from '../workspace/bundles';
import type { Snapshot } from '../git/snapshot/snapshot';
import type { GitStore } from '../git/mirror/store';
import type { Log } from '../system/log';
import type { ScannedFiles } from '../workspace/tree-secrets';
import { settleAll } from '../system/parallel';
import type { OpenRelease } from '../workspace/workspace';
import { requireBundle } from '../workspace/workspace';

/** The options of an image. */
export interface ImageOptions {
  platform?: string;
  args: Readonly<Record<string, string>>;
  offline: boolean;
  /** Whether reading a pinned bundle checks that its ref still names the pinned commit. Default: true. */
  checksRefs?: boolean;
}

/** A planned image: its content is known; nothing has been fetched or built. */
export interface ImageJob {
  plan: ImagePlan;
  folder: ImageFolder;
  pin: ImagePin;
  bundles: FoundBundle[];
  /** Its paths with uncommitted changes: such an image can be pushed, but not tagged or deployed. */
  uncommitted: string[];
  files: { tree: string; store: GitStore; scanned: ScannedFiles };
}

/** Plans one image from its own pin, never from the output of another task. */
export async function planImageJob(
  release: OpenRelease,
  name: string,
  snapshot: Snapshot,
  options: ImageOptions,
  log: Log,
): Promise<ImageJob> {
  const { folder, pin } = pinnedImage(release, name);
  const wrongArgs = buildArgProblems(options.args);
  if (wrongArgs.length > 0) throw new KdcubeError(wrongArgs);
  // In parallel: the git queries of all folders are batched.
  const queries = [
    snapshot.tree(folder.path),
    // The commit tag names the release, so release.yaml and the pins must be committed too.
    snapshot.changed([RELEASE_FILE, PINS]),
    ...pin.bundles.map((id) => findBundle(release, requireBundle(release.release, id), snapshot, { ...options, log })),
  ] as const;
  // If one query fails, the snapshot must stay open while the others run.
  const [own, changed, ...bundles] = await settleAll(queries);
  if (!own)
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `git finds no files in ${folder.path}.`,
      hint: `git check-ignore --verbose ${folder.path}    if a rule ignores it`,
      at: { file: folder.path },
    });
  const plan = planImage(name, {
    platform: options.platform ?? DEFAULT_PLATFORM,
    dockerfile: folder.dockerfile,
    files: own.tree,
    bundles: bundles.map(({ content }) => content),
    args: options.args,
    ...pinnedContents(pin),
  });
  const uncommitted = [
    ...changed,
    ...(own.committed ? [] : [folder.path]),
    ...bundles.filter(({ committed }) => !committed).map(({ place }) => place),
  ];
  const scanned = { subject: name, place: folder.path, allowAs: folder.path, allowed: release.release.allowedFiles };
  return { plan, folder, pin, bundles, uncommitted, files: { tree: own.tree, store: own.store, scanned } };
}

/** An image's folder and its pin, which must be up to date with release.yaml and the Dockerfile. */
export function pinnedImage({ workspace }: OpenRelease, name: string): { folder: ImageFolder; pin: ImagePin } {
  const found = workspace.pins.images.find(({ subject }) => subject.name === name);
  if (!found) {
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `There is no image ${quoted(name)}: no folder images/${name} with a Dockerfile.`,
      // The generator has a Dockerfile for images with bundles only.
      hint: /(?:chat-proc|exec)-bundled$/.test(name)
        ? `nx g @kdcube/nx:image ${name}`
        : `write images/${name}/Dockerfile, or correct the name`,
    });
  }
  return { folder: found.subject, pin: requirePin(found.pin, found.fits, name, imagePinFile(name)) };
}

/** The build arguments of an image: its own, and the platform's ref. */
export function buildArgs({ plan }: Pick<ImageJob, 'plan'>): Record<string, string> {
  return { ...plan.args, ...platformArgs(plan.platformRef) };
}

/** The content of an image, for receipts. */
export function contentOf({ plan, bundles }: Pick<ImageJob, 'plan' | 'bundles'>) {
  const { image, key, platform, platformRef, bases } = plan;
  return {
    image,
    key,
    platform,
    ...(platformRef !== undefined && { platformRef }),
    bases: { ...bases },
    bundles: bundles.map(({ content }) => content),
  };
}
