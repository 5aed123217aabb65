import {
  type ContextEntry,
  type Ignore,
  type LayerEntry,
  type Place,
  type PlannedLayer,
  type StagePlan,
  byPath,
  KdcubeError,
  quoted,
} from '@kdcube/release/internal';
import type { GitStore } from '../git/mirror/store';
import { readBlobs } from '../git/blobs';
import type { Log } from '../system/log';
import type { TarEntry } from './layer/tar';
import { planTree } from '../workspace/stage';

/** A git tree as a part of a build context. */
export interface ContextTree {
  /** Its path in the context; '' is the root. */
  path: string;
  tree: string;
  /** Called only if its content must be read. */
  open(): Promise<GitStore>;
  /** Its name in messages. */
  subject: string;
  at?: Place;
}

/** A build context of git trees. The tree at '' is listed; the others stay closed until an instruction depends on their content. */
export interface OpenContext {
  entries: ContextEntry[];
  /** Lists a closed tree. */
  open(folder: string): Promise<void>;
  /** Everything that determines the bytes of a layer with these entries. */
  contentOf(entries: readonly LayerEntry[]): unknown;
  /** The entries of a layer and their parent folders, in tar order; none if .dockerignore excludes everything. */
  tarEntries(entries: readonly LayerEntry[], above: PlannedLayer['above']): AsyncGenerator<TarEntry>;
  /** Up to 512 first bytes of a file of the context. */
  head(source: string): Promise<Buffer>;
}

interface Blob {
  oid: string;
  tree: ContextTree;
}

export async function openContext(trees: readonly ContextTree[], ignore: Ignore, log: Log): Promise<OpenContext> {
  const blobs = new Map<string, Blob>();
  const listed: ContextEntry[] = [];
  const closed = new Map(trees.filter((tree) => tree.path !== '').map((tree) => [tree.path, tree]));
  const list = async (tree: ContextTree): Promise<void> => {
    const plan = await planOf(tree, log);
    const at = (path: string): string => (tree.path === '' ? path : `${tree.path}/${path}`);
    for (const { path, oid } of plan.files) blobs.set(at(path), { oid, tree });
    if (tree.path !== '') listed.push({ path: tree.path, kind: 'folder' });
    for (const path of plan.folders) listed.push({ path: at(path), kind: 'folder' });
    for (const { path, executable } of plan.files) listed.push({ path: at(path), kind: 'file', executable });
    for (const { path, target } of plan.links) listed.push({ path: at(path), kind: 'link', target });
  };
  for (const tree of trees.filter(({ path }) => path === '')) await list(tree);
  const blobOf = (source: string): Blob => blobs.get(source)!;
  return {
    get entries() {
      return [...listed, ...[...closed.keys()].map((path): ContextEntry => ({ path, kind: 'closed' }))];
    },
    async open(folder) {
      const tree = closed.get(folder)!;
      closed.delete(folder);
      await list(tree);
    },
    contentOf: (entries) => entries.map((entry) => contentOf(entry, blobOf, closed, ignore)),
    async *tarEntries(entries, above) {
      const flat: ResolvedEntry[] = [];
      for (const entry of entries)
        flat.push(
          ...(entry.kind === 'closed'
            ? await listClosed(entry, closed.get(entry.source)!, ignore, log)
            : [resolveEntry(entry, blobOf)]),
        );
      if (flat.length === 0) return;
      const own = new Set(flat.map(({ path }) => path));
      flat.push(...above.map((folder) => resolveEntry(folder, blobOf)).filter(({ path }) => !own.has(path)));
      yield* withContent(flat.sort(byPath));
    },
    async head(source) {
      const { oid, tree } = blobOf(source);
      for await (const { chunks } of readBlobs(await tree.open(), [oid])) return firstBytes(chunks);
      return Buffer.alloc(0);
    },
  };
}

/** A layer entry with the git blob of its content. */
type ResolvedEntry = { path: string; uid: number; gid: number } & (
  { kind: 'folder'; mode: number } | { kind: 'link'; target: string } | { kind: 'file'; mode: number; blob: Blob }
);

/** A closed tree is identified by its id, without listing it. */
function contentOf(
  entry: LayerEntry,
  blobOf: (source: string) => Blob,
  closed: ReadonlyMap<string, ContextTree>,
  ignore: Ignore,
): unknown {
  const { kind, path, uid, gid } = entry;
  if (kind === 'folder') return [kind, path, uid, gid, entry.mode];
  if (kind === 'link') return [kind, path, uid, gid, entry.target];
  if (kind === 'file') return [kind, path, uid, gid, entry.mode, blobOf(entry.source).oid];
  const ignored = ignore.patterns.length > 0 ? [entry.source, ignore.patterns] : [];
  return ['tree', path, uid, gid, entry.chmod ?? null, entry.withRoot, closed.get(entry.source)!.tree, ...ignored];
}

