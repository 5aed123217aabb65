import * as fs from 'node:fs';
import * as path from 'node:path';
import { printable } from '@kdcube/release/internal';
import { batchedBy } from '../git/batch';
import { ignoredPaths } from '../git/ignored';
import type { Log } from '../system/log';
import type { FoundBundle } from './bundles';

type BundleFolder = Pick<FoundBundle, 'content' | 'place' | 'pin'>;

/** Caches that programs write into any working folder: an image does not need them. */
const CACHES =
  /(?:^|\/)(?:__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.ipynb_checkpoints)\/|\.py[co]$|(?:^|\/)(?:\.DS_Store|Thumbs\.db)$/;

/** The maximum number of names printed for one bundle. */
const MAX_NAMES = 20;
/** A folder with at most this many files is printed file by file. */
const MAX_FILES = 3;

const printed = new Set<string>();

/** Combines concurrent requests for bundles into one git command. */
const ignoredBelow = batchedBy(
  (root: string) => root,
  (root, places: string[]) => {
    const all = ignoredPaths(root, places);
    return places.map(async (place) => (await all).filter((name) => name.startsWith(`${place}/`) && !CACHES.test(name)));
  },
);

/** Logs which files in the folder of a workspace bundle git ignores, so that no image contains them. Once per bundle and process. */
export async function logIgnoredFiles(root: string, { content, place, pin }: BundleFolder, log: Log): Promise<void> {
  const key = `${root}\0${place}`;
  if (pin !== undefined || printed.has(key)) return;
  printed.add(key);
  const names = (await ignoredBelow(root)(place)).flatMap((name) => filesOf(root, name));
  if (names.length === 0) return;
  const shown = names.slice(0, MAX_NAMES).map((name) => printable(name.slice(place.length + 1)));
  const rest = names.length > shown.length ? `, and ${names.length - shown.length} more` : '';
  const them = names.length === 1 ? 'it' : 'them';
  log.note(`${content.id}: git ignores ${shown.join(', ')}${rest} in ${place}, so no image has ${them}`);
}

function filesOf(root: string, name: string): string[] {
  if (!name.endsWith('/')) return [name];
  try {
    const files = fs.readdirSync(path.join(root, name), { withFileTypes: true });
    if (files.length <= MAX_FILES && files.every((file) => file.isFile())) return files.map((file) => `${name}${file.name}`);
  } catch {
    // The name of the folder is enough.
  }
  return [name];
}
