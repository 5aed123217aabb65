import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateError, fileError } from './problem';

/** The folder to fill, as an absolute path. */
export interface Target {
  folder: string;
  /** The package name that npm accepts: lower-case letters, digits and . _ - */
  name: string;
}

/** Checks the folder. It must be new, or empty except for `.git`. */
export function checkTarget(written: string, cwd: string): Target {
  const folder = path.resolve(cwd, written);
  const base = path.basename(folder);
  if (written === '' || /[\u0000-\u001f\u007f]/.test(written) || written.startsWith('-') || base.length > 200) {
    throw new CreateError(
      'unsafe-name',
      'This is not a valid folder name on every operating system.',
      'npm create kdcube@latest acme',
    );
  }
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  if (name === '' || name === 'node_modules') {
    throw new CreateError('unsafe-name', `No valid package name can be derived from "${base}".`, 'npm create kdcube@latest acme');
  }
  const inside = entriesOf(folder, written).filter((entry) => entry !== '.git');
  if (inside.length > 0) {
    throw new CreateError(
      'already-exists',
      `The folder ${written} is not empty (${inside.slice(0, 3).join(', ')}${inside.length > 3 ? ', …' : ''}). Existing files are not overwritten.`,
      'use a new folder; in an existing Nx workspace, run npx nx add @kdcube/nx',
    );
  }
  return { folder, name };
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
  throw new CreateError('already-exists', `${written} exists, and is not a folder.`);
}

/** Creates the folder. Returns a function that removes everything created since, and nothing else. */
export function makeFolder({ folder }: Target): () => void {
  const existing = new Set(fs.existsSync(folder) ? fs.readdirSync(folder) : []);
  const first = firstMissing(folder);
  const undo = () => {
    if (first !== undefined) return fs.rmSync(first, { recursive: true, force: true, maxRetries: 3 });
    for (const entry of fs.readdirSync(folder)) {
      if (!existing.has(entry)) fs.rmSync(path.join(folder, entry), { recursive: true, force: true, maxRetries: 3 });
    }
  };
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    undo();
    throw fileError(error, folder);
  }
  return undo;
}

/** The topmost missing parent of a folder, or the folder itself. */
function firstMissing(folder: string): string | undefined {
  let missing: string | undefined;
  for (let at = folder; !fs.existsSync(at); at = path.dirname(at)) missing = at;
  return missing;
}

/** Writes files that must not exist yet. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    try {
      fs.writeFileSync(path.join(folder, name), text, { flag: 'wx' });
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
