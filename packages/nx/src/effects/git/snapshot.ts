import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, normalPath, quoted, unsafePath } from '@kdcube/release';
import { fileProblem, withTemporaryDir } from '../files';
import { git, gitBytes, type GitPlace } from './git';
import { makeTrees, writeTrees, type IndexEntry } from './make-tree';
import { closeObjects } from './objects';
import { isPartial, settingsAt } from './settings';
import { checkoutRemote } from './source';
import type { GitStore } from './store';
import { together } from './together';
import { addFailed, headTree, openWorkspace, type Workspace } from './workspace';

/** A folder of the workspace as git sees it now. */
export interface WorkspaceTree {
  /** Its git tree id: the one that a commit of it would have. */
  tree: string;
  /** Whether HEAD has exactly this tree at this place. */
  committed: boolean;
}

/** The workspace's files, read through git without writing anything into the repository. Valid only inside `withSnapshot`. */
export interface Snapshot {
  /** The tree of a folder relative to the workspace's root; undefined where git sees nothing in it. */
  tree(folder: string): Promise<WorkspaceTree | undefined>;
  /** Where the objects of these trees can be read. */
  store: GitStore;
}

/** The tree of one folder of the workspace, when its content need not be read; see `Snapshot.tree`. */
export function workspaceTree(root: string, folder: string): Promise<WorkspaceTree | undefined> {
  return withSnapshot(root, (snapshot) => snapshot.tree(folder));
}

/**
 * Opens the workspace's files as git objects for the time of `work`. New objects go to a temporary folder that borrows from the
 * repository, and each question uses its own copy of the index: the repository, its index and its configuration stay untouched.
 */
export async function withSnapshot<T>(root: string, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const [workspace, settings] = await Promise.all([openWorkspace(root), settingsAt({ cwd: path.resolve(root) })]);
  return withTemporaryDir(async (dir) => {
    const objects = path.join(dir, 'objects');
    await fs.promises.mkdir(objects);
    const place: GitPlace = {
      cwd: workspace.root,
      env: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(workspace.objects) },
    };
    // Only a partial clone needs it: for files that a sparse checkout left out, and for what git looks up in old commits.
    const remote = await checkoutRemote(workspace.root, { place, workspace, settings });
    const store: GitStore = { place: remote?.place ?? place, remote, isWhole: !isPartial(settings) };
    let count = 0;
    const reading: Reading = { workspace, store, objects, freshIndex: () => path.join(dir, `index-${(count += 1)}`) };
    try {
      return await work({ tree: together((folders) => treesOf(reading, folders)), store });
    } finally {
      closeObjects(objects);
    }
  });
}

interface Reading {
  workspace: Workspace;
  store: GitStore;
  /** Where new objects go. */
  objects: string;
  /** The name of an index that is not there yet. */
  freshIndex: () => string;
}

/** All folders with one look at the working files. Where git refuses one of them, each is looked at by itself. */
function treesOf(reading: Reading, folders: readonly string[]): Promise<WorkspaceTree | undefined>[] {
  const { root } = reading.workspace;
  const named = folders.map((folder) => isSafe(root, folder)).filter((inside) => inside !== undefined);
  const shared = named.length > 1 ? entriesOf(reading, named, false) : undefined;
  let before: Promise<unknown> = Promise.resolve();
  const alone = (inside: string): ReturnType<typeof entriesOf> => {
    const entries = before.then(() => entriesOf(reading, [inside], true));
    before = entries.catch(() => undefined);
    return entries;
  };
  return folders.map(async (folder) => {
    const inside = safeFolder(root, folder);
    const entries = (await shared) ?? (await alone(inside));
    return treeOfEntries(reading, inside, entries!.get(inside) ?? []);
  });
}

