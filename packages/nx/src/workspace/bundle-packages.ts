import {
  checkRequirements,
  dependencyNote,
  findVenvs,
  type Generation,
  generationRow,
  gitModeFacts,
  isDependencyFile,
  LIMITS,
  type RequirementsCheck,
} from '@kdcube/release/internal';
import type { GitStore } from '../git/mirror/store';
import { listFiles, readFiles } from '../git/tree-files';
import type { FoundBundle } from './bundles';

type BundleFolder = Pick<FoundBundle, 'content' | 'place'>;
type BundleFile = Awaited<ReturnType<typeof listFiles>>[number];

/** Larger files are data, and are not read. Bytes. */
const MAX_BYTES = LIMITS.sourceBytes.max;

/** The lists that the platform installs for a bundle, with the files that they include. */
export interface PackageLists {
  id: string;
  /** The path of the bundle's folder for messages. */
  folder: string;
  /** Paths in the bundle. */
  installed: readonly string[];
  texts: ReadonlyMap<string, string>;
}

export interface PackageCheck extends RequirementsCheck {
  lists: PackageLists;
}

/** The Python packages that a bundle lists: what the platform installs for `@venv`, checked, and what nothing installs, as a note. `python`: its Python files, if they were read already. */
export async function checkBundlePackages(
  store: GitStore,
  found: BundleFolder,
  generation: Generation,
  python?: ReadonlyMap<string, string>,
): Promise<PackageCheck> {
  const files = await listFiles(store, found.content.tree);
  const root = files.filter(({ path }) => !path.includes('/'));
  const check = await checkVenvs(store, found, { files, generation, python: python ?? (await readPython(store, files, root)) });
  const settings = root.filter(({ path }) => isDependencyFile(path) === 'settings');
  const texts = await readTexts(store, settings);
  const paths = root.map(({ path }) => path);
  const note = dependencyNote(found.content.id, paths, texts, check.installed);
  return { ...check, notes: [...check.notes, ...(note === undefined ? [] : [note])] };
}

/** Only of a bundle that lists packages: for all others nothing can be said. */
async function readPython(
  store: GitStore,
  files: readonly BundleFile[],
  root: readonly BundleFile[],
): Promise<ReadonlyMap<string, string>> {
  if (!root.some(({ path }) => isDependencyFile(path) !== undefined)) return new Map();
  return readTexts(store, files.filter(({ path }) => path.endsWith('.py'))); // prettier-ignore
}

/** Reads the lists that the bundle's functions name, and then those that they include. */
async function checkVenvs(
  store: GitStore,
  { content, place }: BundleFolder,
  options: { files: readonly BundleFile[]; generation: Generation; python: ReadonlyMap<string, string> },
): Promise<PackageCheck> {
  const { files, generation, python } = options;
  const at = { id: content.id, folder: place };
  const venvs = findVenvs(python, at);
  const { gitInImage } = gitModeFacts(generation);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const texts = new Map<string, string>();
  for (;;) {
    const wanted = new Map<string, BundleFile>();
    const read = (path: string) => {
      const file = byPath.get(path);
      if (file && !texts.has(path)) wanted.set(path, file);
      return file && (texts.get(path) ?? '');
    };
    const check = checkRequirements({ ...at, venvs, read, gitInImage, hasVenvs: generationRow(generation).venvs });
    if (wanted.size === 0) return { ...check, lists: { ...at, installed: check.installed, texts } };
    for (const [path, text] of await readTexts(store, [...wanted.values()])) texts.set(path, text);
  }
}

async function readTexts(store: GitStore, files: readonly BundleFile[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { file, content, size } of readFiles(store, files, MAX_BYTES))
    texts.set(file.path, size > MAX_BYTES ? '' : content.toString('utf8'));
  return texts;
}
