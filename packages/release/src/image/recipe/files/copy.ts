import { longPath } from '../../../bundle/stage/names';
import { quoted } from '../../../problem/problem';
import { SourceNotFound } from '../recipe';
import type { CopyStep, FolderStep } from '../steps';
import { FolderNotListed, resolveSource, matchSources, type Context, type ContextEntry } from './context';
import { hasWildcard } from './match';
import { BaseNotListed, below, parentOf, foldersTo, type Found, type ImageTree } from './tree';
import { absolute, ownerOf, type Owner } from '../values';

/** One entry of a layer. `source` is a path in the build context. A `closed` entry is a whole folder of the context, copied unchanged; `chmod` undefined: with its own modes. */
export type LayerEntry = Owner & { path: string } & (
    | { kind: 'folder'; mode: number }
    | { kind: 'file'; mode: number; source: string; mustBePlain?: true }
    | { kind: 'link'; target: string }
    | { kind: 'closed'; source: string; withRoot: boolean; chmod?: number }
  );

/** The entries that a COPY adds, by absolute path: later sources replace earlier ones. */
export type LayerEntries = Map<string, LayerEntry>;

/**
 * Plans `COPY` and `ADD` as builders run them: the image's content decides whether the destination is a folder, symlinks are resolved,
 * missing folders are created with the owner of the copy, and a folder's content is copied (with the modes of its subfolders, but not its
 * own). Throws an Error with the reason why it is not supported, `BaseNotListed` or `FolderNotListed`.
 */
export function planCopy(step: CopyStep, context: Context, image: ImageTree): LayerEntries {
  const entries: LayerEntries = new Map();
  for (const source of step.sources) {
    const path = absolute(source).slice(1);
    const wild = hasWildcard(source);
    const found = wild ? matchSources(context, path) : [path];
    for (const each of found) addSource(each, step, context, image, entries);
  }
  return entries;
}

/** `WORKDIR`: adds nothing if the folder already exists. */
export function planFolder(step: FolderStep, image: ImageTree): LayerEntries {
  const entries: LayerEntries = new Map();
  const place = image.real(step.path);
  if (image.at(place)?.kind === 'folder') return entries;
  if (!image.isBaseListed) throw new BaseNotListed();
  makeFolders(place, step.user === undefined ? { uid: 0, gid: 0 } : ownerOf(step.user), image, entries);
  return entries;
}

function addSource(source: string, step: CopyStep, context: Context, image: ImageTree, entries: LayerEntries): void {
  const entry = resolveSource(context, source);
  if (!entry) throw new SourceNotFound(source || '.');
  requireListings(entry, source, step, context, image);
  const { to } = step;
  const existing = image.at(image.real(to));
  makeFolders(image.real(to.endsWith('/') ? to : parentOf(to)), step, image, entries);
  let target = image.real(to);
  requireListed(image.at(target));
  const isFolder = entry.kind === 'folder' || entry.kind === 'closed';
  if (!isFolder && image.at(target)?.kind === 'folder') target = below(target, source.slice(source.lastIndexOf('/') + 1));
  if (!isFolder) return addEntry(entry, target, step, image, entries, step.unpacks);
  makeFolders(target, step, image, entries);
  if (entry.kind === 'closed' && existing) throw new FolderNotListed(entry.path);
  addContent(entry, target, step, context, image, entries);
}

/** Requires a listing of the base's files in the cases in which they make a difference. */
function requireListings(entry: ContextEntry, source: string, step: CopyStep, context: Context, image: ImageTree): void {
  if (image.isBaseListed) return;
  const { to } = step;
  const isFolder = entry.kind === 'folder' || entry.kind === 'closed';
  if (to !== '/') image.requireListed(image.real(to));
  else if (!isFolder) image.requireListed(below(to, nameOf(source)));
  else if (entry.kind === 'closed') throw new FolderNotListed(entry.path);
  else for (const name of context.names(entry.path)) image.requireListed(below(to, name));
  // "COPY config /app/config": /app/config may be a folder or the new file. With the same name or the same extension, it is a file.
  if (!isFolder && !to.endsWith('/') && !image.at(image.real(to)) && !looksLikeFile(source, to)) throw new BaseNotListed();
}

function looksLikeFile(source: string, to: string): boolean {
  const [one, other] = [nameOf(source), nameOf(to)];
  const ending = /[^.](\.[A-Za-z0-9]+)$/;
  return one === other || (ending.exec(one)?.[1] === ending.exec(other)?.[1] && ending.test(one) && !one.endsWith('.d'));
}

