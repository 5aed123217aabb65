import { formatFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { writeFirstImages } from '../image/generator';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { ignoreInGit, readGitignore } from './gitignore';
import { usePlugin } from './nx-json';
import { InitOptions } from './schema';

export default function initGenerator(tree: Tree, raw: InitOptions): Promise<void> {
  return runGenerator(tree, () => initWorkspace(tree, raw));
}

async function initWorkspace(tree: Tree, raw: InitOptions): Promise<void> {
  const { registry, skipFormat } = readGeneratorOptions(InitOptions, raw);
  // Before anything is written.
  readGitignore(tree);
  usePlugin(tree, registry);
  ignoreInGit(tree);
  await writeFirstImages(tree);
  if (!skipFormat) await formatFiles(tree, { sortRootTsconfigPaths: false });
}
