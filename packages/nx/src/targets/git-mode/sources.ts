import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  type Environment,
  KdcubeError,
  type Problem,
  quoted,
  sameRepo,
  withoutSecrets,
  type WorkspaceBundle,
  type WorkspaceSource,
} from '@kdcube/release/internal';
import { gitText } from '../../git/git';
import { UNSHALLOW } from '../../git/shallow';
import { headCommit, openWorktree } from '../../git/worktree';
import { withSnapshot } from '../../git/snapshot/snapshot';
import type { Log } from '../../system/log';
import { settleAll } from '../../system/parallel';
import { findBundle, type FoundBundle } from '../../workspace/bundles';
import type { OpenRelease } from '../../workspace/workspace';

export interface WorkspaceSources {
  sources: Map<string, WorkspaceSource>;
  notes: Problem[];
}

/**
 * Where the platform clones the workspace bundles from: this repository, each at the last commit that changed its folder, so that other commits restart nothing. Problems `not-committed` and
 * `unknown-repo`.
 */
export async function workspaceSources(
  open: OpenRelease,
  { bundles }: Pick<Environment, 'bundles'>,
  log: Log,
): Promise<WorkspaceSources> {
  const own = open.release.bundles.filter((bundle) => bundle.kind === 'workspace');
  if (own.length === 0) return { sources: new Map(), notes: [] };
  const written = bundles.git.repo;
  const named = repoOf(open);
  const repo = written ?? named ?? (open.ownRemote && withoutSecrets(open.ownRemote));
  const found = await withSnapshot(open.root, (snapshot) =>
    settleAll(own.map((bundle) => findBundle(open, bundle, snapshot, { offline: true, log }))),
  );
  const problems = found.filter(({ committed }) => !committed).map(uncommitted);
  if (repo === undefined) problems.push(noRemote(own[0]!));
  if (problems.length > 0) throw new KdcubeError(problems);
  const { prefix } = await openWorktree(open.root);
  const entries = found.map(async ({ content: { id }, place }): Promise<[string, WorkspaceSource]> => [
    id,
    { repo: repo!, commit: await lastCommit(open.root, place), path: `${prefix}${place}` },
  ]);
  const sources = new Map(await settleAll(entries));
  const boundary = await shallowCommits(open.root);
  const unsure = [...sources].filter(([, { commit }]) => boundary.has(commit)).map(([id]) => id);
  return {
    sources,
    notes: [
      ...(written === undefined && named === undefined ? [fromRemote(repo!)] : []),
      ...(unsure.length > 0 ? [historyMissing(unsure)] : []),
    ],
  };
}

/** The commits at which the history of a shallow clone ends: for git, each of them changes every file. */
async function shallowCommits(root: string): Promise<ReadonlySet<string>> {
  const file = await gitText({ cwd: root }, ['rev-parse', '--git-path', 'shallow']);
  const text = await fs.promises.readFile(path.resolve(root, file), 'utf8').catch(() => '');
  return new Set(text.split('\n').filter(Boolean));
}

function historyMissing(ids: readonly string[]): Problem {
  return {
    code: 'git-mode',
    message: `This checkout is shallow, and its history does not reach the last change of ${ids.map(quoted).join(', ')}: a commit that did not change the bundle is cloned, and every commit changes it.`,
    hint: UNSHALLOW,
  };
}

/** In `repos:`, the URL is the same for everybody. */
function repoOf({ release, ownRemote }: OpenRelease): string | undefined {
  const url = ownRemote && Object.values(release.repos).find((each) => sameRepo(each, ownRemote));
  return url && withoutSecrets(url);
}

async function lastCommit(root: string, place: string): Promise<string> {
  const commit = await gitText({ cwd: root }, ['log', '-1', '--format=%H', 'HEAD', '--', place]);
  return commit || (await headCommit(root))!;
}

function uncommitted({ place, content: { id } }: FoundBundle): Problem {
  return {
    code: 'not-committed',
    message: `${place} has uncommitted changes: in git mode the platform clones commits, and ${quoted(id)} would run without them.`,
    hint: `git add ${place} && git commit && git push`,
    at: { file: place },
  };
}

function noRemote({ id }: WorkspaceBundle): Problem {
  return {
    code: 'unknown-repo',
    message: `${quoted(id)} is a workspace bundle, and this repository has no remote: in git mode the platform needs a URL to clone it from.`,
    hint: 'bundles:\n  git:\n    repo: https://git.example.com/org/repo.git',
  };
}

function fromRemote(repo: string): Problem {
  return {
    code: 'git-mode',
    message: `Workspace bundles are cloned from ${repo}, the remote of this checkout. A checkout with another form of this URL gives another descriptor.`,
    hint: `bundles:\n  git:\n    repo: ${repo}`,
  };
}
