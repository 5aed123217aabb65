/** What is at a place of an image. */
export type Found = { kind: 'folder' } | { kind: 'file' } | { kind: 'link'; target: string } | { kind: 'closed'; source: string };

/** The files of a base: `at` answers for one absolute path without following links. */
export interface BaseTree {
  at(path: string): Exclude<Found, { kind: 'closed' }> | undefined;
}

export const EMPTY_TREE: BaseTree = { at: () => undefined };

/** Says that only the base's files decide what a line does. */
export class AsksForBase extends Error {}

/** An image while it grows: what its base has, where that is known, and what was laid over it. Paths are absolute. */
export interface ImageTree {
  /** Undefined: nothing is there, or it is the base's and not known. */
  at(path: string): Found | undefined;
  put(path: string, found: Found): void;
  /** A path with every link on the way, and the last one, followed inside the image. */
  real(path: string): string;
  /** Whether the base's files are known. */
  isKnown: boolean;
}

/** `base` undefined: it was not asked for its files. */
export function imageTree(base: BaseTree | undefined): ImageTree {
  const own = new Map<string, Found>([['/', { kind: 'folder' }]]);
  const at = (path: string): Found | undefined => own.get(path) ?? base?.at(path);
  return {
    at,
    put: (path, found) => void own.set(path, found),
    real: (path) => realOf(path, at),
    isKnown: base !== undefined,
  };
}

function realOf(path: string, at: (path: string) => Found | undefined): string {
  let parts = path.split('/').filter(Boolean);
  let here = '/';
  for (let hops = 0; parts.length > 0;) {
    const [part, ...rest] = parts as [string, ...string[]];
    parts = rest;
    if (part === '.') continue;
    if (part === '..') {
      here = parentOf(here);
      continue;
    }
    const next = below(here, part);
    const found = at(next);
    if (found?.kind !== 'link') {
      here = next;
      continue;
    }
    if ((hops += 1) > 255) throw new Error(`${path} goes round in a circle of links`);
    if (found.target.startsWith('/')) here = '/';
    parts = [...found.target.split('/').filter(Boolean), ...rest];
  }
  return here;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function below(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** The folders on the way to a path, the outermost first, itself last; without the root. */
export function wayTo(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Where every Linux base has files and links of its own, so that nothing can be said there without having seen them. */
export function isSystemPlace(path: string): boolean {
  return /^\/(?:bin|boot|dev|etc|lib[^/]*|proc|root|run|sbin|sys|tmp|usr|var)(?:\/|$)/.test(path);
}
