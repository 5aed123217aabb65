import { Absent } from './recipe';
import type { CopyStep, FolderStep } from './steps';
import { AsksToOpen, followed, matching, type Context, type ContextEntry } from './context';
import { hasWildcard } from './match';
import { AsksForBase, below, parentOf, wayTo, type Found, type ImageTree } from './tree';
import { absolute, ownerOf, type Owner } from './values';

/** One entry of a layer. `source` is a path in the build context. A `closed` entry is a whole folder of the context, copied unchanged; `chmod` undefined: with its own modes. */
export type LayerEntry = Owner & { path: string } & (
    | { kind: 'folder'; mode: number }
    | { kind: 'file'; mode: number; source: string; mustBePlain?: true }
    | { kind: 'link'; target: string }
    | { kind: 'closed'; source: string; withRoot: boolean; chmod?: number }
  );

/** The entries that a COPY adds, by absolute path: later sources replace earlier ones. */
export type Laid = Map<string, LayerEntry>;

/**
 * `COPY` and `ADD` as builders run them: the image's content decides whether the destination is a folder, symlinks are followed, missing folders are created with the owner of the copy, and of a
 * folder the content is copied (with the modes of its subfolders, but not its own). Throws an Error with the reason why it is not supported, `AsksForBase` or `AsksToOpen`.
 */
export function layCopy(step: CopyStep, context: Context, image: ImageTree): Laid {
  const laid: Laid = new Map();
  for (const source of step.sources) {
    const path = absolute(source).slice(1);
    const wild = hasWildcard(source);
    const found = wild ? matching(context, path) : [path];
    for (const each of found) laySource(each, step, context, image, laid);
  }
  return laid;
}

/** `WORKDIR`: adds nothing if the folder exists. */
export function layFolder(step: FolderStep, image: ImageTree): Laid {
  const laid: Laid = new Map();
  const place = image.real(step.path);
  if (image.at(place)?.kind === 'folder') return laid;
  if (!image.isKnown) throw new AsksForBase();
  makeFolders(place, step.user === undefined ? { uid: 0, gid: 0 } : ownerOf(step.user), image, laid);
  return laid;
}

function laySource(source: string, step: CopyStep, context: Context, image: ImageTree, laid: Laid): void {
  const entry = followed(context, source);
  if (!entry) throw new Absent(source || '.');
  askFirst(entry, source, step, context, image);
  const { to } = step;
  const met = image.at(image.real(to));
  makeFolders(image.real(to.endsWith('/') ? to : parentOf(to)), step, image, laid);
  let target = image.real(to);
  openFor(image.at(target));
  const isFolder = entry.kind === 'folder' || entry.kind === 'closed';
  if (!isFolder && image.at(target)?.kind === 'folder') target = below(target, source.slice(source.lastIndexOf('/') + 1));
  if (!isFolder) return lay(entry, target, step, image, laid, step.unpacks);
  makeFolders(target, step, image, laid);
  if (entry.kind === 'closed' && met) throw new AsksToOpen(entry.path);
  layContent(entry, target, step, context, image, laid);
}

/** If the base's files are not listed yet: the cases in which they make a difference. */
function askFirst(entry: ContextEntry, source: string, step: CopyStep, context: Context, image: ImageTree): void {
  if (image.isKnown) return;
  const { to } = step;
  const isFolder = entry.kind === 'folder' || entry.kind === 'closed';
  if (to !== '/') image.ask(image.real(to));
  else if (!isFolder) image.ask(below(to, nameOf(source)));
  else if (entry.kind === 'closed') throw new AsksToOpen(entry.path);
  else for (const name of context.names(entry.path)) image.ask(below(to, name));
  // "COPY config /app/config": into a folder of that name, or as a file of that name? The same name, or the same ending, is a file's.
  if (!isFolder && !to.endsWith('/') && !image.at(image.real(to)) && !looksLikeFile(source, to)) throw new AsksForBase();
}

