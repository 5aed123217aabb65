import { environmentFile, isEnvironmentName, KdcubeError, quoted } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { rewriterOf, runGenerator } from '../run-generator';
import { EnvironmentOptions } from './schema';
import { environmentText } from './text';

export default function environmentGenerator(tree: Tree, raw: EnvironmentOptions): Promise<void> {
  return runGenerator(tree, () => writeEnvironment(tree, raw));
}

async function writeEnvironment(tree: Tree, raw: EnvironmentOptions): Promise<void> {
  const options = readGeneratorOptions(EnvironmentOptions, raw);
  if (!isEnvironmentName(options.name))
    throw new KdcubeError({
      code: 'wrong-option',
      message: `${quoted(options.name)} is not a valid environment name: use lower-case letters, digits and dashes.`,
      hint: 'nx g @kdcube/nx:environment prod',
    });
  const file = environmentFile(options.name);
  // An existing environment belongs to its author: running the generator again changes nothing.
  if (tree.exists(file)) return;
  const images = tree.children('images').filter((name) => !tree.isFile(`images/${name}`));
  const account = typeof options.account === 'number' ? String(options.account).padStart(12, '0') : options.account;
  tree.write(file, rewriterOf(tree)(environmentText({ ...options, account, images })));
}
