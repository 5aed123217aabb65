import * as z from 'zod';
import { dryRun, image } from '../options';

export const description =
  'Start the image and import every bundle in it as the platform does: with the image’s user and environment, and with the platform’s own loader if the image has it; without a network, with limits on memory and time. Set `bootBeforePush` in the plugin’s options to run it before docker-push.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:boot', description: 'Boot one image' },
  { command: 'nx affected -t boot', description: 'Boot the images that changed' },
];

export const BootOptions = z.strictObject({
  ...image,
  dryRun,
  memory: z
    .string()
    .regex(/^[1-9]\d*[kmg]$/, 'it is a number followed by k, m or g, such as 512m')
    .default('1g')
    .describe('The memory limit of all bundles together.')
    .meta({ examples: ['512m'] }),
  timeout: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .describe('The time limit of the start, and of each bundle, in seconds.')
    .meta({ examples: [30] }),
});
export type BootOptions = z.infer<typeof BootOptions>;
