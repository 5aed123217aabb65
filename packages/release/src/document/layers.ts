import type { Place } from '../problem/problem';
import type { DocumentPath, ReadDocument } from './document';

/** An environment and what it extends, as one document: the upper one's values hold, and every place is in the file that says it. */
export function layered(upper: ReadDocument, lower: ReadDocument): ReadDocument {
  const owner = (path: DocumentPath): ReadDocument => {
    for (let length = path.length; length > 0; length -= 1) {
      const part = path.slice(0, length);
      if (has(upper.value, part)) return upper;
      if (has(lower.value, part)) return lower;
    }
    return upper;
  };
  return {
    value: merged(upper.value, lower.value),
    problems: [...upper.problems, ...lower.problems],
    ambiguous: [...upper.ambiguous, ...lower.ambiguous],
    place: (path, at): Place => owner(path).place(path, at),
    source: (path) => owner(path).source(path),
    tagged: [],
  };
}

/** Mappings are merged; everything else the upper one replaces. `extends` and `abstract` are a file's own. */
function merged(upper: unknown, lower: unknown): unknown {
  if (!isMapping(upper) || !isMapping(lower)) return upper;
  const { extends: _, abstract: __, ...inherited } = lower;
  return mergedMapping(upper, inherited);
}

function mergedMapping(upper: Record<string, unknown>, lower: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(lower), ...Object.keys(upper)])) {
    const above = Object.hasOwn(upper, key) ? upper[key] : undefined;
    const below = Object.hasOwn(lower, key) ? lower[key] : undefined;
    const value = above === undefined ? below : isMapping(above) && isMapping(below) ? mergedMapping(above, below) : above;
    // A key named __proto__ must stay a key.
    Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function has(value: unknown, path: DocumentPath): boolean {
  let part = value;
  for (const key of path) {
    if (part === null || typeof part !== 'object' || !Object.hasOwn(part, key)) return false;
    part = (part as Record<string | number, unknown>)[key];
  }
  return true;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
