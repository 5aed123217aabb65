import { createHash } from 'node:crypto';
import { KdcubeError, normalPath, printable, quoted, unsafePath, type Problem, type TreeEntry } from '@kdcube/release';
import { gitBytes, gitStream, gitText } from './git';
import { piecesOf } from './pieces';
import { withRepair, type GitStore } from './store';
import { silent, type Log } from '../log';

/**
 * The tree id of a folder of a commit; undefined where there is no such folder. '' is the whole commit.
 * Problems: `unsafe-path` where the path climbs out or runs through a symbolic link, `submodule` where it enters one.
 */
export async function treeOf(store: GitStore, commit: string, path: string, log: Log = silent): Promise<string | undefined> {
  const why = unsafePath(path);
  if (why) throw new KdcubeError({ code: 'unsafe-path', message: `${quoted(path)} is not a place in a repository: ${why}.` });
  return withRepair(store, log, async () => {
    let tree = await gitText(store.place, ['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`]);
    const parts = normalPath(path).split('/').filter(Boolean);
    for (const [index, part] of parts.entries()) {
      const [entry] = parseTree(await gitBytes(store.place, ['ls-tree', '-z', '--full-tree', tree, '--', part])).entries;
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
      if (entry.mode !== '040000') return undefined;
      tree = entry.oid;
    }
    return tree;
  });
}

/** Everything below a tree but the folders themselves, in git's order. Problem `unsafe-name`: each name that is not UTF-8. */
export async function listTree(store: GitStore, tree: string): Promise<TreeEntry[]> {
  const { entries, problems } = parseTree(await gitBytes(store.place, ['ls-tree', '-r', '-z', '--full-tree', tree]));
  if (problems.length > 0) throw new KdcubeError(problems);
  return entries;
}

function parseTree(listed: Buffer): { entries: TreeEntry[]; problems: Problem[] } {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const entries: TreeEntry[] = [];
  const problems: Problem[] = [];
  for (let start = 0, end = listed.indexOf(0); end !== -1; start = end + 1, end = listed.indexOf(0, start)) {
    const tab = listed.indexOf(9, start);
    const [mode, , oid] = listed.toString('latin1', start, tab).split(' ');
    const name = listed.subarray(tab + 1, end);
    try {
      entries.push({ mode: mode!, oid: oid!, path: decoder.decode(name) });
    } catch {
      problems.push({
        code: 'unsafe-name',
        message: `The file name ${quoted(name.toString('latin1'))} is not UTF-8.`,
        hint: `git mv it to a name that is`,
      });
    }
  }
  return { entries, problems };
}

/** One blob while it is read. `chunks` is read before the next blob is asked for, or not at all. */
export interface Blob {
  oid: string;
  /** Bytes. */
  size: number;
  chunks: AsyncIterable<Buffer>;
}

/**
 * Reads blobs in the given order (an id may come twice), each in pieces: none is ever held in memory as a whole.
 * What was read is compared with the blob's id; a difference, like a blob that is not there, is a `command-failed`.
 */
export async function* readBlobs(store: GitStore, oids: readonly string[]): AsyncGenerator<Blob> {
  if (oids.length === 0) return;
  const input = `${oids.join('\n')}\n`;
  const source = piecesOf(gitStream(store.place, ['cat-file', '--batch'], { input }));
  try {
    for (const oid of oids) {
      const header = await source.line();
      const [id, type, length] = header.split(' ');
      if (id !== oid || type !== 'blob')
        throw new KdcubeError({ code: 'command-failed', message: `git has no file content ${oid} here: ${printable(header)}` });
      const size = Number(length);
      const chunks = checked(source.bytes(size), oid, size);
      yield { oid, size, chunks };
      for await (const rest of chunks) void rest;
      await source.line();
    }
  } finally {
    await source.close();
  }
}

async function* checked(chunks: AsyncIterable<Buffer>, oid: string, size: number): AsyncGenerator<Buffer> {
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1').update(`blob ${size}\0`);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== oid)
    throw new KdcubeError({ code: 'command-failed', message: `The content of ${oid} in git's store is damaged.` });
}
