import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, normalPath, quoted, unsafePath } from '@kdcube/release/internal';
import { fileProblem, withTemporaryDir } from '../../system/files';
import { git, gitBytes, type GitContext } from '../git';
import { readStatus, type GitStatus, type CheckoutStatus } from '../status';
import { buildTrees, writeTrees, type IndexEntry } from './build-trees';
import { closeObjectReaders } from '../objects';
import { isPartialClone, type GitConfig } from '../config';
import { checkoutRemote } from '../mirror/source';
import type { GitStore } from '../mirror/store';
import { batched } from '../batch';
import { addProblem, changedPaths, headCommit, treeIdAt, treeIdsAt, type Worktree } from '../worktree';

/** A folder of the workspace as git sees it now. */
export interface FolderTree {
  /** Its git tree id: the one that a commit of it would have. */
  tree: string;
  /** Whether HEAD has exactly this tree at this place. */
  committed: boolean;
}

/** The same, and where its objects can be read. */
interface ReadableTree extends FolderTree {
  store: GitStore;
}

/** The workspace's files, read through git without writing anything into the repository. Valid only inside `withSnapshot`. */
export interface Snapshot {
  /** The tree of a folder relative to the workspace's root; undefined where git sees nothing in it. */
  tree(folder: string): Promise<ReadableTree | undefined>;
  /** What below these places is not as HEAD has it. */
  changed(places: readonly string[]): Promise<string[]>;
  /** The commit that is checked out; undefined before the first one. */
  head(): Promise<string | undefined>;
}

/** The tree of one folder of the workspace, when its content need not be read; see `Snapshot.tree`. */
export async function workspaceTree(root: string, folder: string): Promise<FolderTree | undefined> {
  const found = await withSnapshot(root, (snapshot) => snapshot.tree(folder));
  return found && { tree: found.tree, committed: found.committed };
}

/**
 * Opens the workspace's files as git objects for the time of `work`. What is committed is read where it is. Objects of what is not go to a temporary folder that borrows from the repository, and each
 * question uses its own copy of the index: the repository, its index and its configuration stay untouched.
 */
export async function withSnapshot<T>(
  root: string,
  work: (snapshot: Snapshot) => Promise<T>,
  status: GitStatus = readStatus(root),
): Promise<T> {
  const [workspace, settings, checkout] = await Promise.all([status.worktree, status.config, status.checkout]);
  return withTemporaryDir(async (dir) => {
    const objects = path.join(dir, 'objects');
    let opened: Promise<Overlay> | undefined;
    const overlay = (): Promise<Overlay> => (opened ??= openOverlay(objects, workspace, settings));
    // A partial clone fetches what it lacks as it is read, which would go into the repository.
    const committed: GitStore | undefined = isPartialClone(settings)
      ? undefined
      : { context: { cwd: workspace.root }, isComplete: true };
    const reading: SnapshotContext = { workspace, checkout, overlay, committed };
    try {
      return await work({
        tree: batched((folders) => readTrees(reading, folders)),
        changed: (places) => changedInSnapshot(reading, places),
        head: async () => (checkout ? checkout.head : headCommit(root)),
      });
    } finally {
      closeObjectReaders(objects);
    }
  });
}

/** Where objects of what is not committed go. */
interface Overlay {
  store: GitStore;
  objects: string;
  /** The name of an index that is not there yet. */
  indexName: () => string;
}

async function openOverlay(objects: string, workspace: Worktree, settings: GitConfig): Promise<Overlay> {
  await fs.promises.mkdir(objects);
  const context: GitContext = {
    cwd: workspace.root,
    env: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotePath(workspace.objects) },
  };
  // Only a partial clone needs it: for files that a sparse checkout left out, and for what git looks up in old commits.
  const remote = await checkoutRemote(workspace.root, { context, worktree: workspace, config: settings });
  const store = { context: remote?.context ?? context, remote, isComplete: !isPartialClone(settings) };
  let count = 0;
  return { store, objects, indexName: () => path.join(path.dirname(objects), `index-${(count += 1)}`) };
}

interface SnapshotContext {
  workspace: Worktree;
  checkout: CheckoutStatus | undefined;
  /** Made for the first who needs it. */
  overlay: () => Promise<Overlay>;
  /** Where to read what is committed; undefined where only `working` may. */
  committed: GitStore | undefined;
}

/**
 * A folder that is as HEAD has it has the tree of HEAD. All others with one look at the working files; each by itself where git refuses that, or where it could not say which one is missing.
 */
