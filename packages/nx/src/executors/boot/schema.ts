import * as z from 'zod';
import { dryRun, image } from '../options';

export const description =
  'Start the image and import every bundle in it as the platform would: with the image’s user and variables, and the platform’s own loader where the image has it; without a network, under limits of memory and time. `bootBeforePush` in the plugin’s options lets docker-push run it first.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:boot', description: 'Boot one image' },
  { command: 'nx affected -t boot', description: 'Boot the images that changed' },
];

export const BootOptions = z.strictObject({
  ...image,
  dryRun,
  memory: z
    .string()
    .regex(/^[1-9]\d*[kmg]$/, 'it is a number with k, m or g behind it, such as 512m')
    .default('1g')
    .describe('How much memory the bundles may take, all together.')
    .meta({ examples: ['512m'] }),
  timeout: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .describe('Seconds that the start may take, and then each bundle.')
    .meta({ examples: [30] }),
});
export type BootOptions = z.infer<typeof BootOptions>;
