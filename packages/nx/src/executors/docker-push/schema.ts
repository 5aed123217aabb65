import * as z from 'zod';
import { dryRun, image } from '../options';

export const description =
  'Push the image to the registry, or write it to dist/images if no registry is configured. Looks up the image’s content key first: an image that the registry already has is neither built nor uploaded again. A published image of the platform is copied from `platform.registry` instead, byte for byte, by the digest in its pin.';
export const examples = [
  { command: 'nx affected -t docker-push', description: 'Push the images that changed' },
  {
    command: 'nx run-many -t docker-push --registry=127.0.0.1:5000',
    description: 'Push every image to a registry on this machine',
  },
  {
    command: 'nx run kdcube-chat-proc-bundled:docker-push --format=docker-archive',
    description: 'Without a registry: write the image to dist/images, also as a file for docker load',
  },
];

export const DockerPushOptions = z.strictObject({
  ...image,
  dryRun,
  format: z
    .enum(['oci-layout', 'docker-archive'])
    .optional()
    .describe(
      'The format in dist/images if no registry is configured: `oci-layout`, a folder that skopeo, crane and podman read; `docker-archive` adds one file for docker load. Default: oci-layout.',
    )
    .meta({ examples: ['docker-archive'] }),
  branch: z
    .string()
    .optional()
    .describe('The branch whose tag is set. Default: the branch that is checked out, else the branch of the CI job.')
    .meta({ examples: ['main'] }),
  signingKey: z
    .string()
    .optional()
    .describe(
      'The file with the private key that images are signed with, in PEM format or as cosign writes it. Default: the environment variable KDCUBE_SIGNING_KEY, which holds the key or the path of its file. KDCUBE_SIGNING_PASSWORD is the password of an encrypted key. Without a key, nothing is signed.',
    )
    .meta({ examples: ['/run/secrets/release.pem'] }),
  tagPrefix: z
    .string()
    .optional()
    .describe('The prefix of the branch tag and the commit tag. Default: `tagPrefix` of the plugin’s options, else customer.')
    .meta({ examples: ['acme'] }),
});
export type DockerPushOptions = z.infer<typeof DockerPushOptions>;
