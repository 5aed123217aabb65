import { createHash } from 'node:crypto';
import {
  isCommit,
  KdcubeError,
  LIMITS,
  longPath,
  normalPath,
  quoted,
  unsafePath,
  type Problem,
  type TreeEntry,
} from '@kdcube/release/internal';
import { type GitContext } from './environment';
import { objectReader } from './objects';
import { type GitObject } from './cat-file';
import { withRepair, type GitStore } from './mirror/store';
import { silentLog, type Log } from '../system/log';

/**
 * The tree id of a folder of a commit; undefined if there is no such folder. '' is the whole commit. Problems: `unsafe-path` if the path
 * leaves the repository or contains a symbolic link, `submodule` if it enters one.
 */
export async function resolveTree(
  store: GitStore,
  commit: string,
  path: string,
  log: Log = silentLog,
): Promise<string | undefined> {
  const why = unsafePath(path);
  if (why)
    throw new KdcubeError({ code: 'unsafe-path', message: `${quoted(path)} is not a valid path in a repository: ${why}.` });
  return withRepair(store, log, async () => {
    let tree = `${commit}^{tree}`;
    const parts = normalPath(path).split('/').filter(Boolean);
    for (const [index, part] of parts.entries()) {
      const { content, oid: folder } = await readTreeObject(store, tree);
      tree = folder;
      const entry = parseTree(content, folder).find(({ name }) => name.equals(Buffer.from(part, 'utf8')));
      if (!entry) return undefined;
      const here = parts.slice(0, index + 1).join('/');
      if (entry.mode === '120000') {
        throw new KdcubeError({
          code: 'unsafe-path',
          message: `${quoted(here)} is a symbolic link in commit ${commit.slice(0, 12)}, not a folder.`,
          hint: 'name the folder that it points to',
        });
      }
      if (entry.mode === '160000')
        throw new KdcubeError({
          code: 'submodule',
          message: `${quoted(here)} is a submodule. Its files are in another repository.`,
          hint: 'name that repository',
        });
      if (entry.mode !== TREE_MODE) return undefined;
      tree = entry.oid;
    }
    return isCommit(tree) ? tree : (await readTreeObject(store, tree)).oid;
  });
}

/**
 * Everything below a tree, or the tree of a commit, except the folders themselves, in git's order. Problems: `unsafe-name`: each name that
 * is not UTF-8, and the first path that is too long; `limit-exceeded`. Limits are checked while folders are read: a few objects can list
 * millions of files.
 */
