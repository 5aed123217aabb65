import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import {
  BuiltPin,
  builtPinFits,
  bundlePinFile,
  BundlePin,
  bundlePinFits,
  FRONTEND_PIN,
  FrontendPin,
  frontendPinFits,
  imagePinFile,
  ImagePin,
  imagePinFits,
  PINS,
  PlatformPin,
  platformPinFile,
  platformPinFits,
  readPin,
} from '../release/pin';
import { builtPlatformImages, type BuiltPlatformImage } from '../release/built-images';
import { publishedImages, type PublishedImage } from '../release/published-images';
import type { ReadRelease } from '../release/read';
import { readRelease } from '../release/read';
import { bundlePlaces } from '../release/release';
import { unsafePath } from '../release/refs';
import type { Bundle, FrontendSource, PinnedBundle, Release, ReleaseOptions } from '../release/release';
import { idProblem } from '../platform/bundle-id';
import { readBakedConfig } from './baked-config';
import { buildArgProblems } from './build-args';
import { nxProjectName } from './nx-projects';
import type { ImageQuestion } from '../release/pin';
import { imageQuestion } from './image';
import { imageFolders, type ImageFolder } from './image-folders';
import type { Files } from './files';

export type { Files } from './files';
export type { ImageFolder } from './image-folders';

/** The release’s file, relative to the workspace. */
export const RELEASE_FILE = 'release.yaml';

/** How a release is used, and where its images are. */
export interface WorkspaceOptions extends ReleaseOptions {
  /** Dockerfiles outside images/, by the name of their image. */
  images?: Readonly<Record<string, string>>;
}

interface PinnedThing<Pin, Subject> {
  subject: Subject;
  file: string;
  /** The pin, if its file is valid. */
  pin?: Pin;
  /** Whether the pin is up to date with release.yaml. */
  fits: boolean;
}

/** The content of the workspace's files: release.yaml, the image folders and the pins. Read offline and without git. */
export interface Workspace extends ReadRelease {
  images: ImageFolder[];
  pins: {
    bundles: PinnedThing<BundlePin, PinnedBundle>[];
    images: PinnedThing<ImagePin, ImageFolder & { question?: ImageQuestion }>[];
    /** The published images of the platform, without those that are built here. */
    platform: PinnedThing<PlatformPin, PublishedImage>[];
    /** The images of the platform that are built here from its repository, without those of a folder of this workspace. */
    built: PinnedThing<BuiltPin, BuiltPlatformImage>[];
    frontend?: PinnedThing<FrontendPin, FrontendSource>;
    /** Pin files that the release no longer uses. */
    orphans: string[];
  };
}

/** Reads the workspace. Never throws for the content of its files: returns problems, and everything that is valid. */
export function readWorkspace(files: Files, options: WorkspaceOptions = {}): Workspace {
  const content = files.read(RELEASE_FILE);
  const read: ReadRelease =
    content === undefined
      ? {
          problems: [
            files.problem?.(RELEASE_FILE) ?? {
              code: 'file-missing',
              message: `There is no ${RELEASE_FILE} in this workspace.`,
              hint: 'nx g @kdcube/nx:release',
              at: { file: RELEASE_FILE },
            },
          ],
          notes: [],
        }
      : readRelease(content, RELEASE_FILE, options);
  const { release } = read;
  const problems = [...read.problems, ...renamedBundles(files, release?.bundles ?? [])];
  const images = imageFolders(files, problems, options.images);
  const bundles = (release?.bundles ?? []).filter(isUsable).map((bundle) => {
    const file = bundlePinFile(bundle.id);
    const pin = readPin(BundlePin, textOf(files, file));
    return { subject: bundle, file, pin, fits: bundlePinFits(pin, bundle) };
  });
  const imagePins = images.map((image) => {
    const file = imagePinFile(image.name);
    const pin = readPin(ImagePin, textOf(files, file));
    const question = release && questionOf(image, files, release, problems);
    return { subject: { ...image, question }, file, pin, fits: question !== undefined && imagePinFits(pin, question) };
  });
  const built = new Set(images.map(({ name }) => name));
  const published = release ? publishedImages(release).filter(({ name }) => !built.has(name)) : [];
  const platform = published.map((image) => {
    const file = platformPinFile(image.name);
    const pin = readPin(PlatformPin, textOf(files, file));
    return { subject: image, file, pin, fits: platformPinFits(pin, image) };
  });
  const fromSource = release ? builtPlatformImages(release).filter(({ name }) => !built.has(name)) : [];
  const platformBuilds = fromSource.map((image) => {
    const file = platformPinFile(image.name);
    const pin = readPin(BuiltPin, textOf(files, file));
    const argProblems = buildArgProblems(image.args, 'platform.images');
    problems.push(
      ...argProblems.map((problem) => ({ ...problem, at: { file: RELEASE_FILE, path: `platform.images.${image.name}` } })),
    );
    return { subject: image, file, pin, fits: builtPinFits(pin, image) };
  });
  const frontendPin = readPin(FrontendPin, textOf(files, FRONTEND_PIN));
  const frontend = release?.frontend && {
    subject: release.frontend,
    file: FRONTEND_PIN,
    pin: frontendPin,
    fits: frontendPinFits(frontendPin, release.frontend),
  };
  const pinned = [...bundles, ...imagePins, ...platform, ...platformBuilds, ...(frontend ? [frontend] : [])];
  problems.push(...pinned.flatMap(({ file, pin }) => (pin === undefined ? (files.problem?.(file) ?? []) : [])));
  const known = new Set(pinned.map(({ file }) => file));
  // Without a valid release, no pin can be identified as unused.
  const orphans = release && read.problems.length === 0 ? pinFiles(files).filter((file) => !known.has(file)) : [];
  return { ...read, problems, images, pins: { bundles, images: imagePins, platform, built: platformBuilds, frontend, orphans } };
}

