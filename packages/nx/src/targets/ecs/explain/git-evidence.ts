import type { BundleContent } from '@kdcube/release/internal';
import { BundlePin, bundlePinFile, readPin } from '@kdcube/release/internal';
import { git } from '../../../git/git';

/** Where git has the content that a label names. */
export interface BundleEvidence extends BundleContent {
  /** `pin`: a committed pin says which commit of the bundle's repository has this tree. `workspace`: a commit of this repository has it. `none`: no commit that is here. */
  from: 'pin' | 'workspace' | 'none';
  /** The workspace's commit that brought it. */
  commit?: CommitInfo;
  /** Of a pinned bundle: as its pin names them. */
  pinned?: { repo: string; ref: string; commit: string };
}

interface CommitInfo {
  commit: string;
  author: string;
  /** ISO 8601. */
  at: string;
  subject: string;
}

const FORMAT = '--format=%H%x00%an%x00%aI%x00%s';

/** Finds the tree of a bundle in the history of this workspace, on all branches that are here. */
export async function findBundle(root: string, bundle: BundleContent): Promise<BundleEvidence> {
  const file = bundlePinFile(bundle.id);
  const pinned = await firstCommit(root, ['-S', bundle.tree, '--', file]);
  if (pinned) {
    const { exitCode, stdout } = await git({ cwd: root }, ['show', `${pinned.commit}:./${file}`]);
    const pin = exitCode === 0 ? readPin(BundlePin, stdout.toString('utf8')) : undefined;
    if (pin?.tree === bundle.tree)
      return { ...bundle, from: 'pin', commit: pinned, pinned: { repo: pin.repo, ref: pin.ref, commit: pin.commit } };
  }
  const own = await firstCommit(root, ['-t', `--find-object=${bundle.tree}`]);
  return own ? { ...bundle, from: 'workspace', commit: own } : { ...bundle, from: 'none' };
}

/** A commit by its id; undefined if it is not here. */
export async function readCommit(root: string, commit: string): Promise<CommitInfo | undefined> {
  const { exitCode, stdout } = await git({ cwd: root }, ['log', '-1', FORMAT, commit, '--']);
  return exitCode === 0 ? parseCommit(stdout.toString('utf8').trim()) : undefined;
}

/** The oldest commit that a search finds; undefined if there is none, or git cannot search here. */
async function firstCommit(root: string, search: readonly string[]): Promise<CommitInfo | undefined> {
  const { exitCode, stdout } = await git({ cwd: root }, ['log', '--all', '--no-patch', FORMAT, ...search]);
  if (exitCode !== 0) return undefined;
  return parseCommit(stdout.toString('utf8').trim().split('\n').at(-1) ?? '');
}

function parseCommit(line: string): CommitInfo | undefined {
  const [commit = '', author = '', at = '', subject = ''] = line.split('\0');
  return /^[0-9a-f]{40,64}$/.test(commit) ? { commit, author, at, subject: subject.slice(0, 200) } : undefined;
}
