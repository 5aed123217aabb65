import { z } from 'zod';
import { image } from '../options';

export const description =
  'Build the image with the engine of this machine, with the bundles that its pin names. It stays in the engine’s store; docker-push finds it there.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:docker-build', description: 'Build one image' },
  { command: 'nx affected -t docker-build', description: 'Build the images that changed' },
];

export const DockerBuildOptions = z.strictObject({ ...image });
export type DockerBuildOptions = z.infer<typeof DockerBuildOptions>;
