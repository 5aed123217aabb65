import * as z from 'zod';
import { DockerPushOptions } from '../docker-push/schema';
import { dryRun, image } from '../options';

export const description =
  'Start the image and import every bundle in it as the platform would: with the image’s user and variables, and the platform’s own loader where the image has it; without a network, under limits of memory and time. `bootBeforePush` in the plugin’s options lets docker-push run it first.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:boot', description: 'Boot one image' },
  { command: 'nx affected -t boot', description: 'Boot the images that changed' },
];

const own = {
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
};

type Forwarded = Omit<(typeof DockerPushOptions)['shape'], keyof typeof own>;

/** A docker-push that depends on boot forwards its options: each of them is understood here. */
const forwarded = Object.fromEntries(
  Object.entries(DockerPushOptions.shape)
    .filter(([name]) => !(name in own))
    .map(([name, schema]) => [name, schema.describe(`Of docker-push, without effect here: ${schema.meta()!.description}`)]),
) as Forwarded;

export const BootOptions = z.strictObject({ ...own, ...forwarded });
export type BootOptions = z.infer<typeof BootOptions>;
