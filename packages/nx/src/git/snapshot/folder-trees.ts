import { unsafePath, KdcubeError, quoted, normalPath } from '@kdcube/release/internal';
import * as path from 'node:path';
import * as fs from 'node:fs';
import { buildTrees, writeTrees, type IndexEntry } from './build-trees';
import type { GitContext } from '../environment';
import { copyIndex, type Overlay } from './overlay';
import { git, gitBytes } from '../git';
import { addProblem, treeIdAt, treeIdsAt, type Worktree } from '../worktree';
import type { CheckoutStatus } from '../status';
import type { GitStore } from '../mirror/store';

/** A folder of the workspace in its current state. */
export interface FolderTree {
  /** Its git tree id: the one that a commit of it would have. */
  tree: string;
  /** Whether HEAD has exactly this tree at this path. */
  committed: boolean;
}

/** A folder's tree, and where its objects can be read. */
export interface ReadableTree extends FolderTree {
  store: GitStore;
}

export interface SnapshotContext {
  workspace: Worktree;
  checkout: CheckoutStatus | undefined;
  /** Created when first needed. */
  overlay: () => Promise<Overlay>;
  /** Where to read committed objects; undefined if only `working` can be used. */
  committed: GitStore | undefined;
}

/** An unchanged folder has its tree in HEAD. All others are read with one command; one by one if git fails, or cannot tell which one is missing. */
export function readTrees(reading: SnapshotContext, folders: readonly string[]): Promise<ReadableTree | undefined>[] {
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

/** The tree of a commit of everything, with these folders in their current state; undefined if git cannot create one, or may lack parts of it. */
async function writeCommonTree(reading: SnapshotContext, folders: readonly string[]): Promise<string | undefined> {
  const { store } = await reading.overlay();
  if (!store.isComplete) return undefined;
  const context = await withIndexCopy(reading);
  if ((await git(context, addArguments(folders))).exitCode !== 0) return undefined;
  // Fails if there is a conflict elsewhere.
  const { exitCode, stdout } = await git(context, ['write-tree', '--missing-ok']);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** What git would commit of one folder, computed from its entries alone: conflicts and missing objects of a partial clone elsewhere in the repository do not matter. */
async function writeFolderTree(reading: SnapshotContext, folder: string): Promise<ReadableTree | undefined> {
  const { store, objects } = await reading.overlay();
  const context = await withIndexCopy(reading);
  const added = await git(context, addArguments([folder]));
  // An ignored folder can contain tracked files: git has added those and complains about the rest.
  if (added.exitCode !== 0 && !/did not match any files|ignored by one of your \.gitignore/.test(added.stderr))
    throw addProblem(folder, added);
  const entries = parseIndexEntries(await gitBytes(context, ['ls-files', '--stage', '-z', '--', folder || '.']), folder);
  if (entries.length === 0) return undefined;
  const trees = buildTrees(entries);
  writeTrees(objects, trees);
  const tree = trees.at(-1)!.oid;
  return { tree, committed: tree === (await treeIdAt(reading.workspace, store.context, headRevision(reading), folder)), store };
}

/** The commit that was checked out when git was read: tags and receipts do not name a later one. */
function headRevision({ checkout }: SnapshotContext): string {
  return checkout?.head ?? 'HEAD';
}

/** --sparse: files outside a sparse checkout keep their index entries. */
function addArguments(folders: readonly string[]): string[] {
  return ['add', '--all', '--sparse', '--', ...folders.map((folder) => folder || '.')];
}

/** A git context with a copy of the repository's index. */
async function withIndexCopy({ workspace, overlay }: SnapshotContext): Promise<GitContext> {
  const { store, indexName } = await overlay();
  const index = indexName();
  await copyIndex(workspace.index, index);
  return { ...store.context, env: { ...store.context.env, GIT_INDEX_FILE: index } };
}

/** latin1 preserves every byte of a name, UTF-8 or not. */
function parseIndexEntries(listed: Buffer, folder: string): IndexEntry[] {
  const skip = folder === '' ? 0 : Buffer.byteLength(folder) + 1;
  const records = listed.toString('latin1').split('\0').filter(Boolean);
  return records.map((record) => {
    const tab = record.indexOf('\t');
    const [mode, oid, stage] = record.slice(0, tab).split(' ');
    const file = record.slice(tab + 1);
    if (stage !== '0')
      throw new KdcubeError({ code: 'command-failed', message: `${quoted(file)} has an unresolved merge conflict.` });
    return { mode: mode!, oid: oid!, path: file.slice(skip) };
  });
}

function folderExists(root: string, folder: string): boolean {
  try {
    return fs.existsSync(path.join(root, safeFolder(root, folder)));
  } catch {
    return false;
  }
}

/** A folder inside the workspace as a normalized path. Problem `unsafe-path` if it leaves the workspace, or is reached through a symbolic link. */
function safeFolder(root: string, folder: string): string {
  const why = unsafePath(folder);
  if (why)
    throw new KdcubeError({ code: 'unsafe-path', message: `${quoted(folder)} is not a valid path in the workspace: ${why}.` });
  const inside = normalPath(folder);
  let place = root;
  for (const part of inside.split('/').filter(Boolean)) {
    place = path.join(place, part);
    if (!fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new KdcubeError({
      code: 'unsafe-path',
      message: `${path.relative(root, place)} is a symbolic link: git stores the link only, not the files that it points to.`,
      hint: 'name the folder that it points to, or put the files there',
    });
  }
  return inside;
}
