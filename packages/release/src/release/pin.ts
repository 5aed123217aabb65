import * as z from 'zod';
import type { Problem } from '../problem/problem';
import { ONCE } from '../document/once';
import { KdcubeError } from '../problem/problem';
import type { BuiltPlatformImage } from './built-images';
import type { PublishedImage } from './published-images';
import type { FrontendSource, PinnedBundle, Release } from './release';

/**
 * The result of resolving a ref. One small committed file for each pinned object, so that Nx's affected graph sees exactly what changed
 * (docs/decisions/0002). Field order is fixed and nothing is volatile: the same release gives the same bytes.
 */
const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** pins/bundles/<id>/pin.json: the commit and git tree that a bundle’s ref resolved to. `commit` and `tree` are full object ids (SHA-1 or SHA-256). */
export const BundlePin = z.strictObject({
  pin: z.literal(1),
  /** As written in release.yaml. */
  repo: z.string(),
  ref: z.string(),
  subdir: z.string(),
  commit,
  /** The bundle's own folder in the repository: `<subdir>/<id>`, or the importable name. */
  path: z.string(),
  /** The git tree of that folder at `commit`: the bundle's content, the same in every clone. */
  tree: commit,
});

/** pins/frontend/pin.json: the commit that the frontend’s ref resolved to, and its tree: that of `subdir`, or of the whole commit. */
export const FrontendPin = z.strictObject({
  pin: z.literal(1),
  repo: z.string(),
  ref: z.string(),
  subdir: z.string().optional(),
  commit,
  tree: commit,
});

/** In the place of a digest: the base is an image that `platform.build` builds. It is identified by its content key, because nothing is built when it is pinned. */
export const BUILT_BASE = 'platform.build';

/** pins/images/<image>/pin.json: the inputs of an image besides its own files. Digests are `sha256:` and 64 hexadecimal digits. */
export const ImagePin = z.strictObject({
  pin: z.literal(1),
  /** platform.ref, for images based on the platform's. */
  platform: z.string().optional(),
  /** The ids of the bundles in the image, sorted. */
  bundles: z.array(z.string()),
  /** The digest of every external image in the Dockerfile, by its name there with the registry left as a variable. */
  bases: z.record(z.string(), z.union([digest, z.literal(BUILT_BASE)])),
  /** Edited by hand to force a rebuild of unchanged content. */
  salt: z.string().optional(),
});

/** pins/platform/<image>/pin.json: a published image of the platform, as its tag named it. `digest` is that of the index, or of the image if it has only one platform. */
export const PlatformPin = z.strictObject({
  pin: z.literal(1),
  /** platform.ref: the tag of the image. */
  ref: z.string(),
  /** The repository that it is mirrored from: `docker.io/kdcube/kdcube-chat-proc`. */
  source: z.string(),
  digest,
  /** The manifests of the index, in its order; empty for a single image. `unknown/unknown` is an attestation. */
  manifests: z.array(z.strictObject({ platform: z.string(), digest })),
});

/** The same file if the image is built here (`platform.build`): the commit, and what of it goes into the image. */
export const BuiltPin = z.strictObject({
  pin: z.literal(1),
  /** As written in release.yaml. */
  repo: z.string(),
  ref: z.string(),
  commit,
  /** The build context, a folder of the repository; the Dockerfile is relative to it. */
  context: z.string(),
  dockerfile: z.string(),
  args: z.record(z.string(), z.string()),
  /** The git tree of what the build needs of the context: the Dockerfile, .dockerignore and the sources of COPY and ADD. */
  tree: commit,
  /** The digest of every external image in the Dockerfile. */
  bases: z.record(z.string(), digest),
  /** The commit of every repository that the Dockerfile clones, by its URL and branch. */
  clones: z.record(z.string(), commit).optional(),
  /** Edited by hand to force a rebuild of unchanged content. */
  salt: z.string().optional(),
});

export type BuiltPin = z.infer<typeof BuiltPin>;
export type BundlePin = z.infer<typeof BundlePin>;
export type FrontendPin = z.infer<typeof FrontendPin>;
export type ImagePin = z.infer<typeof ImagePin>;
export type PlatformPin = z.infer<typeof PlatformPin>;

