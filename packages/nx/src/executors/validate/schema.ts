import * as z from 'zod';
import { json, release } from '../options';

export const description =
  'Check release.yaml, the pins, and the bundles behind them: everything that the platform would only say in a log, or not at all. Reports every problem at once, with its place.';
export const examples = [
  { command: 'nx run release:validate', description: 'Check everything that is on this machine' },
  {
    command: 'nx run release:validate --online',
    description: 'Also ask the remotes whether every tag still names its pinned commit',
  },
];

export const ValidateOptions = z.strictObject({
  online: z
    .boolean()
    .default(false)
    .describe(
      'Also ask the remotes: does every tag still name its pinned commit, and do pinned bundles hold what the platform needs?',
    )
    .meta({ examples: [true] }),
  ...release,
  json,
});
export type ValidateOptions = z.infer<typeof ValidateOptions>;
