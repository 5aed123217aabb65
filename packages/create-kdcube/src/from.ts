import * as fs from 'node:fs';
import * as path from 'node:path';
import { convertRelease, type ConvertedRelease, firstReleaseName, LIMITS, quoted, RELEASE_FILE } from '@kdcube/release/internal';
import type { Arguments } from './args';
import { textIn } from './package-manager';
import { problem } from './problem';
import type { Repository } from './repository';

/** release.yaml from the files of --from. Nothing without them, and where the same release.yaml is there already. */
export function readInputs(
  { from, platformRef }: Arguments,
  { files, packageJson, name }: Repository,
  cwd: string,
): Partial<ConvertedRelease> & { dropped: string[] } {
  if (from.length === 0) return { dropped: [] };
  const inputs = from.map((file) => ({ file, content: readInput(path.resolve(cwd, file), file) }));
  const packageName = typeof packageJson?.name === 'string' ? packageJson.name : name;
  const converted = convertRelease(inputs, { platformRef, name: firstReleaseName(packageName) });
  const before = textIn(files, RELEASE_FILE);
  if (before === converted.text) return { dropped: [] };
  if (before === '') return converted;
  throw problem(
    'already-exists',
    `There is a ${RELEASE_FILE} already, and --from would write another one.`,
    `git mv ${RELEASE_FILE} release.old.yaml    then run this again`,
  );
}

function readInput(place: string, file: string): Buffer {
  try {
    const { size } = fs.statSync(place);
    if (size <= LIMITS.documentBytes.max) return fs.readFileSync(place);
  } catch (error) {
    const { message } = error as Error;
    throw problem('file-missing', `${quoted(file)} of --from cannot be read: ${message}.`, '--from deploy/release.yaml', error);
  }
  throw problem('file-too-large', `${quoted(file)} of --from has more than ${LIMITS.documentBytes.max} bytes.`);
}
