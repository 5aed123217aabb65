import * as path from 'node:path';
import {
  convertRelease,
  firstReleaseName,
  KdcubeError,
  quoted,
  RELEASE_HEAD,
  setText,
  unsafePath,
} from '@kdcube/release/internal';
import type { ConvertedRelease } from '@kdcube/release/internal';
import { generateFiles, logger, readNxJson } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText, RELEASE_FILE, writeReleaseText } from '../release-text';
import { nxCommand, packageName } from '../package-json';
import { withName } from './name';
import { PLATFORM_REPO, ReleaseGeneratorOptions } from './schema';

type FromOptions = NewRelease & { from: readonly string[] };

/** What a new release.yaml says. */
export interface NewRelease {
  platformRef?: string;
  platformRepo?: string;
  name?: string;
}

export default function releaseGenerator(tree: Tree, raw: ReleaseGeneratorOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => writeRelease(tree, raw));
}

async function writeRelease(tree: Tree, raw: ReleaseGeneratorOptions): Promise<GeneratorCallback | void> {
  const options = readGeneratorOptions(ReleaseGeneratorOptions, raw);
  const found = readReleaseText(tree);
  if (!found) return options.from.length > 0 ? logged(writeFrom(tree, options)) : writeNewRelease(tree, options, 'release');
  if (options.from.length > 0) requireSame(tree, found.text, options);
  let { text } = found;
  if (options.platformRef !== undefined) text = setText(text, RELEASE_FILE, ['platform', 'ref'], options.platformRef);
  if (options.name !== undefined) text = withName(text, RELEASE_FILE, options.name);
  writeReleaseText(tree, text, found.text);
}

/** Writes release.yaml from other descriptions of the release. Returns a line for each thing that they say beyond it. */
export function writeFrom(tree: Tree, options: FromOptions): string[] {
  const { text, dropped } = convert(tree, options);
  writeReleaseText(tree, text);
  return dropped.map((line) => `not in ${RELEASE_FILE}  ${line}`);
}

function logged(lines: readonly string[]): GeneratorCallback {
  return () => lines.forEach((line) => logger.info(line));
}

/** A release.yaml that is there is edited by people: it is not written again. */
function requireSame(tree: Tree, text: string, options: FromOptions): void {
  if (convert(tree, options).text === text) return;
  throw new KdcubeError({
    code: 'already-exists',
    message: `There is a ${RELEASE_FILE} already, and --from would write another one.`,
    hint: `git mv ${RELEASE_FILE} release.old.yaml    then run the generator again`,
    at: { file: RELEASE_FILE },
  });
}

function convert(
  tree: Tree,
  { from, platformRef, platformRepo, name = firstReleaseName(packageName(tree)) }: FromOptions,
): ConvertedRelease {
  const inputs = from.map((file) => ({ file, content: readInput(tree, file) }));
  const { generation, mode, alwaysPull, examples } = pluginOptions(readNxJson(tree));
  return convertRelease(inputs, { platformRef, platformRepo, name, generation, mode, alwaysPull, examples });
}

function readInput(tree: Tree, file: string): Buffer {
  const content = unsafePath(file) === undefined && tree.exists(file) && tree.isFile(file) ? tree.read(file) : null;
  if (content) return content;
  throw new KdcubeError({
    code: 'file-missing',
    message: `There is no file ${quoted(file)} in this workspace.`,
    hint: '--from names files by their path in the workspace; copy others into it',
    at: { file },
  });
}

/** Writes a new release.yaml. Problem `wrong-option` without a platform version. */
export function writeNewRelease(
  tree: Tree,
  { platformRef, platformRepo = PLATFORM_REPO, name = firstReleaseName(packageName(tree)) }: NewRelease,
  generator: string,
): void {
  if (!platformRef) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `There is no ${RELEASE_FILE} yet, and a new one needs the platform version.`,
      hint: `nx g @kdcube/nx:${generator} --platformRef=2026.07.20.444`,
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
