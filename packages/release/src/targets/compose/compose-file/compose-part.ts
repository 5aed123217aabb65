import { readDocument } from '../../../document/document';
import { LIMITS } from '../../../problem/limits';
import { KdcubeError, type Place } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import { interpolate, type Lookup } from './compose-interpolate';
import { isMapping, type Mapping } from './compose-merge';

/** One compose file, with variables interpolated. */
export interface ComposePart {
  file: string;
  services: Record<string, Mapping>;
  top: Mapping;
  place(path: readonly (string | number)[], at?: 'key'): Place;
}

/** Reads one compose file. `unset` is called for each variable without a value. Throws for what compose rejects too. */
export function readComposePart(
  text: string,
  file: string,
  lookup: Lookup,
  unset: (name: string, at: Place) => void,
): ComposePart {
  const { value, problems, place } = readDocument(text, file, { anchors: true });
  if (problems.length > 0) throw new KdcubeError(problems);
  if (!isMapping(value)) throw wrongValue(`${file} is not a compose file: it must be a mapping.`, place([]));
  let length = 0;
  const interpolated = (part: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof part === 'string') {
      const result = atPlace(
        () => interpolate(part, lookup, (name) => unset(name, place(path))),
        () => place(path),
      );
      length += result?.length ?? 0;
      if (length > MAX_TOTAL)
        throw tooMany(`With its variables filled in, ${file} has more than ${MAX_TOTAL} characters.`, place(path));
      if (result === undefined)
        throw wrongValue('This "$" does not start a valid variable of compose.', place(path), '$$    for the sign itself');
      return result;
    }
    if (Array.isArray(part)) return part.map((item: unknown, index) => interpolated(item, [...path, index]));
    if (isMapping(part))
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, interpolated(item, [...path, key])]));
    return part;
  };
  const top = interpolated(value, []) as Mapping;
  const services = top.services ?? {};
  const invalid = isMapping(services)
    ? Object.entries(services).find(([, service]) => !isMapping(service) && service !== null)
    : ['services'];
  if (invalid)
    throw wrongValue(
      'A service of compose must be a mapping.',
      place(invalid.length === 1 ? ['services'] : ['services', invalid[0] as string]),
    );
  const count = Object.keys(services).length;
  if (count > MAX_SERVICES)
    throw tooMany(`${file} has ${count} services. At most ${MAX_SERVICES} are read.`, place(['services'], 'key'));
  const mappings = Object.entries(services as Mapping).map(([name, service]) => [name, service ?? {}] as const);
  return { file, services: Object.fromEntries(mappings) as Record<string, Mapping>, top, place };
}

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
