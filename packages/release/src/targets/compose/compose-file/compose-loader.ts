import { LIMITS } from '../../../problem/limits';
import { KdcubeError, quoted, type Place } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import { readEnvFile } from '../env-file/compose-env-file';
import type { Lookup } from './compose-interpolate';
import { isMapping, listOf, type Mapping, mergedService, withoutPaths } from './compose-merge';
import { type ComposePart, IN_ONE, readComposePart, topLevelNotes, wrongValue } from './compose-part';
import { absolutePath, folderOf, type PathBase, shownPath } from './compose-paths';
import { shownWord } from './compose-values';

export interface ComposeFolder {
  /** Names of files in it. */
  list(): readonly string[];
  /** A file by its path, relative to the folder or absolute. */
  read(file: string): string | undefined;
}

/** Loads compose files, each once, and collects notes about what cannot be followed. */
export interface ComposeLoader {
  folder: ComposeFolder;
  base: PathBase;
  lookup: Lookup;
  notes: ImportNote[];
  /** By absolute path and the folder that their paths start from. */
  parts: Map<string, ComposePart>;
  /** Variables without a value that have a note already. */
  unset: Set<string>;
  count: { loads: number };
}

function readAt({ folder, base }: Pick<ComposeLoader, 'folder' | 'base'>, path: string): string | undefined {
  return folder.read(shownPath(path, base.directory));
}

function loadPart(loader: ComposeLoader, path: string, base: PathBase): ComposePart {
  const { lookup, notes, parts, unset } = loader;
  const id = `${path}\0${base.directory}`;
  const loaded = parts.get(id);
  if (loaded) return loaded;
  const part = readComposePart(readAt(loader, path) ?? '', shownPath(path, loader.base.directory), {
    base,
    lookup,
    unset: (name, required, at) => {
      if (unset.has(name)) return;
      unset.add(name);
      notes.push({ subject: `\${${name}}`, reason: 'variable', message: unsetMessage(required), hint: `${name}=… in .env`, at });
    },
  });
  notes.push(...topLevelNotes(part));
  parts.set(id, part);
  return part;
}

function unsetMessage(required: boolean): string {
  return required
    ? 'is required, but not set in .env: it was replaced with nothing. Compose stops here if its shell does not set it'
    : 'is not set in .env: it was replaced with nothing, as compose does if the shell does not set it either';
}

/** A file, after the files that it includes. `above`: the files that include it. */
export function loadWithIncludes(loader: ComposeLoader, path: string, base: PathBase, above: readonly string[]): ComposePart[] {
  const file = shownPath(path, loader.base.directory);
  if (above.includes(path)) throw wrongValue(`${quoted(file)} includes itself.`, { file });
  loader.count.loads += 1;
  if (loader.count.loads > LIMITS.composeFiles.max) {
    const message = `More than ${LIMITS.composeFiles.max} files are included.`;
    throw new KdcubeError({ code: 'limit-exceeded', message, hint: 'include each file once', at: { file } });
  }
  const part = loadPart(loader, path, base);
  const included = listOf(part.top.include).flatMap((entry, index) =>
    loadInclude(loader, entry, base, [...above, path], part.place(['include', index])),
  );
  return [...included, part];
}

/** The files of one entry of `include`, with their own folder and their own `.env`. */
function loadInclude(loader: ComposeLoader, entry: unknown, base: PathBase, above: readonly string[], at: Place): ComposePart[] {
  const options = isMapping(entry) ? entry : { path: entry };
  const written = listOf(options.path);
  const paths = written.map((path) => absolutePath(typeof path === 'string' ? path : '', base));
  const missing = written.find((_, index) => readAt(loader, paths[index]!) === undefined);
  if (missing !== undefined || paths.length === 0) {
    const message = `${shownWord(missing ?? entry)} cannot be read: it was left out`;
    loader.notes.push({ subject: 'include', reason: 'unread', message, hint: IN_ONE, at });
    return [];
  }
  const { project_directory: directory } = options;
  const own = { ...base, directory: typeof directory === 'string' ? absolutePath(directory, base) : folderOf(paths[0]!) };
  const envFiles = listOf(options.env_file).map((file) => absolutePath(typeof file === 'string' ? file : '', base));
  const lookup = withEnvFiles(loader, envFiles.length > 0 ? envFiles : [absolutePath('.env', own)]);
  const inner = own.directory === base.directory && envFiles.length === 0 ? loader : { ...loader, lookup, parts: new Map() };
  return paths.flatMap((path) => loadWithIncludes(inner, path, own, above));
}

/** What the including file knows comes first. */
function withEnvFiles(loader: ComposeLoader, files: readonly string[]): Lookup {
  const env: Record<string, string> = {};
  const lookup: Lookup = (name) => loader.lookup(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
  for (const file of files)
    Object.assign(
      env,
      readEnvFile(readAt(loader, file) ?? '', lookup, () => {}, shownPath(file, loader.base.directory)),
    );
  return lookup;
}

export interface ResolvedService {
  definition: Mapping;
  /** The last place of each of its keys. */
  at: Record<string, Place>;
}

/** A service merged onto the one that it extends. `above`: the services that extend it. */
export function resolveExtends(
  loader: ComposeLoader,
  part: ComposePart,
  name: string,
  above: readonly string[],
): ResolvedService {
  const { notes } = loader;
  const { extends: extended, ...definition } = part.services[name]!;
  const at = Object.fromEntries(Object.keys(definition).map((key) => [key, part.place(['services', name, key], 'key')]));
  if (extended === undefined || extended === null) return { definition, at };
  const place = part.place(['services', name, 'extends'], 'key');
  const { service, file } = isMapping(extended) ? extended : { service: extended, file: undefined };
  const id = `${part.file} ${name}`;
  if (above.includes(id)) throw wrongValue(`${quoted(name)} extends itself.`, place);
  const path = typeof file === 'string' ? absolutePath(file, part.base) : undefined;
  if (file !== undefined && (path === undefined || readAt(loader, path) === undefined)) {
    const message = `refers to ${shownWord(file)}, which cannot be read: it was left out`;
    notes.push({ subject: `${name} extends`, reason: 'unread', message, hint: IN_ONE, at: place });
    return { definition, at };
  }
  const from = path === undefined ? part : loadPart(loader, path, { ...part.base, directory: folderOf(path) });
  if (typeof service !== 'string' || !Object.hasOwn(from.services, service))
    throw wrongValue(`${quoted(name)} extends ${quoted(shownWord(service))}, but ${from.file} has no such service.`, place);
  const base = resolveExtends(loader, from, service, [...above, id]);
  const remaining = withoutPaths(base.definition, removedFrom(part, name));
  return { definition: mergedService(remaining, definition), at: { ...base.at, ...at } };
}

/** What a file resets or overrides of a service, as paths in it. */
export function removedFrom({ removed }: ComposePart, name: string): (readonly (string | number)[])[] {
  return removed.filter((path) => path.length > 2 && path[0] === 'services' && path[1] === name).map((path) => path.slice(2));
}
