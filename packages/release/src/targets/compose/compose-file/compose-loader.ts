import { LIMITS } from '../../../problem/limits';
import { KdcubeError, quoted, type Place } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import type { Lookup } from './compose-interpolate';
import { isMapping, listOf, type Mapping, mergedService } from './compose-merge';
import { type ComposePart, readComposePart, topLevelNotes, wrongValue } from './compose-part';
import { shownWord } from './compose-values';

export interface ComposeFolder {
  /** Names of files in it. */
  list(): readonly string[];
  read(file: string): string | undefined;
}

/** Loads compose files, each once, and collects notes about what cannot be followed. */
export interface ComposeLoader {
  folder: ComposeFolder;
  lookup: Lookup;
  notes: ImportNote[];
  parts: Map<string, ComposePart>;
  /** Variables without a value that have a note already. */
  unset: Set<string>;
  /** How many files were read, each as often as it is included. */
  loads: number;
}

/** A command that writes everything into one file, for what an import cannot follow. */
const IN_ONE = 'docker compose config -o all.yaml    then --files=all.yaml';

function loadPart(loader: ComposeLoader, file: string): ComposePart {
  const { folder, lookup, notes, parts, unset } = loader;
  const loaded = parts.get(file);
  if (loaded) return loaded;
  const part = readComposePart(folder.read(file) ?? '', file, lookup, (name, at) => {
    if (unset.has(name)) return;
    unset.add(name);
    notes.push({
      subject: `\${${name}}`,
      reason: 'variable',
      message: 'is not set in .env: it was replaced with nothing, as compose does if the shell does not set it either',
      hint: `${name}=… in .env`,
      at,
    });
  });
  notes.push(...topLevelNotes(part));
  parts.set(file, part);
  return part;
}

/** A file, after the files that it includes. `above`: the files that include it. */
export function loadWithIncludes(loader: ComposeLoader, file: string, above: readonly string[]): ComposePart[] {
  if (above.includes(file)) throw wrongValue(`${quoted(file)} includes itself.`, { file });
  const { folder, notes } = loader;
  loader.loads += 1;
  if (loader.loads > LIMITS.composeFiles.max) {
    const message = `More than ${LIMITS.composeFiles.max} files are included.`;
    throw new KdcubeError({ code: 'limit-exceeded', message, hint: 'include each file once', at: { file } });
  }
  const part = loadPart(loader, file);
  const included = listOf(part.top.include).flatMap((entry, index) => {
    const at = part.place(['include', index]);
    const paths = isMapping(entry) ? listOf(entry.path) : [entry];
    const hasOptions = isMapping(entry) && Object.keys(entry).some((key) => key !== 'path');
    if (!hasOptions && paths.every((path) => isReadable(folder, path)))
      return paths.flatMap((path) => loadWithIncludes(loader, plain(path as string), [...above, file]));
    notes.push({
      subject: 'include',
      reason: 'unread',
      message: 'is not only files of this folder: it was left out',
      hint: IN_ONE,
      at,
    });
    return [];
  });
  return [...included, part];
}

/** A service merged onto the one that it extends. `above`: the services that extend it. */
export function resolveExtends(
  loader: ComposeLoader,
  part: ComposePart,
  name: string,
  above: readonly string[],
): { definition: Mapping; at: Record<string, Place> } {
  const { folder, notes } = loader;
  const { extends: base, ...definition } = part.services[name]!;
  const at = Object.fromEntries(Object.keys(definition).map((key) => [key, part.place(['services', name, key], 'key')]));
  if (base === undefined) return { definition, at };
  const place = part.place(['services', name, 'extends'], 'key');
  const { service, file } = isMapping(base) ? base : { service: base, file: undefined };
  const id = `${part.file} ${name}`;
  if (above.includes(id)) throw wrongValue(`${quoted(name)} extends itself.`, place);
  if (file !== undefined && !isReadable(folder, file)) {
    notes.push({
      subject: `${name} extends`,
      reason: 'unread',
      message: 'refers to a file outside of this folder: it was left out',
      hint: IN_ONE,
      at: place,
    });
    return { definition, at };
  }
  const from = typeof file === 'string' ? loadPart(loader, plain(file)) : part;
  if (typeof service !== 'string' || !Object.hasOwn(from.services, service))
    throw wrongValue(`${quoted(name)} extends ${quoted(shownWord(service))}, but ${from.file} has no such service.`, place);
  const extended = resolveExtends(loader, from, service, [...above, id]);
  return { definition: mergedService(extended.definition, definition), at: { ...extended.at, ...at } };
}

function isReadable(folder: ComposeFolder, file: unknown): boolean {
  return typeof file === 'string' && isHere(file) && folder.read(plain(file)) !== undefined;
}

/** Whether a file is directly in the folder. A file elsewhere would resolve relative paths differently. */
export function isHere(file: string): boolean {
  return /^(?:\.\/)?[^/\\\0]+$/.test(file) && plain(file) !== '..' && plain(file) !== '.';
}

/** Without a leading `./`. */
export function plain(file: string): string {
  return file.replace(/^\.\//, '');
}
