import * as z from 'zod';
import type { Problem } from '../problem/problem';
import { ONCE } from '../document/once';
import { KdcubeError } from '../problem/problem';
import type { PinnedBundle, Release, Source } from './release';

/**
 * What a ref meant when it was pinned. One small committed file per pinned thing, so that Nx's affected graph sees exactly what moved
 * (docs/decisions/0002). Field order is fixed and nothing volatile is in it: the same release gives the same bytes.
 */
const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** pins/bundles/<id>/pin.json: the commit and git tree that a bundle’s ref resolved to. `commit` and `tree` are full object ids (SHA-1 or SHA-256). */
export const BundlePin = z.strictObject({
  pin: z.literal(1),
  /** As release.yaml writes it. */
  repo: z.string(),
  ref: z.string(),
  subdir: z.string(),
  commit,
  /** The bundle's own folder in the repository: `<subdir>/<id>`, or under the name that imports. */
  path: z.string(),
  /** The git tree of that folder at `commit`: the bundle's content, the same in every clone. */
  tree: commit,
});

/** pins/frontend/pin.json: the commit and root tree that the frontend’s ref resolved to. */
export const FrontendPin = z.strictObject({ pin: z.literal(1), repo: z.string(), ref: z.string(), commit, tree: commit });

/** pins/images/<image>/pin.json: what decides an image’s content beside its own files. Digests are `sha256:` and 64 hexadecimal digits. */
export const ImagePin = z.strictObject({
  pin: z.literal(1),
  /** platform.ref, for images built on the platform's. */
  platform: z.string().optional(),
  /** The ids of the bundles in the image, sorted. */
  bundles: z.array(z.string()),
  /** Digest of every image that the Dockerfile takes from outside, by its name there with the registry left as a variable. */
  bases: z.record(z.string(), digest),
  /** Changed by hand to build again what has not changed. */
  salt: z.string().optional(),
});

export type BundlePin = z.infer<typeof BundlePin>;
export type FrontendPin = z.infer<typeof FrontendPin>;
export type ImagePin = z.infer<typeof ImagePin>;

export const PINS = 'pins';
/** The pin file of a bundle, relative to the workspace. */
export const bundlePinFile = (id: string): string => `${PINS}/bundles/${id}/pin.json`;
/** The pin file of an image, relative to the workspace. */
export const imagePinFile = (image: string): string => `${PINS}/images/${image}/pin.json`;
export const FRONTEND_PIN = `${PINS}/frontend/pin.json`;

/** The bytes of a pin file. */
export function printPin(pin: BundlePin | FrontendPin | ImagePin): string {
  return `${JSON.stringify(pin, null, 2)}\n`;
}

/** Parses the text of a pin file. Returns undefined where the file is absent, incomplete or invalid: such a pin is stale. */
export function readPin<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text), ONCE);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** What `nx sync` writes before it resolves: it says which question is open, and reads as stale for as long as it stays. */
export function halfPin(question: Record<string, unknown>): string {
  return `${JSON.stringify({ pin: 0, stale: 'nx sync', ...question }, null, 2)}\n`;
}

/** Whether a pin answers the question that release.yaml asks now. */
export function bundlePinFits(pin: BundlePin | undefined, bundle: PinnedBundle): pin is BundlePin {
  return (
    pin !== undefined &&
    pin.repo === bundle.repo &&
    pin.ref === bundle.ref &&
    pin.subdir === bundle.subdir &&
    (bundle.gitCommit === undefined || bundle.gitCommit === pin.commit)
  );
}

export function frontendPinFits(pin: FrontendPin | undefined, frontend: Source): pin is FrontendPin {
  return pin !== undefined && pin.repo === frontend.repo && pin.ref === frontend.ref;
}

/** What an image's pin must say, but for the digests: known offline, from release.yaml and the Dockerfile. */
export interface ImageQuestion {
  platform?: string;
  bundles: string[];
  /** Names of the images that the Dockerfile takes from outside. */
  bases: string[];
}

export function imagePinFits(pin: ImagePin | undefined, question: ImageQuestion): pin is ImagePin {
  return (
    pin !== undefined &&
    pin.platform === question.platform &&
    pin.bundles.join('\n') === question.bundles.join('\n') &&
    Object.keys(pin.bases).sort().join('\n') === [...question.bases].sort().join('\n')
  );
}

/** The ids that an image with bundles holds, as its pin lists them. */
export function bundleIdsOf(release: Release): string[] {
  return release.bundles.map(({ id }) => id).sort();
}

/** A pin that fits, or a Problem that says what to type. Every step that uses a pin goes through here. */
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
