import { addBundle, readRelease, RELEASE_FILE } from '@kdcube/release/internal';
import type { Discovery } from '@kdcube/release/internal';
import { readNxJson, type Tree } from '@nx/devkit';
import { pluginOptions, releaseProjectName } from '../../plugin-options';
import { nxCommand } from '../package-json';
import { readReleaseText, writeReleaseText } from '../release-text';
import { writeFrom, writeNewRelease } from '../release/generator';

interface FirstRelease {
  platformRef?: string;
  from: readonly string[];
}

/** Writes release.yaml if there is none and its platform version is known, with the bundles that were found. Returns a line for each thing that did not come along. */
export function writeFirstRelease(tree: Tree, { platformRef, from }: FirstRelease, bundles: Discovery['bundles']): string[] {
  if (tree.exists(RELEASE_FILE)) return [];
  // The inputs say what is released: nothing is added to them.
  if (from.length > 0) return writeFrom(tree, { platformRef, from });
  if (platformRef === undefined) return [];
  writeNewRelease(tree, { platformRef }, 'init');
  return bundles.flatMap((bundle) => addFound(tree, bundle));
}

/** Adds a bundle that is there, unless release.yaml would have a problem. */
function addFound(tree: Tree, { id, subdir }: Discovery['bundles'][number]): string[] {
  const before = readReleaseText(tree)!.text;
  const text = addBundle(before, RELEASE_FILE, { id, subdir: subdir === 'bundles' ? undefined : subdir });
  const { generation, examples } = pluginOptions(readNxJson(tree));
  const [problem] = readRelease(text, RELEASE_FILE, { generation, examples }).problems;
  if (problem) return [`not added    ${subdir === '' ? id : `${subdir}/${id}`}: ${problem.message}`];
  writeReleaseText(tree, text, before);
  return [];
}

/** What the repository has and release.yaml does not, with what to type. */
export function releaseNotes(tree: Tree, { bundles, deployments, notes }: Discovery): string[] {
  const nx = nxCommand(tree);
  const listed = readReleaseText(tree)?.release.bundles.map(({ id }) => id);
  const missing = bundles.filter(({ id }) => listed !== undefined && !listed.includes(id));
  const project = releaseProjectName(pluginOptions(readNxJson(tree)));
  return [
    ...notes.map((note) => `not used     ${note}`),
    ...missing.map(
      ({ id, subdir }) => `not listed   ${subdir === '' ? id : `${subdir}/${id}`}: a bundle that release.yaml does not name`,
    ),
    ...deployments.map((folder) => `to import    ${nx} run ${project}:import-compose --environment=host --dir=${folder}`),
    ...(listed === undefined ? [`next         ${nx} g ${firstCommand(bundles.length)}`] : []),
  ];
}

/** Both write release.yaml. */
function firstCommand(bundles: number): string {
  if (bundles === 0) return '@kdcube/nx:bundle my-bundle    which writes release.yaml too';
  return `@kdcube/nx:init --platformRef=<version>    which writes release.yaml with the ${bundles === 1 ? 'bundle that is' : `${bundles} bundles that are`} here`;
}