export const PINS = 'pins';
/** The pin file of a bundle, relative to the workspace. */
export const bundlePinFile = (id: string): string => `${PINS}/bundles/${id}/pin.json`;
/** The pin file of an image, relative to the workspace. */
export const imagePinFile = (image: string): string => `${PINS}/images/${image}/pin.json`;
/** The pin file of an image of the platform, relative to the workspace. */
export const platformPinFile = (image: string): string => `${PINS}/platform/${image}/pin.json`;
export const FRONTEND_PIN = `${PINS}/frontend/pin.json`;

/** A pin of any kind. */
export type AnyPin = BuiltPin | BundlePin | FrontendPin | ImagePin | PlatformPin;

/** The bytes of a pin file. */
export function printPin(pin: AnyPin): string {
  return `${JSON.stringify(pin, null, 2)}\n`;
}

/** Parses a pin file. Returns undefined if it is missing, incomplete or invalid: such a pin is stale. */
export function readPin<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text), ONCE);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** What `nx sync` writes before it resolves a ref: the pin's inputs, in a form that reads as stale until the pin is complete. */
export function halfPin(question: Record<string, unknown>): string {
  return `${JSON.stringify({ pin: 0, stale: 'nx sync', ...question }, null, 2)}\n`;
}

/** Whether a pin is up to date with release.yaml. */
export function bundlePinFits(pin: BundlePin | undefined, bundle: PinnedBundle): pin is BundlePin {
  return (
    pin !== undefined &&
    pin.repo === bundle.repo &&
    pin.ref === bundle.ref &&
    pin.subdir === bundle.subdir &&
    (bundle.gitCommit === undefined || bundle.gitCommit === pin.commit)
  );
}

export function frontendPinFits(pin: FrontendPin | undefined, { repo, ref, subdir }: FrontendSource): pin is FrontendPin {
  return pin !== undefined && pin.repo === repo && pin.ref === ref && pin.subdir === subdir;
}

export function platformPinFits(pin: PlatformPin | undefined, { ref, source }: PublishedImage): pin is PlatformPin {
  return pin !== undefined && pin.ref === ref && pin.source === source;
}

export function builtPinFits(pin: BuiltPin | undefined, image: BuiltPlatformImage): pin is BuiltPin {
  const { repo, ref, context, dockerfile, args } = image;
  const isSame = pin?.repo === repo && pin.ref === ref && pin.context === context && pin.dockerfile === dockerfile;
  return isSame && JSON.stringify(sorted(pin.args)) === JSON.stringify(sorted(args));
}

function sorted(args: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What an image's pin must contain, except the digests: computed offline from release.yaml and the Dockerfile. */
export interface ImageQuestion {
  platform?: string;
  bundles: string[];
  /** Names of the external images in the Dockerfile. */
  bases: string[];
  /** Those of them that are built here, by `platform.build`. */
  built?: string[];
  /** Whether the image contains the release's frontend. Its content is in the pin of the frontend. */
  frontend?: true;
  /** Whose config.json the image has, if it bakes one. */
  baked?: { tenant: string; project: string };
}

export function imagePinFits(pin: ImagePin | undefined, question: ImageQuestion): pin is ImagePin {
  return (
    pin !== undefined &&
    pin.platform === question.platform &&
    pin.bundles.join('\n') === question.bundles.join('\n') &&
    Object.keys(pin.bases).sort().join('\n') === [...question.bases].sort().join('\n') &&
    question.bases.every((name) => (pin.bases[name] === BUILT_BASE) === (question.built?.includes(name) === true))
  );
}

/** The ids of the bundles in an image with bundles, as its pin lists them. */
export function bundleIdsOf(release: Release): string[] {
  return release.bundles.map(({ id }) => id).sort();
}

/** Returns a pin that is up to date, or throws a Problem with the command to run. Every step that uses a pin calls this. */
export function requirePin<T>(pin: T | undefined, fits: boolean, subject: string, file: string): T {
  if (pin !== undefined && fits) return pin;
  const problem: Problem =
    pin === undefined
      ? {
          code: 'pin-missing',
          message: `${subject} has no pin yet: nothing says which content its ref means.`,
          hint: 'nx sync    and commit the pins',
          at: { file },
        }
      : {
          code: 'pin-stale',
          message: `The pin of ${subject} is out of date: release.yaml or the image’s Dockerfile has changed.`,
          hint: 'nx sync    and commit the pins',
          at: { file },
        };
  throw new KdcubeError(problem);
}
