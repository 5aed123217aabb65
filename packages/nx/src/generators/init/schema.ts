import * as z from 'zod';

export const description =
  'Set up a workspace for KDCube: the plugin and its sync generator in nx.json, and what git should not see in .gitignore. `nx add @kdcube/nx` runs it.';
export const examples = [
  { command: 'nx add @kdcube/nx', description: 'Install the plugin and set it up' },
  {
    command: 'nx g @kdcube/nx:init --registry=ghcr.io/acme',
    description: 'Set it up, and say where images go',
  },
];

export const registryOption = z
  .string()
  .optional()
  .describe('Where images go: a host with an optional path. Written into the plugin’s options in nx.json.')
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
