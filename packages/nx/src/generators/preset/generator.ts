import * as path from 'node:path';
import { generateFiles, readJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import imageGenerator from '../image/generator';
import initGenerator from '../init/generator';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import releaseGenerator from '../release/generator';
import { PresetOptions } from './schema';

const IMAGES = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];

export default function presetGenerator(tree: Tree, raw: PresetOptions): Promise<void> {
  return runGenerator(tree, () => writePreset(tree, raw));
}

async function writePreset(tree: Tree, raw: PresetOptions): Promise<void> {
  const { platformRef, registry } = readGeneratorOptions(PresetOptions, raw);
  await releaseGenerator(tree, { platformRef });
  await initGenerator(tree, { registry, skipFormat: true });
  for (const name of IMAGES) await imageGenerator(tree, { name });
  writeMissing(tree, 'README.md', { name: nameOf(tree) });
  writeMissing(tree, '.gitattributes', {});
}

/** Files that people edit are never overwritten. */
function writeMissing(tree: Tree, file: string, values: Record<string, string>): void {
  if (!tree.exists(file))
    generateFiles(tree, path.join(__dirname, 'files', file.replace(/^\./, '')), '.', { dot: '.', ...values });
}

function nameOf(tree: Tree): string {
  const name = tree.exists('package.json') ? readJson<{ name?: unknown }>(tree, 'package.json').name : undefined;
  return typeof name === 'string' && name !== '' ? name : 'KDCube bundles';
}
