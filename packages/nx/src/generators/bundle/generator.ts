import * as path from 'node:path';
import { addBundle } from '@kdcube/release/internal';
import { generateFiles, joinPathFragments, logger } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { ask } from '../ask';
import { nxCommand } from '../package-json';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText, RELEASE_FILE, writeReleaseText, type ReleaseText } from '../release-text';
import { writeNewRelease } from '../release/generator';
import { className, folderIsFree, planBundle } from './plan';
import { BundleOptions } from './schema';

export default function bundleGenerator(tree: Tree, raw: BundleOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => addToRelease(tree, raw));
}

async function addToRelease(tree: Tree, raw: BundleOptions): Promise<GeneratorCallback | void> {
  const options = readGeneratorOptions(BundleOptions, raw);
  const found = readReleaseText(tree) ?? (await newRelease(tree, options.platformRef));
  const plan = planBundle(options, found.release);
  if (plan.folder === undefined) {
    writeReleaseText(tree, addBundle(found.text, RELEASE_FILE, plan.entry), found.text);
    return plan.listed ? undefined : () => logger.info('Next: nx sync, which pins the ref to a commit.');
  }
  const { folder, entry } = plan;
  // An existing bundle belongs to its author: running the generator again changes nothing.
  if (plan.listed && tree.exists(folder)) return undefined;
  folderIsFree(tree, folder, entry.id);
  writeReleaseText(tree, addBundle(found.text, RELEASE_FILE, entry), found.text);
  generateFiles(tree, path.join(__dirname, 'files'), folder, {
    id: entry.id,
    className: className(entry.id),
    title: options.title ?? entry.id,
    folder: joinPathFragments(folder),
    nx: nxCommand(tree),
  });
  return () => logger.info(`Next: edit ${folder}/services/answer.py, then nx run ${entry.id}:test`);
}

/** The first bundle of a workspace brings release.yaml along. */
async function newRelease(tree: Tree, platformRef: string | undefined): Promise<ReleaseText> {
  const ref = platformRef ?? (await ask('Which platform version (platform.ref in the new release.yaml)?'));
  writeNewRelease(tree, { platformRef: ref }, 'bundle my-bundle');
  return readReleaseText(tree)!;
}