/** The names of the images that are built here: those of this workspace, then those of the platform. */
export function builtImageNames({ images, pins }: Pick<Workspace, 'images' | 'pins'>): string[] {
  return [...images.map(({ name }) => name), ...pins.built.map(({ subject }) => subject.name)];
}

/** The workspace's release; throws all problems if there are any. */
export function requireRelease(workspace: Workspace): Release {
  if (!workspace.release || workspace.problems.length > 0) throw new KdcubeError(workspace.problems);
  return workspace.release;
}

/** Nx names a project after the project.json or package.json in its folder. If that name is not the bundle's id, the bundle's tasks would not find the project. */
function renamedBundles(files: Files, bundles: readonly Bundle[]): Problem[] {
  const usable = bundles.filter(({ id, subdir }) => !idProblem(id) && !unsafePath(subdir));
  return usable.flatMap((bundle): Problem[] => {
    const found = bundlePlaces(bundle).flatMap((folder) => nxProjectName(files, folder) ?? [])[0];
    if (!found || found.name === bundle.id) return [];
    const own = `${found.file.slice(0, found.file.lastIndexOf('/'))}/project.json`;
    return [
      {
        code: 'id-mismatch',
        message: `${found.file} calls this project ${quoted(found.name)}, and release.yaml calls the bundle ${quoted(bundle.id)}: Nx would not find the bundle.`,
        hint: `in ${own}: {"name": ${JSON.stringify(bundle.id)}}`,
        at: { file: found.file },
      },
    ];
  });
}

function isUsable(bundle: Release['bundles'][number]): bundle is PinnedBundle {
  return bundle.kind === 'pinned' && idProblem(bundle.id) === undefined;
}

function questionOf(image: ImageFolder, files: Files, release: Release, problems: Problem[]): ImageQuestion | undefined {
  const file = `${image.path}/${image.dockerfile}`;
  const unreadable = files.problem?.(file);
  if (unreadable) {
    problems.push(unreadable);
    return undefined;
  }
  try {
    const { dockerfile, ...question } = imageQuestion(textOf(files, file) ?? '', file, release);
    if (!question.frontend || !dockerfile.copiesConfig) return question;
    const config = `${image.path}/config.json`;
    const allowed = Object.hasOwn(release.allowedFiles ?? {}, config);
    const baked = readBakedConfig(textOf(files, config), config, allowed, problems);
    return { ...question, ...(baked && { baked }) };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** All existing pin files: pin.json, two levels deep. Other files below pins/ are ignored. */
function pinFiles(files: Files): string[] {
  const below = (kind: string) => files.list(`${PINS}/${kind}`).map((name) => `${PINS}/${kind}/${name}/pin.json`);
  return [...below('bundles'), ...below('images'), ...below('platform'), FRONTEND_PIN]
    .filter((file) => files.read(file) !== undefined)
    .sort();
}

function textOf(files: Files, path: string): string | undefined {
  const content = files.read(path);
  return content === undefined || typeof content === 'string' ? content : new TextDecoder().decode(content);
}
