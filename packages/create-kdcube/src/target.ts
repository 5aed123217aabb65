import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateError, fileError } from './problem';

/** The folder to fill: absolute, checked, and what it takes to undo everything. */
export interface Target {
  folder: string;
  /** The name of its package.json, which npm takes: small letters, digits and . _ - */
  name: string;
}

/** Checks the folder that a person named. It must be new, or empty but for `.git`. */
export function checkTarget(written: string, cwd: string): Target {
  const folder = path.resolve(cwd, written);
  const base = path.basename(folder);
  if (written === '' || /[\u0000-\u001f\u007f]/.test(written) || written.startsWith('-') || base.length > 200) {
    throw new CreateError(
      'unsafe-name',
      'This cannot be the name of a folder on every machine.',
      'npm create kdcube@latest acme',
    );
  }
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  if (name === '' || name === 'node_modules') {
    throw new CreateError(
      'unsafe-name',
      `"${base}" leaves nothing that could be the name of a package.`,
      'npm create kdcube@latest acme',
    );
  }
  const inside = entriesOf(folder, written).filter((entry) => entry !== '.git');
  if (inside.length > 0) {
    throw new CreateError(
      'already-exists',
      `The folder ${written} is not empty (${inside.slice(0, 3).join(', ')}${inside.length > 3 ? ', …' : ''}), and nothing in it is overwritten.`,
      'name a new folder; or set up an Nx workspace that is there with npx nx add @kdcube/nx',
    );
  }
  return { folder, name };
}

/** What a folder holds; nothing where it is not there yet. */
function entriesOf(folder: string, written: string): string[] {
  try {
    // A link to a folder is somebody's choice of another place: what is behind it is looked at, as anywhere.
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return fs.readdirSync(folder);
    if (!stat && !fs.lstatSync(folder, { throwIfNoEntry: false })) return [];
  } catch (error) {
    throw fileError(error, written);
  }
  throw new CreateError('already-exists', `${written} is there already, and is not a folder.`);
}

/** Makes the folder. The function that it returns takes back everything that was made since, and nothing else. */
export function makeFolder({ folder }: Target): () => void {
  const kept = new Set(fs.existsSync(folder) ? fs.readdirSync(folder) : []);
  const first = firstMissing(folder);
  const takeBack = () => {
    if (first !== undefined) return fs.rmSync(first, { recursive: true, force: true, maxRetries: 3 });
    for (const entry of fs.readdirSync(folder)) {
      if (!kept.has(entry)) fs.rmSync(path.join(folder, entry), { recursive: true, force: true, maxRetries: 3 });
    }
  };
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    takeBack();
    throw fileError(error, folder);
  }
  return takeBack;
}

/** The topmost folder that has to be made for this one. */
function firstMissing(folder: string): string | undefined {
  let missing: string | undefined;
  for (let at = folder; !fs.existsSync(at); at = path.dirname(at)) missing = at;
  return missing;
}

/** Writes each file, which must not be there yet. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    try {
      fs.writeFileSync(path.join(folder, name), text, { flag: 'wx' });
    } catch (error) {
      throw fileError(error, name);
    }
  }
}

/** Whether a folder is in a git repository already, itself or below one. */
export function insideRepository(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, '.git'))) return true;
    if (path.dirname(at) === at) return false;
  }
}
