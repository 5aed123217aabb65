import * as path from 'node:path';
import { KdcubeError, RELEASE_HEAD, setText, tagSafe } from '@kdcube/release/internal';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText, RELEASE_FILE, writeReleaseText } from '../release-text';
import { nxCommand, packageName } from '../package-json';
import { withName } from './name';
import { PLATFORM_REPO, ReleaseGeneratorOptions } from './schema';

/** What a new release.yaml says. */
export interface NewRelease {
  platformRef?: string;
  platformRepo?: string;
  name?: string;
}

export default function releaseGenerator(tree: Tree, raw: ReleaseGeneratorOptions): Promise<void> {
  return runGenerator(tree, () => writeRelease(tree, raw));
}

async function writeRelease(tree: Tree, raw: ReleaseGeneratorOptions): Promise<void> {
  const options = readGeneratorOptions(ReleaseGeneratorOptions, raw);
  const found = readReleaseText(tree);
  if (!found) return writeNewRelease(tree, options, 'release');
  let { text } = found;
  if (options.platformRef !== undefined) text = setText(text, RELEASE_FILE, ['platform', 'ref'], options.platformRef);
  if (options.name !== undefined) text = withName(text, RELEASE_FILE, options.name);
  writeReleaseText(tree, text, found.text);
}

/** Writes a new release.yaml. Problem `wrong-option` without a platform version. */
export function writeNewRelease(
  tree: Tree,
  { platformRef, platformRepo = PLATFORM_REPO, name = firstName(tree) }: NewRelease,
  generator: string,
): void {
  if (!platformRef) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `There is no ${RELEASE_FILE} yet, and a new one needs the platform version.`,
      hint: `nx g @kdcube/nx:${generator} --platformRef=2026.7.20.444`,
    });
  }
  generateFiles(tree, path.join(__dirname, 'files'), '.', {
    platformRef: JSON.stringify(platformRef),
    platformRepo: JSON.stringify(platformRepo),
    name: JSON.stringify(name),
    head: RELEASE_HEAD,
    nx: nxCommand(tree),
  });
  writeReleaseText(tree, tree.read(RELEASE_FILE, 'utf-8')!);
}

/** The first release of a repository: its package’s name, and a number to count on. */
function firstName(tree: Tree): string {
  const name = packageName(tree)
    ?.split('/')
    .pop()
    ?.replace(/[^A-Za-z0-9._-]+/g, '-');
  return tagSafe(`${name?.replace(/^[._-]+/, '').slice(0, 60) || 'release'}-1`);
}