function looksLikeFile(source: string, to: string): boolean {
  const [one, other] = [nameOf(source), nameOf(to)];
  const ending = /[^.](\.[A-Za-z0-9]+)$/;
  return one === other || (ending.exec(one)?.[1] === ending.exec(other)?.[1] && ending.test(one) && !one.endsWith('.d'));
}

/** Copies the content of a folder into `target`, which exists. */
function layContent(folder: ContextEntry, target: string, step: CopyStep, context: Context, image: ImageTree, laid: Laid): void {
  if (folder.kind === 'closed') return layClosed(folder, target, false, step, image, laid);
  for (const name of context.names(folder.path)) {
    const entry = context.at(folder.path === '' ? name : `${folder.path}/${name}`)!;
    const place = below(target, name);
    if (entry.kind === 'closed') layClosed(entry, place, true, step, image, laid);
    else lay(entry, place, step, image, laid, false);
    if (entry.kind === 'folder') layContent(entry, place, step, context, image, laid);
  }
}

function lay(entry: ContextEntry, place: string, step: CopyStep, image: ImageTree, laid: Laid, mustBePlain: boolean): void {
  const { uid, gid, mode } = step;
  refuseWhiteout(place);
  fits(entry.kind === 'folder' ? 'folder' : 'file', place, image);
  if (entry.kind === 'folder') {
    const folder = { kind: 'folder' as const, uid, gid, mode: mode ?? 0o755 };
    laid.set(place, { ...folder, path: place });
    image.put(place, folder);
  } else if (entry.kind === 'link') {
    laid.set(place, { kind: 'link', path: place, uid, gid, target: entry.target });
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
    laid.set(place, mustBePlain ? { ...file, mustBePlain } : file);
    image.put(place, { kind: 'file' });
  }
}

/** A closed folder can be copied only where nothing exists: what it would overwrite is not listed. */
function layClosed(entry: ContextEntry, place: string, withRoot: boolean, step: CopyStep, image: ImageTree, laid: Laid): void {
  refuseWhiteout(place);
  if (withRoot && image.at(place)) throw new AsksToOpen(entry.path);
  const { uid, gid, mode: chmod } = step;
  // If only its content is copied, the folder itself has an entry of its own.
  const key = withRoot ? place : `${place}/`;
  laid.set(key, { kind: 'closed', path: place, uid, gid, source: entry.path, withRoot, ...(chmod !== undefined && { chmod }) });
  image.put(place, { kind: 'closed', source: entry.path, uid, gid, mode: withRoot ? (chmod ?? 0o755) : 0o755 });
}

/** Creates missing parent folders. */
function makeFolders(place: string, { uid, gid }: Owner, image: ImageTree, laid: Laid): void {
  for (const folder of wayTo(place)) {
    const there = image.at(folder);
    openFor(there);
    if (there && there.kind !== 'folder') throw new Error(`${folder} is in the image already, and is not a folder`);
    if (there) continue;
    refuseWhiteout(folder);
    laid.set(folder, { kind: 'folder', path: folder, uid, gid, mode: 0o755 });
    image.put(folder, { kind: 'folder', uid, gid, mode: 0o755 });
  }
}

function fits(kind: 'folder' | 'file', place: string, image: ImageTree): void {
  const there = image.at(place);
  openFor(there);
  if (there && (there.kind === 'folder') !== (kind === 'folder') && (kind === 'folder' || there.kind === 'folder'))
    throw new Error(`${place} is a ${there.kind} in the image already, and cannot become a ${kind}`);
}

function openFor(there: Found | undefined): void {
  if (there?.kind === 'closed') throw new AsksToOpen(there.source);
}

/** In a layer, a whiteout name (`.wh.…`) deletes a file. */
function refuseWhiteout(place: string): void {
  if (nameOf(place).startsWith('.wh.')) throw new Error(`${place} would delete a file, by its name`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
