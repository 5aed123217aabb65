import { createHash } from 'node:crypto';
import type { ImagePin, ImageQuestion } from '../release/pin';
import { bundleIdsOf } from '../release/pin';
import { builtPlatformImages } from '../release/built-images';
import type { BakedFor } from './baked-config';
import type { BundleContent } from '../release/receipts';
import type { Release } from '../release/release';
import { isDigest } from '../release/reference';
import { keyTag } from '../release/tags';
import { BUNDLES_LABEL, printBundles } from './bundles-label';
import type { Dockerfile } from './dockerfile/dockerfile';
import { PLATFORM_REF_ARG, readDockerfile } from './dockerfile/dockerfile';

/** Raised when the same inputs give another image: then every content key changes, and every image is built again. */
const RECIPE = 4;

/** The label with the git tree of the frontend in an image. */
export const FRONTEND_LABEL = 'io.kdcube.frontend';

export const DEFAULT_PLATFORM = 'linux/amd64';

/** The inputs of an image, known before the build. */
export interface ImageContents {
  /** `linux/amd64` */
  platform: string;
  /** The name of the Dockerfile in the image's folder. */
  dockerfile: string;
  /** The git tree of the image's folder: the Dockerfile and its files. */
  files: string;
  bundles: readonly BundleContent[];
  /** The git tree of the release's frontend, if the image contains it. */
  frontend?: string;
  /** Whose config.json is in it. */
  baked?: BakedFor;
  /** Digests by the name in the Dockerfile, with registries as variables; `c-<key>` of a base that is built here. */
  bases: Readonly<Record<string, string>>;
  /** Build arguments, without those that name a registry. */
  args: Readonly<Record<string, string>>;
  platformRef?: string;
  /** The commit of every repository that the Dockerfile clones. */
  clones?: Readonly<Record<string, string>>;
  salt?: string;
}

/** An image with its content key, the tag for looking up the key, and its labels. */
export interface ImagePlan extends ImageContents {
  image: string;
  key: string;
  /** `c-<key>` */
  tag: string;
  labels: Record<string, string>;
}

/** What an image's pin must resolve, according to its Dockerfile and the release. Works offline. */
export function imageQuestion(dockerfile: string, file: string, release: Release): ImageQuestion & { dockerfile: Dockerfile } {
  const read = readDockerfile(dockerfile, file, platformArgs(release.platform.ref));
  const bases = read.bases.map(({ name }) => name);
  const built = bases.filter((name) => builtBaseImage(name, release) !== undefined);
  return {
    dockerfile: read,
    platform: read.copiesBundles || read.usesPlatformRef ? release.platform.ref : undefined,
    bundles: read.copiesBundles ? bundleIdsOf(release) : [],
    bases,
    ...(built.length > 0 && { built }),
    ...(read.copiesFrontend && release.frontend && { frontend: true as const }),
  };
}

/** The image that a base is, if `platform.build` builds it: the platform's registry, its name and platform.ref. */
export function builtBaseImage(base: string, release: Pick<Release, 'platform' | 'generation'>): string | undefined {
  return builtPlatformImages(release).find(({ name, ref }) => base === `\${KDCUBE_PLATFORM_REGISTRY}/${name}:${ref}`)?.name;
}

/** The build arguments from the platform's ref. */
export function platformArgs(ref: string | undefined): Record<string, string> {
  return ref === undefined ? {} : { [PLATFORM_REF_ARG]: ref };
}

/** Plans one image: its content key, the tag for looking up the key, and its labels. */
export function planImage(image: string, contents: ImageContents): ImagePlan {
  const key = contentKey(contents);
  return { ...contents, image, key, tag: keyTag(key), labels: labelsOf(key, contents) };
}

/**
 * The content key (HOUSE law 4): SHA-256 over everything that determines the image, and nothing else. It contains no registry, release
 * name, commit, branch, time or machine, so it is the same in every clone, for every registry and at any time.
 */
export function contentKey(contents: ImageContents): string {
  const { platform, dockerfile, files, bundles, frontend, baked, bases, args, platformRef, clones, salt } = contents;
  const canonical = [
    ['recipe', RECIPE],
    ['platform', platform],
    ['dockerfile', dockerfile],
    ['files', files],
    ['bundles', bundles.map(({ id, folder, tree }) => [id, folder, tree]).sort(byFirst)],
    ['bases', Object.entries(bases).sort(byFirst)],
    ['args', Object.entries(args).sort(byFirst)],
    // The ref and the ids are in labels, so they must be in the key: one key names one image.
    ['platformRef', platformRef ?? null],
    ['salt', salt ?? null],
    ...(frontend === undefined ? [] : [['frontend', frontend]]),
    ...(baked === undefined ? [] : [['baked', baked.tenant, baked.project]]),
    ...(clones === undefined ? [] : [['clones', Object.entries(clones).sort(byFirst)]]),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/** The image's labels (HOUSE law 3): content only, never a ref, a commit, a repository, a release, a date or a builder. */
function labelsOf(key: string, { bundles, frontend, baked, bases, platformRef }: ImageContents): Record<string, string> {
  const baseDigests = [...new Set(Object.values(bases))].filter(isDigest);
  return {
    'io.kdcube.content-key': key,
    ...(bundles.length > 0 && { [BUNDLES_LABEL]: printBundles(bundles) }),
    ...(frontend !== undefined && { [FRONTEND_LABEL]: frontend }),
    ...(baked && { 'io.kdcube.tenant': baked.tenant, 'io.kdcube.project': baked.project }),
    ...(platformRef !== undefined && { 'io.kdcube.platform-ref': platformRef }),
    ...(baseDigests.length === 1 && { 'org.opencontainers.image.base.digest': baseDigests[0]! }),
    // Otherwise the labels of the base image would be inherited.
    'org.opencontainers.image.revision': keyTag(key),
    'org.opencontainers.image.version': keyTag(key),
  };
}

/** The image inputs that come from its pin. */
export function pinnedContents(pin: ImagePin): Pick<ImageContents, 'bases' | 'platformRef' | 'salt'> {
  return { bases: { ...pin.bases }, platformRef: pin.platform, salt: pin.salt };
}

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