export async function listTree(store: GitStore, tree: string): Promise<TreeEntry[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const problems: Problem[] = [];
  const entries: TreeEntry[] = [];
  for (const { mode, oid, name } of await listRecursively(store, `${tree}^{tree}`)) {
    try {
      entries.push({ mode, oid, path: decoder.decode(name) });
    } catch {
      problems.push({
        code: 'unsafe-name',
        message: `The file name ${quoted(name.toString('latin1'))} is not UTF-8.`,
        hint: `git mv it to a name that is`,
      });
    }
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  return entries;
}

/** The tree ids of the folders in a folder, by name. Undefined if git has no folder `name`. A name is one line. */
export async function readSubfolders(
  context: GitContext,
  name: string,
): Promise<((folder: string) => string | undefined) | undefined> {
  const [found] = await objectReader(context).read([name]);
  if (found?.type !== 'tree') return undefined;
  // latin1 preserves every byte of a name, UTF-8 or not.
  const rows = parseTree(found.content, found.oid).filter(({ mode }) => mode === TREE_MODE);
  const oids = new Map(rows.map(({ name: folder, oid }) => [folder.toString('latin1'), oid]));
  return (folder) => oids.get(Buffer.from(folder, 'utf8').toString('latin1'));
}

interface RawTreeEntry {
  mode: string;
  oid: string;
  /** A path, if rows of several folders are combined. */
  name: Buffer;
}

async function listRecursively(store: GitStore, name: string): Promise<RawTreeEntry[]> {
  const { root, trees } = await readTrees(store, name);
  requireCount(root, trees);
  return entriesOf(root, EMPTY, trees);
}

/** The rows of each folder, by its tree id. */
type Trees = ReadonlyMap<string, readonly RawTreeEntry[]>;

/** Reads each tree once, however often it is listed. */
async function readTrees(store: GitStore, name: string): Promise<{ root: string; trees: Trees }> {
  const trees = new Map<string, readonly RawTreeEntry[]>();
  const first = await readTreeObject(store, name);
  let level = [first];
  for (let depth = 1, rows = 0; level.length > 0; depth += 1) {
    // Each level has at least a letter and a slash.
    if (2 * depth > LIMITS.pathBytes.max) throw tooLong(Buffer.from('x/'.repeat(depth)));
    for (const { oid, content } of level) trees.set(oid, parseTree(content, oid));
    const listed = level.flatMap(({ oid }) => trees.get(oid)!);
    rows += listed.length;
    if (rows > MAX_ENTRIES) throw tooMany();
    const next = new Set(listed.filter(({ mode, oid }) => mode === TREE_MODE && !trees.has(oid)).map(({ oid }) => oid));
    level = await Promise.all([...next].map((oid) => readTreeObject(store, oid)));
  }
  return { root: first.oid, trees };
}

/** Checks the number of entries without listing the trees. */
function requireCount(root: string, trees: Trees): void {
  const counts = new Map<string, number>();
  const countOf = (oid: string): number => {
    const known = counts.get(oid);
    if (known !== undefined) return known;
    const rows = trees.get(oid)!;
    const count = rows.reduce((sum, row) => sum + (row.mode === TREE_MODE ? countOf(row.oid) : 0), rows.length);
    if (count > MAX_ENTRIES) throw tooMany();
    counts.set(oid, count);
    return count;
  };
  countOf(root);
}

function entriesOf(tree: string, path: Buffer, trees: Trees): RawTreeEntry[] {
  return trees.get(tree)!.flatMap(({ mode, oid, name }) => {
    const place = path.length === 0 ? name : Buffer.concat([path, SLASH, name]);
    if (place.length > LIMITS.pathBytes.max) throw tooLong(place);
    return mode === TREE_MODE ? entriesOf(oid, place, trees) : [{ mode, oid, name: place }];
  });
}

const MAX_ENTRIES = LIMITS.treeEntries.max;
const EMPTY = Buffer.alloc(0);

function tooMany(): KdcubeError {
  return new KdcubeError({
    code: 'limit-exceeded',
    message: `This folder has more than ${MAX_ENTRIES} files and folders.`,
    hint: 'git rm -r --cached what was generated or installed, and list it in .gitignore',
  });
}

function tooLong(path: Buffer): KdcubeError {
  const text = path.toString();
  return new KdcubeError({
    code: 'unsafe-name',
    message: `The path of ${quoted(text)} is too long: ${longPath(text) ?? 'no container runtime unpacks it'}.`,
    hint: 'move it up with git mv',
  });
}

const TREE_MODE = '040000';
const SLASH = Buffer.from('/');

async function readTreeObject(store: GitStore, name: string): Promise<GitObject> {
  const [found] = await objectReader(store.context).read([name]);
  if (found?.type === 'tree' && found.size > LIMITS.treeObjectBytes.max)
    throw new KdcubeError({
      code: 'limit-exceeded',
      message: `A folder in git has ${found.size} bytes of names. At most ${LIMITS.treeObjectBytes.max} are read.`,
    });
  if (found?.type === 'tree') return requireIntact(found);
  throw new KdcubeError({ code: 'command-failed', message: `The repository has no tree ${name}.` });
}

/** git does not verify objects against the requested id, and a mirror is in a cache folder. */
function requireIntact(object: GitObject): GitObject {
  const { oid, type, content } = object;
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1')
    .update(`${type} ${content.length}\0`)
    .update(content);
  if (hash.digest('hex') === oid) return object;
  throw new KdcubeError({ code: 'command-failed', message: `The content of ${oid} in git's store is damaged.` });
}

/** Parses a tree object: the mode, name and id of each entry. */
function parseTree(content: Buffer, tree: string): RawTreeEntry[] {
  const length = tree.length / 2;
  const rows: RawTreeEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    if (space === -1 || end === -1 || end + 1 + length > content.length)
      throw new KdcubeError({ code: 'command-failed', message: `The git object ${tree} is corrupt.` });
    const mode = content.toString('latin1', at, space).padStart(6, '0');
    const oid = content.toString('hex', end + 1, end + 1 + length);
    rows.push({ mode, oid, name: content.subarray(space + 1, end) });
    at = end + 1 + length;
  }
  return rows;
}
