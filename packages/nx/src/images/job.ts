import type { ImageFolder, ImagePin, ImagePlan } from '@kdcube/release/internal';
import {
  DEFAULT_PLATFORM,
  imagePinFile,
  KdcubeError,
  PINS,
  pinnedContents,
  PLATFORM_REF_ARG,
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
import { settleAll } from '../system/parallel';
import type { OpenRelease } from '../workspace/workspace';
import { requireBundle } from '../workspace/workspace';

/** What the options say about an image. */
export interface ImageOptions {
  platform?: string;
  args: Readonly<Record<string, string>>;
  offline: boolean;
}

/** An image, planned: what it will hold is known, nothing is fetched or built. */
export interface ImageJob {
  plan: ImagePlan;
  folder: ImageFolder;
  pin: ImagePin;
  bundles: FoundBundle[];
  /** What of it is not in HEAD: such an image can be pushed, but not tagged or deployed. */
  uncommitted: string[];
  files: { tree: string; store: GitStore };
}

/** Plans one image from its own pin: never from what another image staged, and never from what is lying in dist/. */
export async function planImageJob(
  release: OpenRelease,
  name: string,
  snapshot: Snapshot,
  options: ImageOptions,
  log: Log,
): Promise<ImageJob> {
  const { folder, pin } = pinnedImage(release, name);
  checkArgs(options.args);
  // At once: all folders are looked at together.
  const looking = [
    snapshot.tree(folder.path),
    // The commit's tag says "this release": so what decides it must be in the commit too.
    snapshot.changed([RELEASE_FILE, PINS]),
    ...pin.bundles.map((id) =>
      findBundle(release, requireBundle(release.release, id), snapshot, { offline: options.offline, log }),
    ),
  ] as const;
  // A failure of one must not end the snapshot under the others.
  const [own, changed, ...bundles] = await settleAll(looking);
  if (!own)
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `git sees nothing in ${folder.path}: is it ignored?`,
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
  return { plan, folder, pin, bundles, uncommitted, files: { tree: own.tree, store: own.store } };
}

/** An image's folder and its pin, which must answer what release.yaml and the Dockerfile ask now. */
export function pinnedImage({ workspace }: OpenRelease, name: string): { folder: ImageFolder; pin: ImagePin } {
  const found = workspace.pins.images.find(({ subject }) => subject.name === name);
  if (!found) {
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `There is no image ${quoted(name)}: no folder images/${name} with a Dockerfile.`,
      hint: `nx g @kdcube/nx:image ${name}`,
    });
  }
  return { folder: found.subject, pin: requirePin(found.pin, found.fits, name, imagePinFile(name)) };
}

/** The arguments that are said in another way, and names that would be something else on a command line. */
function checkArgs(args: Readonly<Record<string, string>>): void {
  const given: Record<string, string> = {
    KDCUBE_REGISTRY: '--registry',
    KDCUBE_PLATFORM_REGISTRY: '--platformRegistry',
    [PLATFORM_REF_ARG]: 'platform.ref of release.yaml',
  };
  for (const name of Object.keys(args)) {
    if (Object.hasOwn(given, name))
      throw new KdcubeError({
        code: 'wrong-option',
        message: `The build argument ${name} cannot be given with --args: what it says comes from ${given[name]!}.`,
        hint: given[name]!,
      });
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new KdcubeError({ code: 'wrong-option', message: `${quoted(name)} is not the name of a build argument.` });
  }
}

/** The build arguments of an image: its own, and the platform's ref. */
export function buildArgs({ plan }: Pick<ImageJob, 'plan'>): Record<string, string> {
  return { ...plan.args, ...platformArgs(plan.platformRef) };
}

/** What a receipt says an image holds. */
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
