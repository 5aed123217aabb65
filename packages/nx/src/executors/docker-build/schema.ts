import * as z from 'zod';
import { image } from '../options';

export const description =
  'Build the image with the bundles that its pin names: as an OCI layout under dist/build, without a container engine where its Dockerfile allows that, else in the engine’s store. docker-push finds it in both.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:docker-build', description: 'Build one image' },
  { command: 'nx affected -t docker-build', description: 'Build the images that changed' },
];

export const DockerBuildOptions = z.strictObject({ ...image });
export type DockerBuildOptions = z.infer<typeof DockerBuildOptions>;
