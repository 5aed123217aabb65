import * as z from 'zod';

export const description =
  'Add an environment: environments/<name>.yaml, where a release runs and with what. What only you know stands there as a placeholder, which every step names until it is filled in.';
export const examples = [
  {
    command: 'nx g @kdcube/nx:environment prod --target=ecs --account=123456789012 --region=eu-central-1 --cluster=acme',
    description: 'On Amazon ECS',
  },
  { command: 'nx g @kdcube/nx:environment host --target=compose', description: 'On one host with docker compose' },
];

const word = (description_: string, example: string) =>
  z
    .string()
    .optional()
    .describe(description_)
    .meta({ examples: [example] });

export const EnvironmentOptions = z.strictObject({
  name: z
    .string()
    .describe(
      'The environment’s name: lower-case letters, digits and dashes. It becomes the configuration of the deploy targets.',
    )
    .meta({ $default: { $source: 'argv', index: 0 }, 'x-prompt': 'What is the environment called?', examples: ['prod'] }),
  target: z
    .enum(['ecs', 'compose'])
    .default('ecs')
    .describe('Where it runs: Amazon ECS, or one host with docker compose.')
    .meta({ 'x-priority': 'important', examples: ['ecs'] }),
  tenant: word('The platform’s tenant.', 'acme'),
  project: word('The platform’s project.', 'demo'),
  registry: word('Where the release’s images are.', 'ghcr.io/acme'),
  // Nx reads twelve digits as a number, and a zero in front is then lost.
  account: z
    .union([z.string(), z.number()])
    .optional()
    .describe('The AWS account.')
    .meta({ examples: ['123456789012'] }),
  region: word('The AWS region.', 'eu-central-1'),
  cluster: word('The ECS cluster.', 'acme'),
});
export type EnvironmentOptions = z.input<typeof EnvironmentOptions>;
