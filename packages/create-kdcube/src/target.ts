import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileError, problem } from './problem';

/** The folder to fill, as an absolute path. */
export interface Target {
  folder: string;
  /** The package name that npm accepts: lower-case letters, digits and . _ - */
  name: string;
  /** Whether it does not exist, or is empty except for `.git`. */
  isNew: boolean;
}

/** Checks the folder, and whether there is something in it. */
export function checkTarget(written: string, cwd: string): Target {
  const folder = path.resolve(cwd, written);
  const base = path.basename(folder);
  if (written === '' || /[\u0000-\u001f\u007f]/.test(written) || written.startsWith('-') || base.length > 200) {
    throw problem('unsafe-name', 'This is not a valid folder name on every operating system.', 'npm create kdcube@latest acme');
  }
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  if (name === '' || name === 'node_modules') {
    throw problem('unsafe-name', `No valid package name can be derived from "${base}".`, 'npm create kdcube@latest acme');
  }
  const isNew = entriesOf(folder, written).every((entry) => entry === '.git');
  return { folder, name, isNew };
}

/** The entries of a folder; none if it does not exist. */
function entriesOf(folder: string, written: string): string[] {
  try {
    // A symlink to a folder is followed.
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return fs.readdirSync(folder);
    if (!stat && !fs.lstatSync(folder, { throwIfNoEntry: false })) return [];
  } catch (error) {
    throw fileError(error, written);
  }
  throw problem('already-exists', `${written} exists, and is not a folder.`);
}

/** Creates the folder, if it is missing. Returns a function that restores `files`, and removes everything that an install made since; in a new folder everything. */
export function prepareFolder({ folder, isNew }: Target, files: readonly string[]): () => void {
  const first = firstMissing(folder);
  const existing = new Set(fs.existsSync(folder) ? fs.readdirSync(folder) : []);
  const before = isNew ? [] : files.map((file) => [file, contentOf(path.join(folder, file))] as const);
  const installed = new Set(isNew ? [] : moduleFolders(folder));
  const undo = () => {
    if (first !== undefined) return remove(first);
    for (const [file, content] of before) restore(folder, file, content);
    for (const entry of fs.readdirSync(folder))
      if (!existing.has(entry) && (isNew || INSTALLED.test(entry))) remove(path.join(folder, entry));
    if (!isNew) for (const each of moduleFolders(folder)) if (!installed.has(each)) remove(each);
  };
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    undo();
    throw fileError(error, folder);
  }
  return undo;
}

/** What package managers, Nx and git make beside the files that are known. */
const INSTALLED = /^(?:node_modules|\.nx|\.git|\.yarn|\.pnp\..*|package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/;

/** The folders node_modules of a workspace: of its root, and of packages up to three levels below. */
function moduleFolders(folder: string, depth = 3): string[] {
  const folders = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    if (name === 'node_modules') return [path.join(folder, name)];
    return depth === 0 || name.startsWith('.') ? [] : moduleFolders(path.join(folder, name), depth - 1);
  });
}

function contentOf(file: string): Buffer | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

function restore(folder: string, file: string, content: Buffer | undefined): void {
  const place = path.join(folder, file);
  if (content !== undefined) return fs.writeFileSync(place, content);
  remove(place);
  // The folders that held only this file.
  for (let at = path.dirname(place); at !== folder && isEmpty(at); at = path.dirname(at)) fs.rmdirSync(at);
}

function isEmpty(folder: string): boolean {
  return fs.existsSync(folder) && fs.readdirSync(folder).length === 0;
}

function remove(place: string): void {
  fs.rmSync(place, { recursive: true, force: true, maxRetries: 3 });
}

/** The topmost missing parent of a folder, or the folder itself. */
function firstMissing(folder: string): string | undefined {
  let missing: string | undefined;
  for (let at = folder; !fs.existsSync(at); at = path.dirname(at)) missing = at;
  return missing;
}

/** Writes the files whose text is another one. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const place = path.join(folder, name);
    try {
      if (contentOf(place)?.equals(Buffer.from(text))) continue;
      fs.writeFileSync(place, text);
    } catch (error) {
      throw fileError(error, name);
    }
  }
}

/** Whether a folder is a git repository, or inside one. */
export function insideRepository(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, '.git'))) return true;
    if (path.dirname(at) === at) return false;
  }
}
