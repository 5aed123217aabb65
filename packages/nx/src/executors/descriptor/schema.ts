import * as z from 'zod';
import { dryRun, json, release } from '../options';

export const description =
  'Write the bundle descriptor: AGENTIC_BUNDLES_JSON (as JSON, as an env file, and as a release.yaml to mount), or bundles.yaml for platforms from 2026-04-19 on.';
export const examples = [
  { command: 'nx run release:descriptor', description: 'Write the descriptor to dist/release' },
  { command: 'nx run release:descriptor --mode=git', description: 'For a platform that clones the bundles itself' },
];

export const DescriptorOptions = z.strictObject({
  kind: z
    .enum(['env-json', 'bundles-yaml'])
    .optional()
    .describe(
      'The kind of descriptor: AGENTIC_BUNDLES_JSON (`env-json`) or bundles.yaml. Default: the one that the platform’s generation reads.',
    )
    .meta({ examples: ['bundles-yaml'] }),
  ...release,
  dryRun,
  json,
});
export type DescriptorOptions = z.infer<typeof DescriptorOptions>;