/** What git would commit of each folder now; undefined where it refuses one of several. */
async function entriesOf(
  { workspace, store, freshIndex }: Reading,
  folders: readonly string[],
  isAlone: boolean,
): Promise<Map<string, IndexEntry[]> | undefined> {
  const index = freshIndex();
  await copyIndex(workspace.index, index);
  const working = { ...store.place, env: { ...store.place.env, GIT_INDEX_FILE: index } };
  const named = folders.map((folder) => folder || '.');
  // --sparse: files outside a sparse checkout keep what the index says of them.
  const added = await git(working, ['add', '--all', '--sparse', '--', ...named]);
  if (added.exitCode !== 0 && !isAlone) return undefined;
  // An ignored folder can hold tracked files: git has taken those and complains about the rest.
  if (added.exitCode !== 0 && !/did not match any files|ignored by one of your \.gitignore/.test(added.stderr))
    throw addFailed(folders[0]!, added);
  return byFolder(await gitBytes(working, ['ls-files', '--stage', '-z', '--', ...named]), folders);
}

/** latin1 keeps every byte of a name as it is, UTF-8 or not. */
function byFolder(listed: Buffer, folders: readonly string[]): Map<string, IndexEntry[]> {
  const wanted = new Map(folders.map((folder) => [Buffer.from(folder).toString('latin1'), folder]));
  const found = new Map<string, IndexEntry[]>(folders.map((folder) => [folder, []]));
  for (const record of listed.toString('latin1').split('\0').filter(Boolean)) {
    const tab = record.indexOf('\t');
    const [mode, oid, stage] = record.slice(0, tab).split(' ');
    const file = record.slice(tab + 1);
    if (stage !== '0') throw new KdcubeError({ code: 'command-failed', message: `git has a conflict in ${quoted(file)}.` });
    for (let end = -1; ;) {
      const folder = wanted.get(end === -1 ? '' : file.slice(0, end));
      if (folder !== undefined) found.get(folder)!.push({ mode: mode!, oid: oid!, path: file.slice(end + 1) });
      end = file.indexOf('/', end + 1);
      if (end === -1) break;
    }
  }
  return found;
}

async function treeOfEntries(
  { workspace, store, objects }: Reading,
  folder: string,
  entries: readonly IndexEntry[],
): Promise<WorkspaceTree | undefined> {
  if (entries.length === 0) return undefined;
  const trees = makeTrees(entries);
  const tree = trees.at(-1)!.oid;
  const committed = tree === (await headTree(workspace, store.place, folder));
  // What HEAD has can be read; a partial clone may have to fetch even that.
  if (!committed || !store.isWhole) writeTrees(objects, trees);
  return { tree, committed };
}

/**
 * git trusts a file's times unless the index is as old as the file. A copy must not look newer than it is, or changes of
 * the same second would be missed.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  try {
    const { mtimeMs } = await fs.promises.stat(from);
    await fs.promises.copyFile(from, to);
    const time = Math.floor(mtimeMs / 1000);
    await fs.promises.utimes(to, time, time);
  } catch (error) {
    // No index: nothing was ever added.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileProblem(error, from);
  }
}

function isSafe(root: string, folder: string): string | undefined {
  try {
    return safeFolder(root, folder);
  } catch {
    return undefined;
  }
}

/** A folder inside the workspace in one spelling. Problem `unsafe-path` where it climbs out, or is reached through a symbolic link. */
function safeFolder(root: string, folder: string): string {
  const why = unsafePath(folder);
  if (why) throw new KdcubeError({ code: 'unsafe-path', message: `${quoted(folder)} is not a place in the workspace: ${why}.` });
  const inside = normalPath(folder);
  let place = root;
  for (const part of inside.split('/').filter(Boolean)) {
    place = path.join(place, part);
    if (!fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new KdcubeError({
      code: 'unsafe-path',
      message: `${path.relative(root, place)} is a symbolic link. A release takes a folder as git has it, and git has only the link.`,
      hint: 'name the folder that it points to, or put the files there',
    });
  }
  return inside;
}

/** A folder as git reads it in a list of folders, whatever its name holds. */
function quotedPath(dir: string): string {
  return `"${dir.replace(/[\\"]/g, '\\$&')}"`;
}
