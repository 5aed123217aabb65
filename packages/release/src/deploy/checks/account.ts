import { type Check, fail, pass } from './check';

export interface AccountFacts {
  /** The account of the credentials. */
  actual: string;
  region: string;
}

/** Its subject is the account of the environment. */
export const accountMatches: Check<AccountFacts> = {
  name: 'account-matches',
  kind: 'account',
  title: 'The credentials belong to the account of the environment',
  why: 'Another account may have a cluster and services of the same names.',
  source: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html',
  when: ['verify', 'deploy'],
  code: 'wrong-account',
  decide({ actual, region }, subject) {
    if (actual === subject) return pass(`these credentials are for it; region ${region}`);
    return fail(
      `is not the account of these credentials: they are for ${actual}`,
      'AWS_PROFILE=<profile of that account>    aws sts get-caller-identity shows which credentials are used',
    );
  },
};
