import * as z from 'zod';
import { args, json, platform, registry } from '../options';

export const description =
  'Say what an image is: its bundles, commits and base, where it was deployed, and what runs it now. Says what was verified, and what only the image itself claims.';
export const examples = [
  { command: 'nx run release:explain --digest=sha256:0123456789abcdef…', description: 'By its digest' },
  { command: 'nx run release:explain 0123456789ab', description: 'By the beginning of it, as release:status shows it' },
];

export const ExplainOptions = z.strictObject({
  digest: z
    .string()
    .describe(
      'The digest of an image or an index, at least its first 7 hexadecimal digits (with sha256: before them if they are all decimal: Nx takes those for a number), or a reference that ends with it.',
    )
    .meta({ $default: { $source: 'argv', index: 0 }, examples: ['sha256:0123456789ab'] }),
  registry,
  platform,
  args,
  json,
});
export type ExplainOptions = z.infer<typeof ExplainOptions>;
