import * as path from 'node:path';
import { git } from './git';
import { objectReader } from './objects';
import { readGitConfig, type GitConfig } from './config';
import { singleFlight } from './batch';
import { openWorktree, type Worktree } from './worktree';

/** The state of a checkout at one moment. All commands start at once, so that git works while this process reads files and loads code. */
export interface GitStatus {
  /** Problem `not-a-repository`. */
  worktree: Promise<Worktree>;
  config: Promise<GitConfig>;
  /** Undefined if git cannot tell: then folders are read one by one, which reports why. */
  checkout: Promise<CheckoutStatus | undefined>;
}

/** What is checked out, and what has changed since. */
export interface CheckoutStatus {
  /** The commit. */
  head: string;
  /** Undefined for a detached HEAD, which is usual in CI. */
  branch?: string;
  /** Whether anything that was read differs from the commit. */
  hasChanges: boolean;
  /** The paths below a folder (relative to the workspace) that differ from the commit: changed, deleted, or new and not ignored. Undefined for a folder that was not read. */
  changedBelow(place: string): string[] | undefined;
}

/** Where a customer's repository has the parts of a release. A bundle elsewhere is read when release.yaml has named it. */
const RELEASE_PATHS = ['release.yaml', 'pins', 'images', 'bundles'];

const shared = singleFlight<CheckoutStatus | undefined>();

export function readStatus(root: string): GitStatus {
  const cwd = path.resolve(root);
  const worktree = openWorktree(root);
  const checkout = shared(cwd, () => readCheckoutStatus(cwd, worktree, RELEASE_PATHS));
  const status = { worktree, config: readGitConfig({ cwd }), checkout };
  // A failure is reported where the promise is awaited, if anywhere: no unhandled rejection.
  for (const answer of Object.values(status)) answer.catch(() => undefined);
  // Committed objects will be read there if nothing has to be fetched for it.
  objectReader({ cwd }).start();
  return status;
}

async function readCheckoutStatus(
  cwd: string,
  workspace: Promise<Worktree>,
  places: readonly string[],
): Promise<CheckoutStatus | undefined> {
  const asked = git({ cwd }, [
    'status',
    '--porcelain=v2',
    '--branch',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--',
    ...places,
  ]);
  const [{ exitCode, stdout }, { prefix }] = await Promise.all([asked, workspace]);
  if (exitCode !== 0) return undefined;
  const { head, branch, changed } = parseStatus(stdout.toString('latin1'), Buffer.from(prefix, 'utf8').toString('latin1'));
  // Before the first commit there is nothing to compare with.
  if (head === undefined) return undefined;
  return {
    head,
    branch,
    hasChanges: changed.length > 0,
    changedBelow(wanted) {
      if (!places.some((each) => isInside(wanted, each))) return undefined;
      const name = Buffer.from(wanted, 'utf8').toString('latin1');
      // A nested repository is listed as a whole, also if it is above the folder.
      const found = changed.filter((file) => isInside(file, name) || isInside(name, file.replace(/\/$/, '')));
      return found.map((file) => Buffer.from(file, 'latin1').toString('utf8'));
    },
  };
}

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** Parses `git status --porcelain=v2 --branch -z`: paths are relative to the repository. latin1 preserves every byte of a name. */
export function parseStatus(text: string, prefix: string): { head?: string; branch?: string; changed: string[] } {
  let head: string | undefined;
  let branch: string | undefined;
  const changed: string[] = [];
  for (const record of text.split('\0').filter(Boolean)) {
    const [, key, value] = /^# (branch\.\w+) (.*)$/s.exec(record) ?? [];
    if (key === 'branch.oid') head = value === '(initial)' ? undefined : value;
    if (key === 'branch.head') branch = value === '(detached)' ? undefined : value;
    if (record.startsWith('# ')) continue;
    const file = recordPath(record);
    // A record of an unknown kind: the status cannot be used.
    if (file === undefined) return { changed: [] };
    changed.push(file.startsWith(prefix) ? file.slice(prefix.length) : file);
  }
  return { head, branch, changed };
}

/** The number of fields before the path, by the kind of record: changed, in conflict, new. */
const FIELD_COUNTS: Record<string, number> = { '1': 8, u: 10, '?': 1, '!': 1 };

function recordPath(record: string): string | undefined {
  const fieldCount = FIELD_COUNTS[record.slice(0, record.indexOf(' '))];
  return fieldCount === undefined ? undefined : record.split(' ').slice(fieldCount).join(' ');
}
