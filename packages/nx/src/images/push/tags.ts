import type { ImageTag } from '@kdcube/release/internal';
import { customerTags } from '@kdcube/release/internal';
import type { GitStatus } from '../../git/status';
import { currentBranch, headCommit } from '../../git/worktree';
import type { Registries } from '../../workspace/registries';
import type { Log } from '../../system/log';
import type { ImageJob } from '../job';

export interface TagOptions {
  root: string;
  branch?: string;
  tagPrefix?: string;
  /** The git status, if it was already read. Default: read it now. */
  gitStatus?: GitStatus;
}

/**
 * The tags of an image: `customer-<commit>`, and `customer-<branch>`, which moves; of an image of the platform also platform.ref and the platform's commit. None in a folder; none if something is uncommitted,
 * because the commit does not contain it. Problem `unsafe-tag`.
 */
export async function tagsOf(job: ImageJob, options: TagOptions & { registries: Registries }, log: Log): Promise<ImageTag[]> {
  if (!options.registries.registry) return [];
  if (job.uncommitted.length > 0) {
    log.note(
      `${job.plan.image} has uncommitted content (${job.uncommitted.join(', ')}): it gets no customer tags, and cannot be tagged as a release.`,
    );
    return [];
  }
  const [branch, commit] = await Promise.all([branchOf(options), commitOf(options)]);
  if (branch === undefined) log.note('No branch is checked out, and no variable of a CI system names one: no branch tag is set.');
  return [...(job.platform?.tags ?? []), ...customerTags({ commit, branch }, options.tagPrefix)];
}

export async function branchOf({ root, branch, gitStatus }: TagOptions): Promise<string | undefined> {
  if (branch !== undefined) return branch;
  const state = await gitStatus?.checkout;
  return (state ? state.branch : await currentBranch(root)) ?? ciBranch(process.env);
}

/** The commit that is checked out; undefined before the first commit. */
export async function commitOf({ root, gitStatus }: TagOptions): Promise<string | undefined> {
  const state = await gitStatus?.checkout;
  return state ? state.head : headCommit(root);
}

/** The branch name from the CI system's variables, for a detached HEAD. */
export function ciBranch(env: NodeJS.ProcessEnv): string | undefined {
  if (env.GITHUB_HEAD_REF) return env.GITHUB_HEAD_REF;
  if (env.GITHUB_REF_TYPE === 'branch' && env.GITHUB_REF_NAME) return env.GITHUB_REF_NAME;
  return env.CI_COMMIT_BRANCH || env.BITBUCKET_BRANCH || env.BUILDKITE_BRANCH || undefined;
}
