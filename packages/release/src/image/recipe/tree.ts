import type { ImageSettings } from './settings';
import type { Owner } from './values';

/** A folder and who may do what in it. */
export interface Folder extends Owner {
  kind: 'folder';
  mode: number;
}

/** What is at a place of an image. */
export type Found =
  Folder | { kind: 'file' } | { kind: 'link'; target: string } | (Owner & { kind: 'closed'; source: string; mode: number });

/** The files of a base: `at` answers for one absolute path without following links. */
export interface BaseTree {
  at(path: string): Exclude<Found, { kind: 'closed' }> | undefined;
}

export const ROOT: Folder = { kind: 'folder', uid: 0, gid: 0, mode: 0o755 };

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
  /** Throws `AsksForBase` where the base must be seen before something is laid down at a place. */
  ask(place: string): void;
  /** Whether the base's files are known. */
  isKnown: boolean;
}

/**
 * `base` undefined: it was not asked for its files. Then it counts as empty but for the places where a base has things: the system's, and those that its `settings` speak of. Nobody may lay down anything
 * there without asking.
 */
export function imageTree(base: BaseTree | undefined, settings: ImageSettings): ImageTree {
  const own = new Map<string, Found>([['/', ROOT]]);
  const at = (path: string): Found | undefined => own.get(path) ?? base?.at(path);
  return {
    at,
    put: (path, found) => void own.set(path, found),
    real: (path) => realOf(path, at),
    ask(place) {
      if (!base && (isSystemPlace(place) || speaksOf(settings, place))) throw new AsksForBase();
    },
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
  return /^\/(?:bin|boot|dev|etc|home|lib[^/]*|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(?:\/|$)/.test(path);
}

/** Whether a base's settings name something in the same folder of its root: then that may well be there, with an owner of its own. */
export function speaksOf(settings: ImageSettings, place: string): boolean {
  const { WorkingDir = '', Env = [], Entrypoint = [], Cmd = [], Volumes = {}, Healthcheck } = settings;
  const texts = [WorkingDir, ...Env, ...Entrypoint, ...Cmd, ...Object.keys(Volumes), ...(Healthcheck?.Test ?? [])];
  const root = `/${place.split('/')[1]}`;
  return texts.some((text) => [...text.matchAll(/(?<![^\s:;,="'(])\/[^\s:;,="'<>|&$()/]+/g)].some(([named]) => named === root));
}
