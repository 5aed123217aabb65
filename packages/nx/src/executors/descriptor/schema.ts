import * as z from 'zod';
import { dryRun, json, release } from '../options';

export const description =
  'Derive what the platform is told of the bundles: AGENTIC_BUNDLES_JSON (as JSON, as an env file, and as a release.yaml to mount), or bundles.yaml for platforms from 2026-04-19 on.';
export const examples = [
  { command: 'nx run release:descriptor', description: 'Write the descriptor under dist/release' },
  { command: 'nx run release:descriptor --mode=git', description: 'For a platform that clones the bundles itself' },
];

export const DescriptorOptions = z.strictObject({
  kind: z
    .enum(['env-json', 'bundles-yaml'])
    .optional()
    .describe('Which descriptor: AGENTIC_BUNDLES_JSON, or bundles.yaml. Default: what the platform’s generation reads.')
    .meta({ examples: ['bundles-yaml'] }),
  ...release,
  dryRun,
  json,
});
export type DescriptorOptions = z.infer<typeof DescriptorOptions>;
