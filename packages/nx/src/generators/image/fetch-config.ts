import {
  KdcubeError,
  type ProxySource,
  quoted,
  type Release,
  type TreeEntry,
  resolveRepo,
  sha256Of,
  shownUrl,
} from '@kdcube/release/internal';
import { fetchBlobs } from '../../git/mirror/fetch-blobs';
import { fetchCommit } from '../../git/mirror/fetch-commit';
import { resolveRef } from '../../git/mirror/resolve-ref';
import type { GitStore } from '../../git/mirror/store';
import { readBlobs } from '../../git/blobs';
import { listTree, resolveTree } from '../../git/tree';
import { ownRemoteUrl } from '../../git/worktree';
import { createLog, type Log, withHeartbeat } from '../../system/log';

/** Where the platform has its configurations, the first of which has a name counts: the folder of the compose file that runs everything, then the one beside managed infrastructure. */
const FOLDERS = ['all_in_one_kdcube', 'custom-ui-managed-infra', 'all_in_one'];
const DEPLOYMENT = 'app/ai-app/deployment/docker';

export interface FetchedConfig {
  content: Buffer;
  source: ProxySource;
}

/** A configuration of the platform at `platform.ref`. `wanted`: its name, or its path in the repository. Contacts the remote. */
export async function fetchConfig(root: string, { platform, repos }: Release, wanted: string): Promise<FetchedConfig> {
  const { repo, ref } = platform;
  if (repo === undefined || ref === undefined)
    throw new KdcubeError({
      code: 'missing-key',
      message:
        'The platform’s configuration is read from its repository, and release.yaml names no platform.repo or no platform.ref.',
      hint: 'platform:\n  repo: "https://github.com/kdcube/kdcube.git"\n  ref: "2026.08.19.120"',
    });
  const log = createLog();
  const remote = await ownRemoteUrl(root).catch(() => undefined);
  const source = { ...resolveRepo(repo, repos, remote), root };
  const work = async (): Promise<FetchedConfig> => {
    const { commit, kind } = await resolveRef(source, ref, log);
    if (kind === 'branch')
      throw new KdcubeError({
        code: 'mutable-ref',
        message: `${quoted(ref)} is a branch of ${shownUrl(source.url)}. A release pins a tag or a commit, so that its content does not change.`,
        hint: `ref: "${commit}"    is its current commit`,
      });
    const store = await fetchCommit(source, commit, { ref, log });
    const { path, folder, entry } = await findConfig(store, commit, wanted, { url: shownUrl(source.url), ref, log });
    await fetchBlobs(store, folder, log);
    const content = await contentOf(store, entry);
    return { content, source: { source: 1, repo, ref, commit, path, sha256: sha256Of(content) } };
  };
  return withHeartbeat(log, () => 'reading the platform’s configuration of the proxy', work());
}

interface FoundConfig {
  path: string;
  /** The tree that has it. */
  folder: string;
  entry: TreeEntry;
}

async function findConfig(
  store: GitStore,
  commit: string,
  wanted: string,
  { url, ref, log }: { url: string; ref: string; log: Log },
): Promise<FoundConfig> {
  const folders = wanted.includes('/')
    ? [wanted.slice(0, wanted.lastIndexOf('/'))]
    : FOLDERS.flatMap((name) => ['/nginx/conf', '/nginx', ''].map((below) => `${DEPLOYMENT}/${name}${below}`));
  const name = wanted.slice(wanted.lastIndexOf('/') + 1);
  const others = new Set<string>();
  for (const place of folders) {
    const folder = await resolveTree(store, commit, place, log);
    const entries = folder === undefined ? [] : (await listTree(store, folder)).filter(({ path }) => !path.includes('/'));
    const entry = entries.find(({ path, mode }) => path === name && mode.startsWith('100'));
    if (folder !== undefined && entry) return { path: `${place}/${name}`, folder, entry };
    for (const { path } of entries) if (/^nginx_proxy\w*\.conf$/.test(path)) others.add(path);
  }
  throw new KdcubeError({
    code: 'file-missing',
    message: `${url} has no ${wanted.includes('/') ? quoted(wanted) : `configuration ${quoted(name)} of the proxy`} at ${quoted(ref)}.`,
    hint:
      others.size > 0
        ? [...others].map((other) => `--config=${other}`).join('    ')
        : '--config=<its path in the platform’s repository>',
  });
}

async function contentOf(store: GitStore, { oid }: TreeEntry): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const { chunks } of readBlobs(store, [oid])) for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
