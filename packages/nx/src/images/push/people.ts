import type { PeopleTag } from '@kdcube/release/internal';
import { customerTags } from '@kdcube/release/internal';
import type { Look } from '../../git/look';
import { currentBranch, headCommit } from '../../git/workspace';
import type { Log } from '../../system/log';
import type { ImageJob } from '../job';

export interface PeopleOptions {
  root: string;
  branch?: string;
  tagPrefix?: string;
  /** What git said already. Default: it is asked. */
  look?: Look;
}

/** The tags of what is checked out: customer-<sha>, and the moving customer-<branch> where there is a branch. */
export async function peopleTags(options: PeopleOptions): Promise<PeopleTag[]> {
  const [branch, commit] = await Promise.all([branchOf(options), commitOf(options)]);
  return customerTags({ commit, branch }, options.tagPrefix);
}

/** Those for an image. What is not committed gets none: the commit does not hold it. */
export async function tagsForPeople(job: ImageJob, options: PeopleOptions, log: Log): Promise<PeopleTag[]> {
  if (job.uncommitted.length > 0) {
    log.note(
      `${job.plan.image} holds what is not committed (${job.uncommitted.join(', ')}): it gets no customer tags, and cannot be tagged as a release.`,
    );
    return [];
  }
  const tags = await peopleTags(options);
  if (!tags.some(({ moving }) => moving))
    log.note('No branch is checked out, and the CI system names none: no branch tag is set.');
  return tags;
}

export async function branchOf({ root, branch, look }: PeopleOptions): Promise<string | undefined> {
  if (branch !== undefined) return branch;
  const state = await look?.state;
  return (state ? state.branch : await currentBranch(root)) ?? ciBranch(process.env);
}

/** The commit that is checked out; undefined before the first one. */
export async function commitOf({ root, look }: PeopleOptions): Promise<string | undefined> {
  const state = await look?.state;
  return state ? state.head : headCommit(root);
}

/** The branch as CI systems name it, where git has a detached HEAD. */
export function ciBranch(env: NodeJS.ProcessEnv): string | undefined {
  if (env.GITHUB_HEAD_REF) return env.GITHUB_HEAD_REF;
  if (env.GITHUB_REF_TYPE === 'branch' && env.GITHUB_REF_NAME) return env.GITHUB_REF_NAME;
  return env.CI_COMMIT_BRANCH || env.BITBUCKET_BRANCH || env.BUILDKITE_BRANCH || undefined;
}
