import { discover, type Discovery, printable, RELEASE_FILE } from '@kdcube/release/internal';
import { formatFiles, logger } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { writeFirstImages } from '../image/generator';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { treeFiles } from '../tree-files';
import { ignoreInGit, readGitignore } from './gitignore';
import { usePlugin } from './nx-json';
import { releaseNotes, writeFirstRelease } from './release-file';
import { InitOptions } from './schema';

export default function initGenerator(tree: Tree, raw: InitOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => initWorkspace(tree, raw));
}

const NOTHING: Discovery = { bundles: [], images: {}, deployments: [], notes: [] };

async function initWorkspace(tree: Tree, raw: InitOptions): Promise<GeneratorCallback | void> {
  const options = readGeneratorOptions(InitOptions, raw);
  // Before anything is written.
  readGitignore(tree);
  const found = options.discover ? discover(treeFiles(tree)) : NOTHING;
  const isFirst = usePlugin(tree, options.registry, found.images);
  ignoreInGit(tree);
  await writeFirstImages(tree, isFirst);
  const hadRelease = tree.exists(RELEASE_FILE);
  const dropped = writeFirstRelease(tree, options, found.bundles);
  if (!options.skipFormat) await formatFiles(tree, { sortRootTsconfigPaths: false });
  // A workspace that is set up already has nothing to be told.
  const isChanged = isFirst || tree.exists(RELEASE_FILE) !== hadRelease;
  const lines = isChanged ? [...dropped, ...releaseNotes(tree, found)] : [];
  return lines.length > 0 ? () => lines.forEach((line) => logger.info(printable(line))) : undefined;
}
