import * as z from 'zod';
import { json, release } from '../options';

export const description =
  'Check release.yaml, the pins and the bundles they pin. Finds what the platform would only report in a log, or not at all. Reports every problem at once, with its place.';
export const examples = [
  { command: 'nx run release:validate', description: 'Check everything, offline' },
  {
    command: 'nx run release:validate --online',
    description: 'Also check at the remotes that every tag still names its pinned commit',
  },
];

export const ValidateOptions = z.strictObject({
  online: z
    .boolean()
    .default(false)
    .describe(
      'Also contact the git remotes: check that every tag still names its pinned commit, and fetch pinned bundles to check their source.',
    )
    .meta({ examples: [true] }),
  ...release,
  json,
});
export type ValidateOptions = z.infer<typeof ValidateOptions>;
