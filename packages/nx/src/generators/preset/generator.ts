import * as path from 'node:path';
import { commandsOf, RELEASE_FILE } from '@kdcube/release/internal';
import { detectPackageManager, generateFiles } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import initGenerator from '../init/generator';
import { packageName } from '../package-json';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import releaseGenerator from '../release/generator';
import { PresetOptions } from './schema';

export default function presetGenerator(tree: Tree, raw: PresetOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => writePreset(tree, raw));
}

async function writePreset(tree: Tree, raw: PresetOptions): Promise<GeneratorCallback | void> {
  const { platformRef, registry } = readGeneratorOptions(PresetOptions, raw);
  // Without a platform version, this is a Problem.
  if (platformRef === undefined || tree.exists(RELEASE_FILE)) await releaseGenerator(tree, { platformRef });
  const done = await initGenerator(tree, { registry, platformRef, skipFormat: true });
  writeMissing(tree, 'README.md', {
    name: packageName(tree) ?? 'KDCube bundles',
    ...commandsOf(detectPackageManager(tree.root)),
  });
  writeMissing(tree, '.gitattributes', {});
  return done;
}

/** Files that people edit are never overwritten. */
function writeMissing(tree: Tree, file: string, values: Record<string, string>): void {
  if (!tree.exists(file))
    generateFiles(tree, path.join(__dirname, 'files', file.replace(/^\./, '')), '.', { dot: '.', ...values });
}
