import * as z from 'zod';
import { json, registry } from '../options';

export const description =
  'Show the images in the registry that nothing needs: no tag but a content key, no release record in the rollback window, no task that runs. With --delete, remove them.';
export const examples = [
  { command: 'nx run release:prune', description: 'Show what would be removed, and why the other images are kept' },
  { command: 'nx run release:prune --delete', description: 'Remove it' },
  {
    command: 'nx run release:prune --commitTags --keep=5',
    description: 'Also images that only a commit tag names; a shorter rollback window',
  },
];

export const PruneOptions = z.strictObject({
  delete: z
    .boolean()
    .default(false)
    .describe('Delete the images. Without it, prune only shows what it would delete.')
    .meta({ examples: [true] }),
  keep: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('The rollback window: how many successful deployments of each environment keep their images.')
    .meta({ examples: [5] }),
  minAge: z
    .number()
    .min(0)
    .default(14)
    .describe(
      'Keep images that are younger, in days: a push may be about to use them. The age is the time of the push (Amazon ECR) or of the first deployment; an image whose age is unknown is kept. 0: no push runs now, so the age does not matter.',
    )
    .meta({ examples: [30] }),
  commitTags: z
    .boolean()
    .default(false)
    .describe('Also remove images that have commit tags (customer-<commit>), if nothing else needs them.')
    .meta({ examples: [true] }),
  tagPrefix: z
    .string()
    .optional()
    .describe('The prefix of commit tags. Default: `tagPrefix` of the plugin’s options, else customer.')
    .meta({ examples: ['acme'] }),
  ignore: z
    .array(z.string())
    .default([])
    .describe('Environments whose running images may be removed, such as one on a compose host, which cannot be read from here.')
    .meta({ examples: [['local']] }),
  registry,
  json,
});
export type PruneOptions = z.infer<typeof PruneOptions>;
