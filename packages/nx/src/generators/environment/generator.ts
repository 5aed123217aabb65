import {
  builtImageNames,
  environmentFile,
  isEnvironmentName,
  KdcubeError,
  quoted,
  readWorkspace,
} from '@kdcube/release/internal';
import { readNxJson, type Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readGeneratorOptions } from '../read-options';
import { rewriterOf, runGenerator } from '../run-generator';
import { treeFiles } from '../tree-files';
import { EnvironmentOptions } from './schema';
import { environmentText } from './text';

export default function environmentGenerator(tree: Tree, raw: EnvironmentOptions): Promise<void> {
  return runGenerator(tree, () => writeEnvironment(tree, raw));
}

/** The images of the release, by name: those that are built here, and those of the platform that it mirrors. */
function imagesOf(tree: Tree): { images: string[]; frontend?: string } {
  const workspace = readWorkspace(treeFiles(tree), pluginOptions(readNxJson(tree)));
  const images = [...builtImageNames(workspace), ...workspace.pins.platform.map(({ subject }) => subject.name)];
  // One with config.json in it belongs to another environment.
  const frontend = workspace.pins.images.find(({ subject: { question } }) => question?.frontend && !question.baked);
  return { images, ...(frontend && { frontend: frontend.subject.name }) };
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
  const account = typeof options.account === 'number' ? String(options.account).padStart(12, '0') : options.account;
  tree.write(file, rewriterOf(tree)(environmentText({ ...options, account, ...imagesOf(tree) })));
}