/** Copies the content of a folder into `target`, which exists. */
function addContent(folder: ContextEntry, target: string, step: CopyStep, context: Context, image: ImageTree, entries: LayerEntries): void {
  if (folder.kind === 'closed') return addClosed(folder, target, false, step, image, entries);
  for (const name of context.names(folder.path)) {
    const entry = context.at(folder.path === '' ? name : `${folder.path}/${name}`)!;
    const place = below(target, name);
    if (entry.kind === 'closed') addClosed(entry, place, true, step, image, entries);
    else addEntry(entry, place, step, image, entries, false);
    if (entry.kind === 'folder') addContent(entry, place, step, context, image, entries);
  }
}

function addEntry(entry: ContextEntry, place: string, step: CopyStep, image: ImageTree, entries: LayerEntries, mustBePlain: boolean): void {
  const { uid, gid, mode } = step;
  requireUnpackable(place);
  requireKind(entry.kind === 'folder' ? 'folder' : 'file', place, image);
  if (entry.kind === 'folder') {
    const folder = { kind: 'folder' as const, uid, gid, mode: mode ?? 0o755 };
    entries.set(place, { ...folder, path: place });
    image.put(place, folder);
  } else if (entry.kind === 'link') {
    entries.set(place, { kind: 'link', path: place, uid, gid, target: entry.target });
    image.put(place, { kind: 'link', target: entry.target });
  } else if (entry.kind === 'file') {
    const file = {
      kind: 'file' as const,
      path: place,
      uid,
      gid,
      mode: mode ?? (entry.executable ? 0o755 : 0o644),
      source: entry.path,
    };
    entries.set(place, mustBePlain ? { ...file, mustBePlain } : file);
    image.put(place, { kind: 'file' });
  }
}

/** A closed folder can be copied only to a path where nothing exists: what it would overwrite is unknown. */
function addClosed(entry: ContextEntry, place: string, withRoot: boolean, step: CopyStep, image: ImageTree, entries: LayerEntries): void {
  requireUnpackable(place);
  if (withRoot && image.at(place)) throw new FolderNotListed(entry.path);
  const { uid, gid, mode: chmod } = step;
  // If only its content is copied, the folder itself has a separate entry.
  const key = withRoot ? place : `${place}/`;
  entries.set(key, { kind: 'closed', path: place, uid, gid, source: entry.path, withRoot, ...(chmod !== undefined && { chmod }) });
  image.put(place, { kind: 'closed', source: entry.path, uid, gid, mode: withRoot ? (chmod ?? 0o755) : 0o755 });
}

/** Creates missing parent folders. */
function makeFolders(place: string, { uid, gid }: Owner, image: ImageTree, entries: LayerEntries): void {
  for (const folder of foldersTo(place)) {
    const existing = image.at(folder);
    requireListed(existing);
    if (existing && existing.kind !== 'folder') throw new Error(`${folder} exists in the image, and is not a folder`);
    if (existing) continue;
    requireUnpackable(folder);
    const above = image.at(parentOf(folder));
    // As with mkdir, a new folder inherits the set-group-id bit of its parent.
    const mode = 0o755 | (above?.kind === 'folder' ? above.mode & 0o2000 : 0);
    entries.set(folder, { kind: 'folder', path: folder, uid, gid, mode });
    image.put(folder, { kind: 'folder', uid, gid, mode });
  }
}

function requireKind(kind: 'folder' | 'file', place: string, image: ImageTree): void {
  const existing = image.at(place);
  requireListed(existing);
  if (existing && (existing.kind === 'folder') !== (kind === 'folder') && (kind === 'folder' || existing.kind === 'folder'))
    throw new Error(`${place} exists in the image as a ${existing.kind}, and cannot become a ${kind}`);
}

function requireListed(existing: Found | undefined): void {
  if (existing?.kind === 'closed') throw new FolderNotListed(existing.source);
}

/** In a layer, a whiteout name (`.wh.…`) deletes a file. A path that is too long cannot be unpacked. */
function requireUnpackable(place: string): void {
  const long = longPath(place);
  if (long !== undefined) throw new Error(`the path ${quoted(place)} is too long: ${long}`);
  if (nameOf(place).startsWith('.wh.')) throw new Error(`${place} is a whiteout name, which would delete a file`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
