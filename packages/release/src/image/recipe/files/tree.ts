import type { ImageSettings } from '../settings';
import type { Owner } from '../values';

/** A folder with its owner and mode. */
export interface Folder extends Owner {
  kind: 'folder';
  mode: number;
}

/** What exists at a path of an image. */
export type Found =
  Folder | { kind: 'file' } | { kind: 'link'; target: string } | (Owner & { kind: 'closed'; source: string; mode: number });

/** The files of a base image: `at` returns what is at an absolute path, without following symlinks. */
export interface BaseTree {
  at(path: string): Exclude<Found, { kind: 'closed' }> | undefined;
}

export const ROOT: Folder = { kind: 'folder', uid: 0, gid: 0, mode: 0o755 };

export const EMPTY_TREE: BaseTree = { at: () => undefined };

/** Thrown if the result depends on the base's files, which are not listed yet. */
export class BaseNotListed extends Error {}

/** An image during the build: its base's files, if they are listed, and the added ones. Paths are absolute. */
export interface ImageTree {
  /** Undefined: nothing exists there, or it is in the base, which is not listed. */
  at(path: string): Found | undefined;
  put(path: string, found: Found): void;
  /** The path with all symlinks resolved inside the image, including the last component. */
  real(path: string): string;
  /** Throws `BaseNotListed` if the base must be listed before something is added at a path. */
  requireListed(place: string): void;
  /** Whether the base's files are listed. */
  isBaseListed: boolean;
}

/**
 * `base` undefined: its files are not listed. Adding something then requires a listing: the base may have a folder there with its own owner
 * and mode, or a link. `newFolder`: a folder that the base is known not to have, unless its `settings` name it.
 */
export function imageTree(base: BaseTree | undefined, settings: ImageSettings, newFolder?: string): ImageTree {
  const added = new Map<string, Found>([['/', ROOT]]);
  const at = (path: string): Found | undefined => added.get(path) ?? base?.at(path);
  return {
    at,
    put: (path, found) => void added.set(path, found),
    real: (path) => realOf(path, at),
    requireListed(place) {
      const isNew = newFolder !== undefined && `${place}/`.startsWith(`${newFolder}/`) && !mentions(settings, newFolder);
      if (!base && !isNew) throw new BaseNotListed();
    },
    isBaseListed: base !== undefined,
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
    if ((hops += 1) > 255) throw new Error(`${path} is a symlink loop`);
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

/** The parent folders of a path, outermost first, then the path itself; without the root. */
export function foldersTo(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Whether the base's settings name a path in the same top-level folder: it probably exists then, with its own owner. */
function mentions(settings: ImageSettings, place: string): boolean {
  const { WorkingDir = '', Env = [], Entrypoint = [], Cmd = [], Volumes = {}, Healthcheck } = settings;
  const texts = [WorkingDir, ...Env, ...Entrypoint, ...Cmd, ...Object.keys(Volumes), ...(Healthcheck?.Test ?? [])];
  const root = `/${place.split('/')[1]}`;
  return texts.some((text) => [...text.matchAll(/(?<![^\s:;,="'(])\/[^\s:;,="'<>|&$()/]+/g)].some(([named]) => named === root));
}
