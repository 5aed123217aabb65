import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import {
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
  readPin,
} from '../release/pin';
import type { ReadRelease } from '../release/read';
import { readRelease } from '../release/read';
import type { PinnedBundle, Release, ReleaseOptions, Source } from '../release/release';
import { idProblem } from '../platform/bundle-id';
import type { ImageQuestion } from '../release/pin';
import { imageQuestion } from './image';

/** The workspace's files, from wherever they come: the disk, or a generator's tree. Paths are relative, with forward slashes. */
export interface Files {
  /** The file's content; undefined where there is none. */
  read(path: string): string | Uint8Array | undefined;
  /** The names of what a folder holds, in any order; empty where there is no such folder. */
  list(path: string): string[];
}

export const RELEASE_FILE = 'release.yaml';
export const IMAGES = 'images';

/** An image of this repository: a folder below images/ with one Dockerfile. */
export interface ImageFolder {
  name: string;
  /** `images/<name>` */
  path: string;
  /** The Dockerfile's name in it. */
  dockerfile: string;
}

export interface PinnedThing<Pin, Subject> {
  subject: Subject;
  file: string;
  /** What the pin file says, as far as it can be read. */
  pin?: Pin;
  /** Whether it answers what release.yaml asks now. */
  fits: boolean;
}

/** All that the workspace's own files say, without git and without a network: release.yaml, the image folders and the pins. */
export interface Workspace extends ReadRelease {
  images: ImageFolder[];
  pins: {
    bundles: PinnedThing<BundlePin, PinnedBundle>[];
    images: PinnedThing<ImagePin, ImageFolder & { question?: ImageQuestion }>[];
    frontend?: PinnedThing<FrontendPin, Source>;
    /** Pin files of things that the release no longer has. */
    orphans: string[];
  };
}

/** Reads the workspace. Never throws for what its files say: problems are returned, and what has none can still be used. */
export function readWorkspace(files: Files, options: ReleaseOptions = {}): Workspace {
  const content = files.read(RELEASE_FILE);
  const read: ReadRelease =
    content === undefined
      ? {
          problems: [
            {
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
  const problems = [...read.problems];
  const images = imageFolders(files, problems);
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
  const frontendPin = readPin(FrontendPin, textOf(files, FRONTEND_PIN));
  const frontend = release?.frontend && {
    subject: release.frontend,
    file: FRONTEND_PIN,
    pin: frontendPin,
    fits: frontendPinFits(frontendPin, release.frontend),
  };
  const known = new Set([...bundles, ...imagePins, ...(frontend ? [frontend] : [])].map(({ file }) => file));
  // Without a readable release nothing can be said to be gone.
  const orphans = release && read.problems.length === 0 ? pinFiles(files).filter((file) => !known.has(file)) : [];
  return { ...read, problems, images, pins: { bundles, images: imagePins, frontend, orphans } };
}

/** The workspace's release without problems, or the error that says them all. */
export function requireRelease(workspace: Workspace): Release {
  if (!workspace.release || workspace.problems.length > 0) throw new KdcubeError(workspace.problems);
  return workspace.release;
}

function isUsable(bundle: Release['bundles'][number]): bundle is PinnedBundle {
  return bundle.kind === 'pinned' && idProblem(bundle.id) === undefined;
}

function imageFolders(files: Files, problems: Problem[]): ImageFolder[] {
  const found: ImageFolder[] = [];
  for (const name of files.list(IMAGES).sort()) {
    const path = `${IMAGES}/${name}`;
    const dockerfiles = files
      .list(path)
      .filter((file) => /^Dockerfile(?:_\w+)?$/.test(file))
      .sort();
    if (dockerfiles.length === 0) continue;
    const [dockerfile] = dockerfiles;
    // What is passed over in silence would be missed only when it does not run.
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
      problems.push({
        code: 'unsafe-name',
        message: `${quoted(name)} cannot be the name of an image: lower-case letters, digits and . _ - only, as registries have it.`,
        hint: `git mv ${path} ${IMAGES}/${name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')}`,
        at: { file: path },
      });
    } else if (dockerfiles.length > 1) {
      problems.push({
        code: 'dockerfile-unreadable',
        message: `${path} has ${dockerfiles.join(' and ')}: a folder is one image, and has one Dockerfile.`,
        hint: `one folder below ${IMAGES}/ for each`,
        at: { file: `${path}/${dockerfiles[1]}` },
      });
    }
    if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) found.push({ name, path, dockerfile: dockerfile! });
  }
  return found;
}

function questionOf(image: ImageFolder, files: Files, release: Release, problems: Problem[]): ImageQuestion | undefined {
  const file = `${image.path}/${image.dockerfile}`;
  try {
    const { platform, bundles, bases } = imageQuestion(textOf(files, file) ?? '', file, release);
    return { platform, bundles, bases };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Every pin file that is there. Only files named pin.json, two levels deep: whatever else people keep below pins/ is theirs. */
function pinFiles(files: Files): string[] {
  const below = (kind: string) => files.list(`${PINS}/${kind}`).map((name) => `${PINS}/${kind}/${name}/pin.json`);
  return [...below('bundles'), ...below('images'), FRONTEND_PIN].filter((file) => files.read(file) !== undefined).sort();
}

function textOf(files: Files, path: string): string | undefined {
  const content = files.read(path);
  return content === undefined || typeof content === 'string' ? content : new TextDecoder().decode(content);
}