function resolveEntry(entry: Exclude<LayerEntry, { kind: 'closed' }>, blobOf: (source: string) => Blob): ResolvedEntry {
  const { uid, gid } = entry;
  const path = entry.path.slice(1);
  if (entry.kind === 'folder') return { kind: 'folder', path, uid, gid, mode: entry.mode };
  if (entry.kind === 'link') return { kind: 'link', path, uid, gid, target: entry.target };
  return { kind: 'file', path, uid, gid, mode: entry.mode, blob: blobOf(entry.source) };
}

/** The entries of a closed tree that .dockerignore does not exclude. */
async function listClosed(
  entry: Extract<LayerEntry, { kind: 'closed' }>,
  tree: ContextTree,
  ignore: Ignore,
  log: Log,
): Promise<ResolvedEntry[]> {
  const { uid, gid, chmod } = entry;
  const plan = await planOf(tree, log);
  refuseWhiteouts(plan, tree);
  const isIncluded = ({ path }: { path: string }): boolean => !ignore.excludes(`${tree.path}/${path}`);
  const files = plan.files.filter(isIncluded);
  const links = plan.links.filter(isIncluded);
  const inside = [...files, ...links].map(({ path }) => `${path}/`);
  const folders = plan.folders.filter((path) => isIncluded({ path }) || inside.some((each) => each.startsWith(`${path}/`)));
  const root = entry.path === '/' ? '' : entry.path.slice(1);
  const at = (path: string): string => (root === '' ? path : `${root}/${path}`);
  return [
    ...(entry.withRoot ? [{ kind: 'folder' as const, path: root, uid, gid, mode: chmod ?? 0o755 }] : []),
    ...folders.map((path) => ({ kind: 'folder' as const, path: at(path), uid, gid, mode: chmod ?? 0o755 })),
    ...links.map(({ path, target }) => ({ kind: 'link' as const, path: at(path), uid, gid, target })),
    ...files.map(({ path, oid, executable }) => ({
      kind: 'file' as const,
      path: at(path),
      uid,
      gid,
      mode: chmod ?? (executable ? 0o755 : 0o644),
      blob: { oid, tree },
    })),
  ];
}

/** Adds the content of files, read on demand: one `git cat-file` for consecutive files of one tree. */
async function* withContent(entries: readonly ResolvedEntry[]): AsyncGenerator<TarEntry> {
  for (let index = 0; index < entries.length;) {
    const first = entries[index]!;
    if (first.kind !== 'file') {
      yield first;
      index += 1;
      continue;
    }
    const end = entries.findIndex((entry, at) => at > index && entry.kind === 'file' && entry.blob.tree !== first.blob.tree);
    const run = entries.slice(index, end === -1 ? undefined : end);
    const blobs = readBlobs(
      await first.blob.tree.open(),
      run.flatMap((entry) => (entry.kind === 'file' ? [entry.blob.oid] : [])),
    );
    try {
      for (const entry of run) {
        if (entry.kind !== 'file') yield entry;
        else {
          const { value: blob } = (await blobs.next()) as { value: { size: number; chunks: AsyncIterable<Buffer> } };
          const { path, uid, gid, mode } = entry;
          yield { kind: 'file', path, uid, gid, mode, size: blob.size, chunks: blob.chunks };
        }
      }
    } finally {
      await blobs.return(undefined);
    }
    index += run.length;
  }
}

/** Rejects whiteout names: in a layer, such a name (`.wh.…`) deletes a file. */
function refuseWhiteouts({ files, links, folders }: StagePlan, { subject, at }: ContextTree): void {
  const found = [...folders, ...[...files, ...links].map(({ path }) => path)].find((path) => /(?:^|\/)\.wh\./.test(path));
  if (found === undefined) return;
  throw new KdcubeError({
    code: 'unsafe-name',
    message: `${subject}: ${quoted(found)} is a whiteout name, which would delete a file of the image.`,
    at,
  });
}

async function planOf(tree: ContextTree, log: Log): Promise<StagePlan> {
  return planTree(await tree.open(), tree.tree, { subject: tree.subject, at: tree.at, log });
}

async function firstBytes(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) {
    all.push(chunk);
    if (all.reduce((sum, { length }) => sum + length, 0) >= 512) break;
  }
  return Buffer.concat(all).subarray(0, 512);
}
