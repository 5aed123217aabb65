import * as path from 'node:path';
import { readWorkspace } from '@kdcube/release/internal';
import { generateFiles, readNxJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText } from '../release-text';
import { treeFiles } from '../tree-files';
import { DOCKERFILES, nameIsFree, planImage } from './plan';
import { ImageOptions } from './schema';

export default function imageGenerator(tree: Tree, raw: ImageOptions): Promise<void> {
  return runGenerator(tree, () => writeImage(tree, raw));
}

async function writeImage(tree: Tree, raw: ImageOptions): Promise<void> {
  const { name, kind: wanted } = readGeneratorOptions(ImageOptions, raw);
  const { folder, kind } = planImage(name, wanted);
  // An existing Dockerfile belongs to its author: running the generator again changes nothing.
  if (tree.exists(`${folder}/${DOCKERFILES[kind]}`)) return;
  const bundles = readReleaseText(tree)?.release.bundles ?? [];
  nameIsFree(
    tree,
    folder,
    name,
    bundles.map(({ id }) => id),
  );
  generateFiles(tree, path.join(__dirname, 'files', kind), folder, {});
}

/** The processor and the code execution, for a workspace that is new (`isFirst`: also where one of them is made elsewhere) or has no image. */
export async function writeFirstImages(tree: Tree, isFirst: boolean): Promise<void> {
  const options = pluginOptions(readNxJson(tree));
  const { images } = readWorkspace(treeFiles(tree), options);
  const elsewhere = Object.keys(options.images ?? {});
  if (images.length > (isFirst ? elsewhere.length : 0)) return;
  for (const name of ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'])
    if (!elsewhere.includes(name)) await imageGenerator(tree, { name });
}
