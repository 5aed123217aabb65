import * as path from 'node:path';
import { KdcubeError, setText } from '@kdcube/release/internal';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText, RELEASE_FILE, writeReleaseText } from '../release-text';
import { withName } from './name';
import { ReleaseGeneratorOptions } from './schema';

export default function releaseGenerator(tree: Tree, raw: ReleaseGeneratorOptions): Promise<void> {
  return runGenerator(tree, () => writeRelease(tree, raw));
}

async function writeRelease(tree: Tree, raw: ReleaseGeneratorOptions): Promise<void> {
  const options = readGeneratorOptions(ReleaseGeneratorOptions, raw);
  const found = readReleaseText(tree);
  if (!found) return writeNew(tree, options);
  let { text } = found;
  if (options.platformRef !== undefined) text = setText(text, RELEASE_FILE, ['platform', 'ref'], options.platformRef);
  if (options.name !== undefined) text = withName(text, RELEASE_FILE, options.name);
  writeReleaseText(tree, text, found.text);
}

function writeNew(
  tree: Tree,
  { platformRef, platformRepo, name }: { platformRef?: string; platformRepo: string; name?: string },
): void {
  if (!platformRef) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `There is no ${RELEASE_FILE} yet, and a new one needs the platform version.`,
      hint: 'nx g @kdcube/nx:release --platformRef=2026.7.20.444',
    });
  }
  generateFiles(tree, path.join(__dirname, 'files'), '.', {
    platformRef: JSON.stringify(platformRef),
    platformRepo: JSON.stringify(platformRepo),
    name: name === undefined ? undefined : JSON.stringify(name),
  });
  writeReleaseText(tree, tree.read(RELEASE_FILE, 'utf-8')!);
}
