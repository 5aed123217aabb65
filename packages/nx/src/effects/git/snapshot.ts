import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, normalPath, quoted, unsafePath } from '@kdcube/release';
import { fileProblem, withTemporaryDir } from '../files';
import { git, gitBytes, gitText, type GitPlace } from './git';
import { checkoutRemote } from './source';
import type { GitStore } from './store';
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
  const workspace = await openWorkspace(root);
  return withTemporaryDir(async (dir) => {
    const objects = path.join(dir, 'objects');
    await fs.promises.mkdir(objects);
    const place: GitPlace = {
      cwd: workspace.root,
      env: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(workspace.objects) },
    };
    // Only a partial clone needs it: for files that a sparse checkout left out, and for what git looks up in old commits.
    const remote = await checkoutRemote(workspace.root, place);
    const reading = remote?.place ?? place;
    let count = 0;
    return work({
      tree: (folder) => treeOfFolder(workspace, reading, path.join(dir, `index-${(count += 1)}`), folder),
      store: { place: reading, remote },
    });
  });
}

async function treeOfFolder(
  workspace: Workspace,
  place: GitPlace,
  index: string,
  folder: string,
): Promise<WorkspaceTree | undefined> {
  const inside = await safeFolder(workspace.root, folder);
  await copyIndex(workspace.index, index);
  const working = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
  // --sparse: files outside a sparse checkout keep what the index says of them.
  const added = await git(working, ['add', '--all', '--sparse', '--', inside || '.']);
  // An ignored folder can hold tracked files: git has taken those and complains about the rest.
  if (added.exitCode !== 0 && !/did not match any files|ignored by one of your \.gitignore/.test(added.stderr))
    throw addFailed(inside, added);
  const listed = await gitBytes(working, ['ls-files', '--stage', '-z', '--', inside || '.']);
  const tree = await writeTree(place, `${index}-folder`, listed, inside === '' ? '' : `${inside}/`);
  return tree === undefined ? undefined : { tree, committed: tree === (await headTree(workspace, inside)) };
}

/**
 * The tree of the listed entries alone, through an index that holds nothing else: conflicts, and objects that a partial clone lacks,
 * elsewhere in the repository are then no matter.
 */
async function writeTree(place: GitPlace, index: string, listed: Buffer, prefix: string): Promise<string | undefined> {
  // latin1 keeps every byte of a name as it is, UTF-8 or not.
  const records = listed.toString('latin1').split('\0').filter(Boolean);
  if (records.length === 0) return undefined;
  const skip = Buffer.from(prefix).length;
  const lines = records.map((record) => {
    const tab = record.indexOf('\t');
    return `${record.slice(0, tab)}\t${record.slice(tab + 1 + skip)}\0`;
  });
  const own = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
  await gitBytes(own, ['update-index', '-z', '--index-info'], { input: Buffer.from(lines.join(''), 'latin1') });
  return gitText(own, ['write-tree', '--missing-ok']);
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

/** A folder inside the workspace in one spelling. Problem `unsafe-path` where it climbs out, or is reached through a symbolic link. */
async function safeFolder(root: string, folder: string): Promise<string> {
  const why = unsafePath(folder);
  if (why) throw new KdcubeError({ code: 'unsafe-path', message: `${quoted(folder)} is not a place in the workspace: ${why}.` });
  const inside = normalPath(folder);
  let place = root;
  for (const part of inside.split('/').filter(Boolean)) {
    place = path.join(place, part);
    const stat = await fs.promises.lstat(place).catch(() => undefined);
    if (!stat?.isSymbolicLink()) continue;
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
