import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  KdcubeError,
  LFS_LIMIT,
  LIMITS,
  planStage,
  quoted,
  type Place,
  type StagePlan,
  type TreeEntry,
} from '@kdcube/release/internal';
import { replaceDir } from '../system/files/files';
import { fetchBlobs } from '../git/mirror/fetch-blobs';
import { withRepair, type GitStore } from '../git/mirror/store';
import { listTree } from '../git/tree';
import { blobSizes, readBlobs, type BlobContent } from '../git/blobs';
import { formatBytes, silentLog, type Log } from '../system/log';

export interface Staged {
  files: number;
  bytes: number;
}

export interface StageOptions {
  /** Its name in messages: `bundle my-bundle`. Default: the tree's id. */
  subject?: string;
  /** Its place in release.yaml. */
  at?: Place;
  log?: Log;
}

/** The modification time of every staged file: the earliest that a zip file supports. */
const STAGED_TIME = new Date('1980-01-01T00:00:00Z');

/**
 * Writes a git tree into `dir`, and replaces `dir` atomically. File contents equal those in git, with the modes 644 and 755 whatever the
 * umask, and a constant time. Missing objects are fetched. Problems: those of `planStage` (all of them), those of the remote, disk-full,
 * file-error.
 */
export async function stageTree(store: GitStore, tree: string, dir: string, options: StageOptions = {}): Promise<Staged> {
  const log = options.log ?? silentLog;
  return withRepair(store, log, async () => {
    const plan = await planTree(store, tree, options);
    return replaceDir(dir, (into) => writePlan(store, plan, into));
  });
}

/** Plans what `stageTree` would write. Throws every problem of the tree. */
export async function planTree(store: GitStore, tree: string, options: StageOptions = {}): Promise<StagePlan> {
  const subject = options.subject ?? `tree ${tree.slice(0, 12)}`;
  const located = locate(subject, options.at);
  const entries = await listTree(store, tree).catch(located);
  await fetchBlobs(store, tree, options.log);
  const plan = planStage(await withTexts(store, entries).catch(located), subject, options.at);
  if (Array.isArray(plan)) throw new KdcubeError(plan);
  return plan;
}

/** Adds the bundle to the problems of its tree. */
function locate(subject: string, at: Place | undefined): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof KdcubeError)) throw error;
    const problems = error.problems.map((problem) =>
      problem.code === 'limit-exceeded' || problem.code === 'unsafe-name'
        ? { ...problem, message: `${subject}: ${problem.message}`, ...(at && { at }) }
        : problem,
    );
    throw new KdcubeError(problems, { cause: error });
  };
}

/** Adds the texts that `planStage` needs: the targets of symlinks, and the content of files small enough to be LFS pointers. */
async function withTexts(store: GitStore, entries: readonly TreeEntry[]): Promise<TreeEntry[]> {
  const blobs = entries.filter(({ mode }) => mode !== '160000');
  const sizes = await blobSizes(
    store,
    blobs.map(({ oid }) => oid),
  );
  requireSize(blobs, sizes);
  const small = (oid: string) => sizes.get(oid)! < LFS_LIMIT;
  const texts = new Map<string, string>();
  for await (const { oid, chunks } of readBlobs(store, [...sizes.keys()].filter(small)))
    texts.set(oid, (await readAll(chunks)).toString('utf8'));
  // A symlink target that is too long to read gets a text that is rejected.
  return entries.map((entry) => ({
    ...entry,
    text: texts.get(entry.oid) ?? (entry.mode === '120000' ? 'x'.repeat(LFS_LIMIT) : undefined),
  }));
}

function requireSize(blobs: readonly TreeEntry[], sizes: ReadonlyMap<string, number>): void {
  const bytes = blobs.reduce((sum, { oid }) => sum + sizes.get(oid)!, 0);
  if (bytes <= LIMITS.treeBytes.max) return;
  const [largest] = [...blobs].sort((a, b) => sizes.get(b.oid)! - sizes.get(a.oid)!);
  throw new KdcubeError({
    code: 'limit-exceeded',
    message: `The files have ${formatBytes(bytes)} together. At most ${formatBytes(LIMITS.treeBytes.max)} are read. The largest is ${quoted(largest!.path)}.`,
    hint: 'let the bundle download large files when it starts',
  });
}

/** Symlinks come last, so that no file is written through one. */
async function writePlan(store: GitStore, plan: StagePlan, dir: string): Promise<Staged> {
  for (const folder of plan.folders) fs.mkdirSync(path.join(dir, folder));
  let bytes = 0;
  let next = 0;
  for await (const blob of readBlobs(
    store,
    plan.files.map(({ oid }) => oid),
  )) {
    const file = plan.files[next++]!;
    await writeBlob(path.join(dir, file.path), blob, file.executable ? 0o755 : 0o644);
    bytes += blob.size;
    // Lets signal handlers run in between.
    if (next % YIELD_EVERY === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  for (const link of plan.links) {
    await fs.promises.symlink(link.target, path.join(dir, link.path));
    await fs.promises.lutimes(path.join(dir, link.path), STAGED_TIME, STAGED_TIME);
  }
  // Inner folders first: writing into a folder changes its modification time.
  for (const folder of [...plan.folders].reverse().concat('')) {
    fs.chmodSync(path.join(dir, folder), 0o755);
    fs.utimesSync(path.join(dir, folder), STAGED_TIME, STAGED_TIME);
  }
  return { files: plan.files.length + plan.links.length, bytes };
}

/** The number of files after which the event loop runs. */
const YIELD_EVERY = 25;

/** Files up to this size are written synchronously. Bytes. */
const SMALL = 64 * 1024;

async function writeBlob(file: string, { size, chunks }: BlobContent, mode: number): Promise<void> {
  if (size <= SMALL) return writeSmall(file, await readAll(chunks), mode);
  // wx: never into an existing file.
  const handle = await fs.promises.open(file, 'wx', mode);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    // `open` applies the umask to its mode.
    await handle.chmod(mode);
    await handle.utimes(STAGED_TIME, STAGED_TIME);
  } finally {
    await handle.close();
  }
}

/** Synchronous, which is faster for small files. */
function writeSmall(file: string, content: Buffer, mode: number): void {
  const handle = fs.openSync(file, 'wx', mode);
  try {
    fs.writeFileSync(handle, content);
    fs.fchmodSync(handle, mode);
    fs.futimesSync(handle, STAGED_TIME, STAGED_TIME);
  } finally {
    fs.closeSync(handle);
  }
}

async function readAll(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
