import * as z from 'zod';
import { args, dryRun, json, platform, registry } from '../options';

export const description =
  'Tag every image of the release with its release_name, customer-<commit> and the given tags. Every image must be pushed, and everything in it committed.';
export const examples = [
  { command: 'nx run release:tag', description: 'Tag all images with the release’s name and the commit' },
  { command: 'nx run release:tag --tags=v1.4.0', description: 'Also tag them with a version' },
];

export const TagOptions = z.strictObject({
  tags: z
    .array(z.string())
    .default([])
    .describe('More tags, in addition to release_name and the commit.')
    .meta({ examples: [['v1.4.0']] }),
  tagPrefix: z
    .string()
    .optional()
    .describe('The prefix of the commit tag. Default: `tagPrefix` of the plugin’s options, else customer.')
    .meta({ examples: ['acme'] }),
  registry,
  platform,
  args,
  dryRun,
  json,
});
export type TagOptions = z.infer<typeof TagOptions>;
