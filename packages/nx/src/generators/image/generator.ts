import * as path from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText } from '../release-text';
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
