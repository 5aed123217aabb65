import * as z from 'zod';

export const description =
  'Add an environment: environments/<name>.yaml, where a release runs and with what configuration. Values that only you know are placeholders; every target reports them until you fill them in.';
export const examples = [
  {
    command: 'nx g @kdcube/nx:environment prod --target=ecs --account=123456789012 --region=eu-central-1 --cluster=acme',
    description: 'On Amazon ECS',
  },
  { command: 'nx g @kdcube/nx:environment host --target=compose', description: 'On one host with docker compose' },
];

const text = (meaning: string, example: string) =>
  z
    .string()
    .optional()
    .describe(meaning)
    .meta({ examples: [example] });

export const EnvironmentOptions = z.strictObject({
  name: z
    .string()
    .describe(
      'The environment’s name: lower-case letters, digits and dashes. It becomes the configuration of the deploy targets.',
    )
    .meta({ $default: { $source: 'argv', index: 0 }, 'x-prompt': 'What is the name of the environment?', examples: ['prod'] }),
  target: z
    .enum(['ecs', 'compose'])
    .default('ecs')
    .describe('Where it runs: Amazon ECS, or one host with docker compose.')
    .meta({ 'x-priority': 'important', examples: ['ecs'] }),
  tenant: text('The platform’s tenant.', 'acme'),
  project: text('The platform’s project.', 'demo'),
  registry: text('Where the release’s images are.', 'ghcr.io/acme'),
  // Nx parses twelve digits as a number, which drops a leading zero.
  account: z
    .union([z.string(), z.number()])
    .optional()
    .describe('The AWS account.')
    .meta({ examples: ['123456789012'] }),
  region: text('The AWS region.', 'eu-central-1'),
  cluster: text('The ECS cluster.', 'acme'),
});
export type EnvironmentOptions = z.input<typeof EnvironmentOptions>;
