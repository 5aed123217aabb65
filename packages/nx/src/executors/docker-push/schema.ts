import { z } from 'zod';
import { image } from '../options';

export const description =
  'Bring the image to the registry. The registry is asked for the image’s content key first: what is there already is neither built nor sent again.';
export const examples = [
  { command: 'nx affected -t docker-push', description: 'Push the images that changed' },
  {
    command: 'nx run-many -t docker-push --registry=127.0.0.1:5000',
    description: 'Push every image to a registry on this machine',
  },
];

export const DockerPushOptions = z.strictObject({
  ...image,
  branch: z
    .string()
    .optional()
    .describe('The branch whose moving tag is set. Default: the branch that is checked out, else what the CI system says.')
    .meta({ examples: ['main'] }),
  tagPrefix: z
    .string()
    .optional()
    .describe('What people’s tags begin with. Default: `tagPrefix` of the plugin’s options, else customer.')
    .meta({ examples: ['acme'] }),
});
export type DockerPushOptions = z.infer<typeof DockerPushOptions>;
