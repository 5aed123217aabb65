import { isCommit, KdcubeError, normalPath, quoted, unsafePath, type Problem, type TreeEntry } from '@kdcube/release/internal';
import { type GitContext } from './environment';
import { objectReader } from './objects';
import { type GitObject } from './cat-file';
import { withRepair, type GitStore } from './mirror/store';
import { silentLog, type Log } from '../system/log';

/**
 * The tree id of a folder of a commit; undefined where there is no such folder. '' is the whole commit.
 * Problems: `unsafe-path` where the path climbs out or runs through a symbolic link, `submodule` where it enters one.
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

/** Everything below a tree, or the tree of a commit, but the folders themselves, in git's order. Problem `unsafe-name`: each name that is not UTF-8. */
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

/** The folders in a folder, by name: the ids of their trees. Undefined where git has no folder `name` there. A name is one line. */
export async function readSubfolders(
  context: GitContext,
  name: string,
): Promise<((folder: string) => string | undefined) | undefined> {
  const [found] = await objectReader(context).read([name]);
  if (found?.type !== 'tree') return undefined;
  // latin1 keeps every byte of a name as it is, UTF-8 or not.
  const rows = parseTree(found.content, found.oid).filter(({ mode }) => mode === TREE_MODE);
  const oids = new Map(rows.map(({ name: folder, oid }) => [folder.toString('latin1'), oid]));
  return (folder) => oids.get(Buffer.from(folder, 'utf8').toString('latin1'));
}

interface RawTreeEntry {
  mode: string;
  oid: string;
  /** A path, where rows of several folders are together. */
  name: Buffer;
}

async function listRecursively(store: GitStore, tree: string): Promise<RawTreeEntry[]> {
  const { content, oid: id } = await readTreeObject(store, tree);
  const rows = parseTree(content, id);
  const inside = await Promise.all(
    rows.map(async (row) => {
      if (row.mode !== TREE_MODE) return [row];
      const below = await listRecursively(store, row.oid);
      return below.map(({ mode, oid, name }) => ({ mode, oid, name: Buffer.concat([row.name, SLASH, name]) }));
    }),
  );
  return inside.flat();
}

const TREE_MODE = '040000';
const SLASH = Buffer.from('/');

async function readTreeObject(store: GitStore, name: string): Promise<GitObject> {
  const [found] = await objectReader(store.context).read([name]);
  if (found?.type === 'tree') return found;
  throw new KdcubeError({ code: 'command-failed', message: `The repository has no tree ${name}.` });
}

/** A tree as git keeps it: mode, name and id of each thing in it. */
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
