import * as path from 'node:path';
import { git } from './git';
import { objectReader } from './objects';
import { readGitConfig, type GitConfig } from './config';
import { singleFlight } from './batch';
import { openWorktree, type Worktree } from './worktree';

/** What git says of a checkout at one moment. All of it is asked at once, so that git works while this process reads files and loads code. */
export interface GitStatus {
  /** Problem `not-a-repository`. */
  worktree: Promise<Worktree>;
  config: Promise<GitConfig>;
  /** Undefined where git cannot say: then folders are looked at one by one, which says why. */
  checkout: Promise<CheckoutStatus | undefined>;
}

/** What is checked out, and what of it was changed since. */
export interface CheckoutStatus {
  /** The commit. */
  head: string;
  /** Undefined for a detached HEAD, which is usual in CI. */
  branch?: string;
  /** Whether anything that was asked about is not as the commit has it. */
  hasChanges: boolean;
  /** The paths below a folder (relative to the workspace) that differ from the commit: changed, deleted, or new and not ignored. Undefined for a folder that was not read. */
  changedBelow(place: string): string[] | undefined;
}

/** Where a customer's repository has what a release is made of. A bundle may lie elsewhere; it is then looked at when release.yaml has named it. */
const RELEASE_PATHS = ['release.yaml', 'pins', 'images', 'bundles'];

const shared = singleFlight<CheckoutStatus | undefined>();

export function readStatus(root: string): GitStatus {
  const cwd = path.resolve(root);
  const worktree = openWorktree(root);
  const checkout = shared(cwd, () => readCheckoutStatus(cwd, worktree, RELEASE_PATHS));
  const status = { worktree, config: readGitConfig({ cwd }), checkout };
  // A failure is reported where the promise is awaited, which may be nowhere: no unhandled rejection.
  for (const answer of Object.values(status)) answer.catch(() => undefined);
  // What is committed will be read there, where nothing has to be fetched for it.
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
      // A repository in the repository is named as a whole, also where it lies above.
      const found = changed.filter((file) => isInside(file, name) || isInside(name, file.replace(/\/$/, '')));
      return found.map((file) => Buffer.from(file, 'latin1').toString('utf8'));
    },
  };
}

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** Of `git status --porcelain=v2 --branch -z`: paths are those of the repository. latin1 keeps every byte of a name. */
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

/** How many words stand before the path, by the kind of a record: changed, in conflict, new. */
const FIELD_COUNTS: Record<string, number> = { '1': 8, u: 10, '?': 1, '!': 1 };

function recordPath(record: string): string | undefined {
  const fieldCount = FIELD_COUNTS[record.slice(0, record.indexOf(' '))];
  return fieldCount === undefined ? undefined : record.split(' ').slice(fieldCount).join(' ');
}
