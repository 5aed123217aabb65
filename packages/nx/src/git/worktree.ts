import * as path from 'node:path';
import { KdcubeError, quoted, withoutSecrets } from '@kdcube/release/internal';
import { git, gitBytes, gitFailed } from './git';
import { type GitContext } from './environment';
import { objectReader } from './objects';
import { defaultRemote, readGitConfig, type GitConfig } from './config';
import { singleFlight } from './batch';
import { readSubfolders } from './tree';

/** The git checkout that contains the workspace. Paths are absolute. */
export interface Worktree {
  /** The workspace's folder, as given. */
  root: string;
  /** The workspace's path in the repository: '' or a path that ends with '/'. */
  prefix: string;
  index: string;
  objects: string;
}

/** Finds the repository around `dir`. Problem `not-a-repository` if there is none, or git does not trust its owner. */
export function openWorktree(dir: string): Promise<Worktree> {
  const root = path.resolve(dir);
  return shared(root, () => findWorktree(root));
}

const shared = singleFlight<Worktree>();

async function findWorktree(root: string): Promise<Worktree> {
  const result = await git({ cwd: root }, [
    'rev-parse',
    '--is-inside-work-tree',
    '--git-path',
    'index',
    '--git-path',
    'objects',
    '--show-prefix',
  ]);
  const [inside, index, objects, prefix] = result.stdout.toString('utf8').split('\n');
  if (result.exitCode === 0 && inside === 'true') {
    return { root, prefix: prefix!, index: path.resolve(root, index!), objects: path.resolve(root, objects!) };
  }
  if (/dubious ownership/.test(result.stderr)) {
    throw new KdcubeError({
      code: 'not-a-repository',
      message: `git refuses to read the repository around ${root}: it belongs to another user.`,
      hint: `git config --global --add safe.directory ${quoted(root)}`,
    });
  }
  throw new KdcubeError({
    code: 'not-a-repository',
    message: `${root} is not in a git repository: the content of a release is identified by its git objects.`,
    hint: 'git init && git add -A && git commit -m "first commit"',
  });
}

/** The URL of the workspace's own remote as configured, without user information. `asked`: the settings, if they were already read. */
export async function ownRemoteUrl(root: string, asked?: Promise<GitConfig>): Promise<string | undefined> {
  const settings = await (asked ?? readGitConfig({ cwd: root }));
  const name = defaultRemote(settings);
  // Without insteadOf rules, in which CI puts tokens into URLs.
  const url = name === undefined ? undefined : settings.get(`remote.${name}.url`)?.[0];
  return url ? withoutSecrets(url) : undefined;
}

/** The commit that is checked out; undefined before the first commit. */
export async function headCommit(root: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git({ cwd: root }, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** The branch that is checked out; undefined for a detached HEAD, which is usual in CI. */
export async function currentBranch(root: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git({ cwd: root }, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** The paths below `paths` (relative to `root`) that differ from HEAD: changed, deleted, new and not ignored. Empty: everything is committed. */
export async function changedPaths(root: string, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const { prefix } = await openWorktree(root);
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--',
    ...paths.map((each) => each || '.'),
  ];
  const records = (await gitBytes({ cwd: root }, args)).toString('utf8').split('\0').filter(Boolean);
  return records.map((record) => record.slice(3)).map((file) => (file.startsWith(prefix) ? file.slice(prefix.length) : file));
}

/** The tree id of a folder (relative to `root`) in a commit or a tree, read at `place`; undefined if there is no such folder. */
export async function treeIdAt(
  { prefix }: Worktree,
  context: GitContext,
  of: string,
  folder: string,
): Promise<string | undefined> {
  const inside = `${prefix}${folder}`.replace(/\/$/, '');
  const name = inside === '' ? `${of}^{tree}` : `${of}:${inside}`;
  if (!/[\r\n]/.test(name)) {
    const [found] = await objectReader(context).info([name]);
    return found?.type === 'tree' ? found.oid : undefined;
  }
  // Such a name does not fit into a one-line request.
  const { exitCode, stdout } = await git(context, ['rev-parse', '--verify', '--quiet', '--end-of-options', name]);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** The same for many folders of one commit: siblings are read from their parent folder, once. */
export function treeIdsAt(workspace: Worktree, context: GitContext, of: string): (folder: string) => Promise<string | undefined> {
  const known = new Map<string, ReturnType<typeof readSubfolders>>();
  return async (folder) => {
    const inside = `${workspace.prefix}${folder}`.replace(/\/$/, '');
    const name = inside.slice(inside.lastIndexOf('/') + 1);
    const above = `${of}:${inside.slice(0, -name.length).replace(/\/$/, '')}`;
    if (name === '' || /[\r\n]/.test(above)) return treeIdAt(workspace, context, of, folder);
    const beside = known.get(above) ?? readSubfolders(context, above);
    known.set(above, beside);
    return (await beside)?.(name);
  };
}

/** The Problem of a workspace folder that git could not add. */
export function addProblem(folder: string, result: Awaited<ReturnType<typeof git>>): KdcubeError {
  const { stderr } = result;
  const inner = /'(.*?)\/?' does not have a commit checked out/.exec(stderr)?.[1] ?? /is in submodule '(.*?)'/.exec(stderr)?.[1];
  if (inner) {
    return new KdcubeError({
      code: 'submodule',
      message: `${inner} is a git repository of its own inside ${folder || 'the workspace'}, so git does not see its files.`,
      hint: `remove ${inner}/.git, or move the folder out of the bundle`,
    });
  }
  const unreadable = /open\("(.*?)"\): (Permission denied.*)/.exec(stderr);
  if (unreadable)
    return new KdcubeError({ code: 'file-error', message: `git could not read ${unreadable[1]}: ${unreadable[2]}.` });
  return gitFailed(['add'], result);
}
