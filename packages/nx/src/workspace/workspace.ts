import * as path from 'node:path';
import type { Workspace, WorkspaceOptions } from '@kdcube/release/internal';
import { KdcubeError, readWorkspace, requireRelease } from '@kdcube/release/internal';
import type { Bundle, BundlePin, PinnedBundle, Release, RepoAddress } from '@kdcube/release/internal';
import { bundlePinFile, requirePin, resolveRepo } from '@kdcube/release/internal';
import { diskFiles } from './disk';
import type { GitStatus } from '../git/status';
import { ownRemoteUrl } from '../git/worktree';

/** The workspace on disk, its valid release, and its git remote. */
export interface OpenRelease {
  root: string;
  workspace: Workspace;
  release: Release;
  /** Without credentials; undefined if there is no remote or no repository. */
  ownRemote?: string;
  /** Whether a pinned bundle's ref may be a branch. */
  mayFloat: boolean;
  /** What proves an image of the registry that another one is built on. */
  trust?: TrustSettings;
}

/** Options of the plugin that say which images count, if their content cannot be computed. */
interface TrustSettings {
  trustRegistry?: boolean;
  signatureKeys?: readonly string[];
}

/** Reads the workspace at `root`. Throws every problem of release.yaml at once. `gitStatus`: git queries that are already running. */
export async function openRelease(
  root: string,
  options: WorkspaceOptions & TrustSettings = {},
  gitStatus?: GitStatus,
): Promise<OpenRelease> {
  const workspace = readWorkspace(diskFiles(root), options);
  const release = requireRelease(workspace);
  const remote = await ownRemoteUrl(root, gitStatus?.config).catch((error: unknown) => {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'not-a-repository') return undefined;
    throw error;
  });
  const { trustRegistry, signatureKeys } = options;
  const mayFloat = options.mode === 'git' && options.alwaysPull === true;
  return { root: path.resolve(root), workspace, release, ownRemote: remote, mayFloat, trust: { trustRegistry, signatureKeys } };
}

/** The bundle of a project. Problem `bundle-not-found`. */
export function requireBundle(release: Release, id: string): Bundle {
  const bundle = release.bundles.find((candidate) => candidate.id === id);
  if (bundle) return bundle;
  throw new KdcubeError({
    code: 'bundle-not-found',
    message: `release.yaml has no bundle "${id}".`,
    hint: release.bundles.map((other) => other.id).join(', ') || undefined,
  });
}

/** A pinned bundle's pin, which must be up to date with release.yaml. */
export function requireBundlePin({ workspace }: Pick<OpenRelease, 'workspace'>, bundle: PinnedBundle): BundlePin {
  const found = workspace.pins.bundles.find(({ subject }) => subject.id === bundle.id);
  return requirePin(found?.pin, found?.fits ?? false, bundle.id, bundlePinFile(bundle.id));
}

/** The address of a repository in release.yaml. */
export function repoAddress(
  { release, ownRemote: remote }: Pick<OpenRelease, 'release' | 'ownRemote'>,
  repo: string,
): RepoAddress {
  return resolveRepo(repo, release.repos, remote);
}
