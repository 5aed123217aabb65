import { discover, type Discovery, readWorkspace, RELEASE_FILE, withIgnored } from '@kdcube/release/internal';
import type { Arguments } from './args';
import type { FirstFiles } from './files';
import { lockfileOf, textIn } from './package-manager';
import type { Repository } from './repository';

/** What will be done. */
export interface SetupPlan {
  create: string[];
  change: string[];
  found: Discovery;
  /** Whether dependencies are installed. */
  installs: boolean;
}

/** Everything that is decided before anything is written. */
export interface Setup {
  given: Arguments;
  repository: Repository;
  first: FirstFiles;
  plan: SetupPlan;
  /** For the plugin's generator: undefined if release.yaml is there, or comes from --from. */
  platformRef?: string;
  registry?: string;
}

export const NOTHING_FOUND: Discovery = { bundles: [], images: {}, deployments: [], notes: [] };

/** What a repository has that can be used. A new folder has nothing. */
export function findContent({ isNew, files }: Repository, { skipFound }: Pick<Arguments, 'skipFound'>): Discovery {
  return isNew || skipFound ? NOTHING_FOUND : discover(files);
}

/** Lists the files that will be created and changed: those of `first`, and those of the plugin's generator. */
export function planSetup(
  repository: Repository,
  first: FirstFiles,
  found: Discovery,
  { skipInstall, hasRef }: { skipInstall: boolean; hasRef: boolean },
): SetupPlan {
  const { files, isNew, hasPlugin, manager } = repository;
  const exists = (file: string) => files.read(file) !== undefined;
  const paths = Object.entries(first).flatMap(([file, text]) => (exists(file) && textIn(files, file) === text ? [] : [file]));
  const installs = !skipInstall && (paths.includes('package.json') || !exists('node_modules/@kdcube/nx/package.json'));
  if (installs) paths.push(lockfileOf(files, manager));
  if (!skipInstall) {
    if (!hasPlugin) paths.push('nx.json');
    if (withIgnored(textIn(files, '.gitignore')) !== textIn(files, '.gitignore')) paths.push('.gitignore');
    if (hasRef && !exists(RELEASE_FILE)) paths.push(RELEASE_FILE);
    paths.push(...dockerfilesOf(repository, found));
    if (isNew) paths.push(...['README.md', '.gitattributes'].filter((file) => !exists(file)));
  }
  const all = [...new Set(paths)];
  return { create: all.filter((file) => !exists(file)), change: all.filter(exists), found, installs };
}

const IMAGES = {
  'kdcube-chat-proc-bundled': 'Dockerfile_ChatProcBundled',
  'kdcube-exec-bundled': 'Dockerfile_ExecBundled',
};

/** As the plugin's generator decides: both images, unless there is an image, or one is made elsewhere. */
function dockerfilesOf({ files, hasPlugin }: Repository, { images }: Discovery): string[] {
  // With the plugin there, nx.json says where its images are.
  const isNamed = hasPlugin && /"images"\s*:/.test(textIn(files, 'nx.json'));
  if (isNamed || readWorkspace(files).images.length > 0) return [];
  const missing = Object.entries(IMAGES).filter(([image]) => hasPlugin || !Object.hasOwn(images, image));
  return missing.map(([image, file]) => `images/${image}/${file}`);
}

/** Whether everything is there. */
export function isDone({ create, change, installs }: SetupPlan): boolean {
  return create.length === 0 && change.length === 0 && !installs;
}

/** The plan as lines to print. */
export function planLines(
  { create, change, found, installs }: SetupPlan,
  packages: readonly string[],
  manager: string,
): string[] {
  return [
    ...(create.length > 0 ? [`create   ${create.join(', ')}`] : []),
    ...(change.length > 0 ? [`change   ${change.join(', ')}`] : []),
    ...(installs ? [`install  ${packages.join(', ')}, with ${manager}`] : []),
    ...found.bundles.map(({ id, subdir }) => `bundle   ${subdir === '' ? id : `${subdir}/${id}`}`),
    ...Object.entries(found.images).map(([image, file]) => `image    ${image}, from ${file}`),
    ...found.notes.map((note) => `note     ${note}`),
  ];
}
