import * as z from 'zod';
import { fromOption } from '../release/schema';

export const description =
  'Set up a workspace for KDCube: add the plugin and its sync generator to nx.json, build output to .gitignore, and the two images that hold the bundles if there is no image yet. What the repository has is used where it is. `nx add @kdcube/nx` runs it.';
export const examples = [
  { command: 'nx add @kdcube/nx', description: 'Install the plugin and set it up' },
  {
    command: 'nx g @kdcube/nx:init --registry=ghcr.io/acme',
    description: 'Set it up with a registry',
  },
  {
    command: 'nx g @kdcube/nx:init --platformRef=2026.07.20.444',
    description: 'Also write release.yaml, with the bundles that are there',
  },
];

export const registryOption = z
  .string()
  .optional()
  .describe('Where images go: a host with an optional path. Written to the plugin’s options in nx.json.')
  .meta({ examples: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme'] });

export const InitOptions = z.strictObject({
  registry: registryOption,
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version: the tag of its published images. With it, a workspace without release.yaml gets one.')
    .meta({ examples: ['2026.07.20.444'] }),
  from: fromOption,
  discover: z
    .boolean()
    .default(true)
    .describe(
      'Look for what is there: folders with an entrypoint of a bundle, which a new release.yaml lists, and Dockerfile_ChatProcBundled and Dockerfile_ExecBundled, which are used where they are.',
    )
    .meta({ examples: [false] }),
  skipFormat: z
    .boolean()
    .default(false)
    .describe('Do not format the changed files with prettier.')
    .meta({ 'x-priority': 'internal', examples: [true] }),
});
export type InitOptions = z.input<typeof InitOptions>;
