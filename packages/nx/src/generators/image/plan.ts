import { isObjectName, isRepository, KdcubeError, OBJECT_NAME_REASON, quoted } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';
import { kinds } from './schema';
import type { ImageKind } from './schema';

/** The kinds with a Dockerfile. */
export const DOCKERFILES: Record<Exclude<ImageKind, 'web-proxy'>, string> = {
  'chat-proc-bundled': 'Dockerfile_ChatProcBundled',
  'exec-bundled': 'Dockerfile_ExecBundled',
  'web-ui': 'Dockerfile_UI',
};

/** The folder and the kind of the image. Its name must be valid as a repository, a folder and an Nx project. */
export function planImage(name: string, wanted?: ImageKind): { folder: string; kind: ImageKind } {
  if (!isRepository(name) || name.includes('/') || name.length > 100 || name === 'release' || isObjectName(name)) {
    throw new KdcubeError({
      code: 'wrong-option',
      message:
        name === 'release'
          ? '"release" is the project of release.yaml, so no image can have this name.'
          : isObjectName(name)
            ? `${quoted(name)} cannot be the name of an image: ${OBJECT_NAME_REASON}.`
            : `${quoted(name)} is not a valid image name: use at most 100 lower-case letters and digits, with . _ - between them.`,
      hint: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled',
    });
  }
  const kind = wanted ?? kinds.find((each) => name.endsWith(each));
  if (!kind) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `The kind of image cannot be derived from the name ${quoted(name)}.`,
      hint: kinds.map((each) => `--kind=${each}`).join('    or  '),
    });
  }
  return { folder: `images/${name}`, kind };
}

/** Refuses a folder that holds another image, and the name of a bundle. */
export function nameIsFree(tree: Tree, folder: string, name: string, bundleIds: readonly string[]): void {
  const refuseName = (message: string): never => {
    throw new KdcubeError({ code: 'already-exists', message, hint: 'give the image another name' });
  };
  if (tree.isFile('images') || tree.isFile(folder))
    refuseName(`${tree.isFile('images') ? 'images' : folder} is a file, so ${folder} cannot be created.`);
  const other = tree.children(folder).find((file) => file.startsWith('Dockerfile'));
  if (other) refuseName(`${folder} already holds another image (${other}).`);
  const bundle = bundleIds.find((id) => id.toLowerCase() === name);
  if (bundle) refuseName(`The release has a bundle ${quoted(bundle)}, and two projects cannot share a name.`);
}
