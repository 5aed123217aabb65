import * as z from 'zod';
import { args, json, offlineReceipts, platform, registry } from '../options';

export const description =
  'List every image of the release, those that are built here and the platform’s published ones: content key or pinned digest, digest, base, bundles, tags, size, and whether the registry has it. Changes nothing, except with --create. Missing images are not an error: the last line names them. Fails if the registry cannot be read, or has another image under a key or tag of the release.';
export const examples = [
  { command: 'nx run release:images', description: 'Every image of the release, and whether the registry has it' },
  { command: 'nx run release:images --json', description: 'The same as one JSON object' },
  {
    command: 'nx run release:images --create',
    description: 'Also create the repositories of Amazon ECR that do not exist yet, with immutable tags',
  },
  { command: 'nx run release:images --offline', description: 'From pins and receipts, without the registry' },
];

export const ImagesOptions = z.strictObject({
  registry,
  platform,
  args,
  create: z
    .boolean()
    .default(false)
    .describe(
      'Create the repositories of Amazon ECR that the release needs and that do not exist: one for each image, and `releases`. Tags that must not move are immutable, images are scanned on push. Existing repositories are not changed.',
    )
    .meta({ examples: [true] }),
  offline: offlineReceipts,
  json,
});
export type ImagesOptions = z.infer<typeof ImagesOptions>;
