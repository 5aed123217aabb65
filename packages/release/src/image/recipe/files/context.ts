import { foldersOf } from '../../../bundle/stage/stage';
import type { Ignore } from './ignore';
import { compileGlob, hasWildcard } from './match';

/** One entry of a build context. A `closed` folder is a git tree that is not listed: its content matters only if an instruction names a path in it. */
export type ContextEntry = { path: string } & (
  { kind: 'file'; executable: boolean } | { kind: 'link'; target: string } | { kind: 'folder' } | { kind: 'closed' }
);

/** A build context without the paths that its .dockerignore excludes. The root is ''. */
export interface Context {
  at(path: string): ContextEntry | undefined;
  /** The names in a folder, sorted. */
  names(folder: string): string[];
}

/** Thrown if the result depends on the content of a closed folder, which must be listed first. */
export class FolderNotListed extends Error {
  constructor(readonly folder: string) {
    super(`${folder} is not listed`);
  }
}

/** Builds a context. Parent folders need not be in the list. Throws `FolderNotListed` if an exception in .dockerignore may include something below an excluded closed folder. */
export function contextOf(entries: readonly ContextEntry[], ignore: Ignore): Context {
  const included = new Map<string, ContextEntry>([['', { path: '', kind: 'folder' }]]);
  for (const entry of entries) {
    const excluded = ignore.excludes(entry.path);
    if (!excluded) included.set(entry.path, entry);
    else if (entry.kind === 'closed' && ignore.hasExceptions) throw new FolderNotListed(entry.path);
  }
  for (const { path } of entries) {
    // A folder is included if .dockerignore does not exclude it, or if it contains something included.
    for (const folder of foldersOf([path]))
      if (!included.has(folder) && (included.has(path) || !ignore.excludes(folder)))
        included.set(folder, { path: folder, kind: 'folder' });
  }
  const children = new Map<string, string[]>();
  for (const path of [...included.keys()].filter(Boolean).sort()) {
    const cut = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(cut, 0));
    const names = children.get(folder);
    if (names) names.push(path.slice(cut + 1));
    else children.set(folder, [path.slice(cut + 1)]);
  }
  return { at: (path) => included.get(path), names: (folder) => children.get(folder) ?? [] };
}

/** The entry that a source of COPY names, with symlinks resolved; undefined if there is none. Throws `FolderNotListed`, and an Error for a symlink loop. */
export function resolveSource(context: Context, path: string): ContextEntry | undefined {
  let parts = path.split('/').filter(Boolean);
  let here = '';
  for (let hops = 0; parts.length > 0;) {
    const [part, ...rest] = parts as [string, ...string[]];
    if (part === '..' || part === '.') {
      here = part === '..' ? parent(here) : here;
      parts = rest;
      continue;
    }
    const next = here === '' ? part : `${here}/${part}`;
    const entry = context.at(next);
    if (!entry) return undefined;
    if (entry.kind === 'closed' && rest.length > 0) throw new FolderNotListed(entry.path);
    if (entry.kind === 'file' && rest.length > 0) return undefined;
    if (entry.kind === 'link') {
      if ((hops += 1) > 40) throw new Error(`the symlink ${path} is a loop`);
      parts = [...entry.target.split('/').filter(Boolean), ...rest];
      if (entry.target.startsWith('/')) here = '';
      continue;
    }
    here = next;
    parts = rest;
  }
  return context.at(here);
}

/** The paths that match a COPY source with wildcards, in order, without the content of matching folders. Throws `FolderNotListed`. */
export function matchSources(context: Context, source: string): string[] {
  const parts = source.split('/');
  const plain = parts.findIndex(hasWildcard);
  const glob = compileGlob(parts.slice(plain).join('/'));
  const root = resolveSource(context, parts.slice(0, plain).join('/'));
  if (!glob || root?.kind === 'file' || !root) return [];
  const depth = parts.length - plain;
  const found: string[] = [];
  const walk = (folder: string, below: string): void => {
    if (context.at(folder)?.kind === 'closed') throw new FolderNotListed(folder);
    for (const name of context.names(folder)) {
      const path = below === '' ? name : `${below}/${name}`;
      const full = folder === '' ? name : `${folder}/${name}`;
      const { kind } = context.at(full)!;
      if (glob.test(path)) found.push(full);
      else if ((kind === 'folder' || kind === 'closed') && path.split('/').length < depth) walk(full, path);
    }
  };
  walk(root.path, '');
  return found;
}

function parent(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
