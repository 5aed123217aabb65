import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import { readDocument } from '../document/document';
import { isMapping } from '../document/layers';
import { isObjectName, OBJECT_NAME_REASON } from '../document/object-names';

/** Access to the workspace's files: the disk, or a generator's tree. Paths are relative, with forward slashes. */
export interface EnvironmentFiles {
  read(path: string): string | Uint8Array | undefined;
  list(path: string): string[];
  /** Why a file that exists has no content for `read`. */
  problem?(path: string): Problem | undefined;
}

const ENVIRONMENTS = 'environments';

export function environmentFile(name: string): string {
  return `${ENVIRONMENTS}/${name}.yaml`;
}

/** The name is used for an Nx configuration, for dist folders and for tags. */
export function isEnvironmentName(name: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(name) && !name.startsWith('-') && !isObjectName(name);
}

export interface EnvironmentNames {
  /** Environments that can be deployed, sorted: the configurations of the deploy targets. */
  names: string[];
  /** All environments, including those that are only extended. */
  all: string[];
  problems: Problem[];
}

/** The environments of a workspace. Never throws: a file that cannot be read still counts, and reading that environment reports the problem. */
export function environmentNames(files: EnvironmentFiles): EnvironmentNames {
  const all: string[] = [];
  const problems: Problem[] = [];
  for (const file of files.list(ENVIRONMENTS).sort()) {
    const name = file.replace(/\.ya?ml$/i, '');
    if (name === file) continue;
    if (file.endsWith('.yaml') && isEnvironmentName(name)) all.push(name);
    else problems.push(wrongName(file, name));
  }
  return { names: all.filter((name) => !isAbstract(files.read(environmentFile(name)))), all, problems };
}

function wrongName(file: string, name: string): Problem {
  if (isObjectName(name))
    return {
      code: 'reserved-id',
      message: `${quoted(file)} cannot be an environment: ${OBJECT_NAME_REASON}.`,
      hint: `git mv ${environmentFile(name)} ${environmentFile('prod')}`,
      at: { file: `${ENVIRONMENTS}/${file}` },
    };
  const better =
    name
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'prod';
  return {
    code: 'unsafe-name',
    message: `${quoted(file)} cannot be an environment: its name is made of lower-case letters, digits and dashes, and ends with .yaml.`,
    hint: `git mv '${ENVIRONMENTS}/${file}' ${environmentFile(better)}`,
    at: { file: `${ENVIRONMENTS}/${file}` },
  };
}

function isAbstract(content: string | Uint8Array | undefined): boolean {
  // Parsing a document takes a hundred times as long as searching for the word, and the graph is computed after every edit.
  const text = typeof content === 'string' ? content : content && new TextDecoder().decode(content);
  if (!text?.includes('abstract')) return false;
  const { value } = readDocument(text, ENVIRONMENTS);
  return isMapping(value) && value.abstract === true;
}

/** The named environment, or the only one. */
export function chosenEnvironment(wanted: string | undefined, files: EnvironmentFiles): string {
  const { names } = environmentNames(files);
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    throw new KdcubeError(missingEnvironment(wanted, names));
  }
  if (names.length === 1) return names[0]!;
  if (names.length === 0) throw new KdcubeError(missingEnvironment(undefined, names));
  throw new KdcubeError({
    code: 'unknown-environment',
    // If a target does not have a configuration, Nx does not pass its name to the executor.
    message: `There are ${names.length} environments: ${names.join(', ')}. None was named, or one that does not exist: Nx drops a configuration that it does not know.`,
    hint: `nx run release:plan:${names[0]}`,
  });
}

export function missingEnvironment(name: string | undefined, names: readonly string[]): Problem {
  const existing =
    names.length > 0
      ? `one of ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
      : `${environmentFile('prod')}, to start with`;
  return {
    code: 'unknown-environment',
    message:
      name === undefined
        ? `There is no environment in ${ENVIRONMENTS}/.`
        : `There is no environment ${quoted(name)} in ${ENVIRONMENTS}/.`,
    hint: existing,
  };
}
