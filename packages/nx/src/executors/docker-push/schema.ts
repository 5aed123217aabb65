import * as z from 'zod';
import { dryRun, image } from '../options';

export const description =
  'Bring the image to the registry, or to dist/images where nobody named one. It is asked for the image’s content key first: what is there already is neither built nor sent again.';
export const examples = [
  { command: 'nx affected -t docker-push', description: 'Push the images that changed' },
  {
    command: 'nx run-many -t docker-push --registry=127.0.0.1:5000',
    description: 'Push every image to a registry on this machine',
  },
  {
    command: 'nx run kdcube-chat-proc-bundled:docker-push --format=docker-archive',
    description: 'No registry is named: write the image to dist/images, as a file for docker load too',
  },
];

export const DockerPushOptions = z.strictObject({
  ...image,
  dryRun,
  format: z
    .enum(['oci-layout', 'docker-archive'])
    .optional()
    .describe(
      'How an image is kept in dist/images, where nobody named a registry: `oci-layout`, a folder that skopeo, crane and podman read; `docker-archive` adds one file for docker load. Default: oci-layout.',
    )
    .meta({ examples: ['docker-archive'] }),
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
