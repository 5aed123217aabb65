import * as path from 'node:path';
import { commandsOf } from '@kdcube/release/internal';
import { detectPackageManager, generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import initGenerator from '../init/generator';
import { packageName } from '../package-json';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import releaseGenerator from '../release/generator';
import { PresetOptions } from './schema';

export default function presetGenerator(tree: Tree, raw: PresetOptions): Promise<void> {
  return runGenerator(tree, () => writePreset(tree, raw));
}

async function writePreset(tree: Tree, raw: PresetOptions): Promise<void> {
  const { platformRef, registry } = readGeneratorOptions(PresetOptions, raw);
  await releaseGenerator(tree, { platformRef });
  await initGenerator(tree, { registry, skipFormat: true });
  writeMissing(tree, 'README.md', {
    name: packageName(tree) ?? 'KDCube bundles',
    ...commandsOf(detectPackageManager(tree.root)),
  });
  writeMissing(tree, '.gitattributes', {});
}

/** Files that people edit are never overwritten. */
function writeMissing(tree: Tree, file: string, values: Record<string, string>): void {
  if (!tree.exists(file))
    generateFiles(tree, path.join(__dirname, 'files', file.replace(/^\./, '')), '.', { dot: '.', ...values });
}
