import { isRepository, KdcubeError, quoted } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';
import { kinds } from './schema';
import type { ImageKind } from './schema';

export const DOCKERFILES: Record<ImageKind, string> = {
  'chat-proc-bundled': 'Dockerfile_ChatProcBundled',
  'exec-bundled': 'Dockerfile_ExecBundled',
};

/** Where the image goes and what it is. The name must fit a registry, a folder and an Nx project at once. */
export function planImage(name: string, wanted?: ImageKind): { folder: string; kind: ImageKind } {
  if (!isRepository(name) || name.includes('/') || name.length > 100 || name === 'release') {
    throw new KdcubeError({
      code: 'wrong-option',
      message:
        name === 'release'
          ? '"release" is the project of release.yaml itself, so no image can have this name.'
          : `${quoted(name)} cannot be the name of an image: a registry takes small letters and digits, with . _ - between them, and at most 100 fit a folder.`,
      hint: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled',
    });
  }
  const kind = wanted ?? kinds.find((each) => name.endsWith(each));
  if (!kind) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `The name ${quoted(name)} does not say what the image is.`,
      hint: kinds.map((each) => `--kind=${each}`).join('    or  '),
    });
  }
  return { folder: `images/${name}`, kind };
}

/** Refuses a folder that holds another image, and a name that a bundle has. */
export function nameIsFree(tree: Tree, folder: string, name: string, bundleIds: readonly string[]): void {
  const taken = (message: string): never => {
    throw new KdcubeError({ code: 'already-exists', message, hint: 'give the image another name' });
  };
  if (tree.isFile('images') || tree.isFile(folder))
    taken(`${tree.isFile('images') ? 'images' : folder} is a file, so ${folder} cannot be a folder.`);
  const other = tree.children(folder).find((file) => file.startsWith('Dockerfile'));
  if (other) taken(`${folder}/${other} is another image already.`);
  const bundle = bundleIds.find((id) => id.toLowerCase() === name);
  if (bundle) taken(`The release has a bundle ${quoted(bundle)}, and two projects cannot share a name.`);
}