function readTrees(reading: SnapshotContext, folders: readonly string[]): Promise<ReadableTree | undefined>[] {
  const { workspace, checkout } = reading;
  const isClean = (folder: string): boolean => checkout?.changedBelow(folder)?.length === 0;
  const existing = folders.filter((folder) => !isClean(folder) && folderExists(workspace.root, folder));
  const shared = existing.length > 0 ? writeCommonTree(reading, existing) : Promise.resolve(undefined);
  let before: Promise<unknown> = shared;
  let ofCommit: ((folder: string) => Promise<ReadableTree | undefined>) | undefined;
  const alone = (folder: string): ReturnType<typeof writeFolderTree> => {
    const found = before.then(() => writeFolderTree(reading, folder));
    before = found.catch(() => undefined);
    return found;
  };
  return folders.map(async (folder) => {
    const inside = safeFolder(workspace.root, folder);
    const committed = isClean(folder) ? await (ofCommit ??= committedTrees(reading, checkout!.head))(inside) : undefined;
    if (committed) return committed;
    const whole = await shared;
    if (whole === undefined || !existing.includes(folder)) return alone(inside);
    const { store } = await reading.overlay();
    const [tree, head] = await Promise.all(
      [whole, headRevision(reading)].map((name) => treeIdAt(workspace, store.context, name, inside)),
    );
    return tree === undefined ? undefined : { tree, committed: tree === head, store };
  });
}

function committedTrees(
  { workspace, overlay, committed }: SnapshotContext,
  head: string,
): (folder: string) => Promise<ReadableTree | undefined> {
  const opened = committed ? Promise.resolve(committed) : overlay().then(({ store }) => store);
  const asked = opened.then((store) => ({ store, trees: treeIdsAt(workspace, store.context, head) }));
  return async (folder) => {
    const { store, trees } = await asked;
    const tree = await trees(folder);
    return tree === undefined ? undefined : { tree, committed: true, store };
  };
}

async function changedInSnapshot({ workspace, checkout }: SnapshotContext, places: readonly string[]): Promise<string[]> {
  const known = places.map((place) => checkout?.changedBelow(place));
  return known.every((each) => each !== undefined) ? known.flat() : changedPaths(workspace.root, places);
}

/** The tree of a commit of everything in which these folders are as they are now; undefined where git cannot make one, or may lack parts of it. */
async function writeCommonTree(reading: SnapshotContext, folders: readonly string[]): Promise<string | undefined> {
  const { store } = await reading.overlay();
  if (!store.isComplete) return undefined;
  const context = await withIndexCopy(reading);
  if ((await git(context, addArguments(folders))).exitCode !== 0) return undefined;
  // A conflict somewhere else makes it fail.
  const { exitCode, stdout } = await git(context, ['write-tree', '--missing-ok']);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/**
 * What git would commit of one folder, computed from its entries alone: conflicts, and objects that a partial clone lacks, elsewhere in the repository are then no matter.
 */
async function writeFolderTree(reading: SnapshotContext, folder: string): Promise<ReadableTree | undefined> {
  const { store, objects } = await reading.overlay();
  const context = await withIndexCopy(reading);
  const added = await git(context, addArguments([folder]));
  // An ignored folder can hold tracked files: git has taken those and complains about the rest.
  if (added.exitCode !== 0 && !/did not match any files|ignored by one of your \.gitignore/.test(added.stderr))
    throw addProblem(folder, added);
  const entries = parseIndexEntries(await gitBytes(context, ['ls-files', '--stage', '-z', '--', folder || '.']), folder);
  if (entries.length === 0) return undefined;
  const trees = buildTrees(entries);
  writeTrees(objects, trees);
  const tree = trees.at(-1)!.oid;
  return { tree, committed: tree === (await treeIdAt(reading.workspace, store.context, headRevision(reading), folder)), store };
}

/** The commit that was checked out when git was asked: one that was made since is not what tags and receipts name. */
function headRevision({ checkout }: SnapshotContext): string {
  return checkout?.head ?? 'HEAD';
}

/** --sparse: files outside a sparse checkout keep what the index says of them. */
function addArguments(folders: readonly string[]): string[] {
  return ['add', '--all', '--sparse', '--', ...folders.map((folder) => folder || '.')];
}

/** Where git works with a copy of the repository's index. */
async function withIndexCopy({ workspace, overlay }: SnapshotContext): Promise<GitContext> {
  const { store, indexName } = await overlay();
  const index = indexName();
  await copyIndex(workspace.index, index);
  return { ...store.context, env: { ...store.context.env, GIT_INDEX_FILE: index } };
}

/** latin1 keeps every byte of a name as it is, UTF-8 or not. */
function parseIndexEntries(listed: Buffer, folder: string): IndexEntry[] {
  const skip = folder === '' ? 0 : Buffer.byteLength(folder) + 1;
  const records = listed.toString('latin1').split('\0').filter(Boolean);
  return records.map((record) => {
    const tab = record.indexOf('\t');
    const [mode, oid, stage] = record.slice(0, tab).split(' ');
    const file = record.slice(tab + 1);
    if (stage !== '0') throw new KdcubeError({ code: 'command-failed', message: `git has a conflict in ${quoted(file)}.` });
    return { mode: mode!, oid: oid!, path: file.slice(skip) };
  });
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

function folderExists(root: string, folder: string): boolean {
  try {
    return fs.existsSync(path.join(root, safeFolder(root, folder)));
  } catch {
    return false;
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
function quotePath(dir: string): string {
  return `"${dir.replace(/[\\"]/g, '\\$&')}"`;
}
