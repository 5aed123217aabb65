import * as z from 'zod';

export const description =
  'Set up a workspace for KDCube: add the plugin and its sync generator to nx.json, build output to .gitignore, and the two images that hold the bundles if there is no image yet. `nx add @kdcube/nx` runs it.';
export const examples = [
  { command: 'nx add @kdcube/nx', description: 'Install the plugin and set it up' },
  {
    command: 'nx g @kdcube/nx:init --registry=ghcr.io/acme',
    description: 'Set it up with a registry',
  },
];

export const registryOption = z
  .string()
  .optional()
  .describe('Where images go: a host with an optional path. Written to the plugin’s options in nx.json.')
  .meta({ examples: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme'] });

export const InitOptions = z.strictObject({
  registry: registryOption,
  skipFormat: z
    .boolean()
    .default(false)
    .describe('Do not format the changed files with prettier.')
    .meta({ 'x-priority': 'internal', examples: [true] }),
});
export type InitOptions = z.input<typeof InitOptions>;
