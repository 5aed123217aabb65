import * as z from 'zod';

export const description =
  'Write the pipeline of the release: checks, the plan of every environment as a comment on a pull request, images pushed from the main branch, one deploy after the other behind the approvals of the platform, and a rollback by hand.';
export const examples = [
  { command: 'nx g @kdcube/nx:ci', description: 'For the host of this repository’s remote' },
  { command: 'nx g @kdcube/nx:ci --provider=github', description: 'GitHub Actions: .github/workflows/release.yml' },
  { command: 'nx g @kdcube/nx:ci --provider=gitlab', description: 'GitLab: .gitlab-ci.yml' },
  { command: 'nx g @kdcube/nx:ci --provider=github --iam', description: 'Also the IAM policies of its roles' },
  { command: 'nx g @kdcube/nx:ci --provider=github --cache=self-hosted', description: 'With a cache between runs' },
  {
    command: 'nx g @kdcube/nx:ci --provider=github --environments=staging,prod',
    description: 'Deploy to staging, and to prod after it',
  },
];

export const CiOptions = z.strictObject({
  provider: z
    .enum(['github', 'gitlab'])
    .optional()
    .describe('Where the pipeline runs. Default: where the remote of this repository is, if its host says so.')
    .meta({ 'x-priority': 'important', examples: ['github'] }),
  environments: z
    .string()
    .optional()
    .describe(
      'The environments to deploy to, in their order, separated by commas. Default: all that can be deployed, those that are called prod or production last.',
    )
    .meta({ examples: ['staging,prod'] }),
  cache: z
    .enum(['none', 'self-hosted', 'nx-cloud'])
    .default('none')
    .describe(
      'Where the results of tasks are kept between runs: `none`, `self-hosted` (a server by Nx’s specification, in the variable NX_CACHE_SERVER), or `nx-cloud`. Pull requests only read it. Pushes and deploys never use one.',
    )
    .meta({ examples: ['self-hosted'] }),
  branch: z
    .string()
    .optional()
    .describe('The branch that is released. Default: `defaultBase` of nx.json, else main.')
    .meta({ examples: ['main'] }),
  iam: z
    .boolean()
    .default(false)
    .describe(
      'Also write the least that the roles of the jobs need, as IAM policies: iam/plan.json, iam/push.json, and iam/deploy-<environment>.json.',
    )
    .meta({ examples: [true] }),
  overwrite: z
    .boolean()
    .default(false)
    .describe('Replace a pipeline that is there and differs.')
    .meta({ examples: [true] }),
});
export type CiOptions = z.input<typeof CiOptions>;
