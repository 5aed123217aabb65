import { readDocument } from '../../../document/document';
import { LIMITS } from '../../../problem/limits';
import { KdcubeError, type Place, type Problem } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import { interpolate, type Lookup } from './compose-interpolate';
import { isMapping, type Mapping } from './compose-merge';
import { absoluteDevice, type PathBase, withAbsolutePaths } from './compose-paths';
import { requireShapes } from './compose-shapes';
import { readPlainScalar } from './plain-scalar';

type Path = readonly (string | number)[];

/** One compose file, with variables interpolated and absolute paths. */
export interface ComposePart {
  file: string;
  base: PathBase;
  services: Record<string, Mapping>;
  volumes: Mapping;
  top: Mapping;
  /** What the files before this one lose: the places of `!reset` and `!override`. */
  removed: Path[];
  place(path: Path, at?: 'key'): Place;
  /** Whether compose makes another text of the number, date or boolean that is written at a place. */
  isRewritten(path: Path): boolean;
}

export interface PartOptions {
  base: PathBase;
  lookup: Lookup;
  /** Called for each variable without a value. */
  unset: (name: string, required: boolean, at: Place) => void;
}

/** Reads one compose file. Throws for what compose rejects too. */
export function readComposePart(text: string, file: string, options: PartOptions): ComposePart {
  const { base } = options;
  const { value, problems, place, source, tagged } = readDocument(text, file, { plainScalar: readPlainScalar });
  if (problems.length > 0) throw new KdcubeError(problems.map(forCompose));
  if (!isMapping(value)) throw wrongValue(`${file} is not a compose file: it must be a mapping.`, place([]));
  const gone = new Set(tagged.filter(({ tag }) => tag === '!reset').map(({ path }) => path.join('\0')));
  const top = interpolated(value, file, place, gone, options) as Mapping;
  const services = servicesOf(top, file, place);
  for (const [name, service] of Object.entries(services)) requireShapes(service, (path) => place(['services', name, ...path]));
  const volumes = isMapping(top.volumes) ? top.volumes : {};
  return {
    file,
    base,
    services: mapped(services, (service) => withAbsolutePaths(service, base)) as Record<string, Mapping>,
    volumes: mapped(volumes, (volume) => absoluteDevice(volume, base)),
    top,
    removed: tagged.filter(({ tag }) => tag === '!reset' || tag === '!override').map(({ path }) => path),
    place,
    isRewritten: (path) => {
      const [written, read] = [source(path), valueAt(value, path)];
      return written !== undefined && read !== null && typeof read !== 'object' && String(read) !== written;
    },
  };
}

function forCompose(problem: Problem): Problem {
  if (problem.code !== 'yaml-many-documents') return problem;
  const message = 'A second document starts here. Compose merges the documents of a file; an import reads a file with one.';
  return { ...problem, message, hint: IN_ONE };
}

/** The whole document, with the variables in its texts filled in, and without what `!reset` takes away. */
function interpolated(
  root: Mapping,
  file: string,
  place: ComposePart['place'],
  gone: ReadonlySet<string>,
  { lookup, unset }: PartOptions,
): unknown {
  let length = 0;
  const inText = (part: string, path: Path): string => {
    const result = atPlace(
      () => interpolate(part, lookup, (name, required) => unset(name, required, place(path))),
      () => place(path),
    );
    length += result?.length ?? 0;
    if (length > MAX_TOTAL)
      throw tooMany(`With its variables filled in, ${file} has more than ${MAX_TOTAL} characters.`, place(path));
    if (result === undefined)
      throw wrongValue('This "${" does not start a valid variable of compose.', place(path), '$$    for the dollar sign itself');
    return result;
  };
  const inPart = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') return inText(part, path);
    if (Array.isArray(part)) return part.map((item: unknown, index) => inPart(item, [...path, index]));
    if (!isMapping(part)) return part;
    const entries = Object.entries(part).filter(([key]) => gone.size === 0 || !gone.has([...path, key].join('\0')));
    return Object.fromEntries(entries.map(([key, item]) => [key, inPart(item, [...path, key])]));
  };
  return inPart(root, []);
}

function servicesOf(top: Mapping, file: string, place: ComposePart['place']): Record<string, Mapping> {
  const services = top.services ?? {};
  if (!isMapping(services)) throw wrongValue('A service of compose must be a mapping.', place(['services']));
  const invalid = Object.entries(services).find(([, service]) => !isMapping(service) && service !== null);
  if (invalid) throw wrongValue('A service of compose must be a mapping.', place(['services', invalid[0]]));
  const count = Object.keys(services).length;
  if (count > MAX_SERVICES)
    throw tooMany(`${file} has ${count} services. At most ${MAX_SERVICES} are read.`, place(['services'], 'key'));
  return mapped(services, (service) => service ?? {}) as Record<string, Mapping>;
}

function mapped<T>(mapping: Record<string, T>, change: (value: T) => unknown): Mapping {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value)]));
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part !== null ? (part as Mapping)[key] : undefined),
    root,
  );
}

/** A command that writes everything into one file, for what an import cannot follow. */
export const IN_ONE = 'docker compose config -o all.yaml    then --files=all.yaml';
const MAX_TOTAL = LIMITS.expandedTotal.max;
const MAX_SERVICES = LIMITS.composeServices.max;

function tooMany(message: string, at: Place): KdcubeError {
  return new KdcubeError({ code: 'limit-exceeded', message, at });
}

function atPlace<T>(work: () => T, at: () => Place): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof KdcubeError ? new KdcubeError(error.problems.map((problem) => ({ ...problem, at: at() }))) : error;
  }
}

/** Notes about top-level keys that an environment has no place for. */
export function topLevelNotes({ top, place }: ComposePart): ImportNote[] {
  const supported = ['services', 'volumes', 'name', 'version', 'include'];
  return Object.keys(top)
    .filter((key) => !supported.includes(key) && !key.startsWith('x-'))
    .map((key) => ({
      subject: key,
      reason: 'compose-key',
      message: 'stays in the compose file: an environment has no place for it',
      at: place([key], 'key'),
    }));
}

export function wrongValue(message: string, at: Place, hint?: string): KdcubeError {
  return new KdcubeError({ code: 'wrong-value', message, ...(hint !== undefined && { hint }), at });
}
