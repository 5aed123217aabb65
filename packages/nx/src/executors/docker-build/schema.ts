import * as z from 'zod';
import { image } from '../options';

export const description =
  'Build the image with the bundles that its pin names: without a container engine as an OCI layout in dist/build if the Dockerfile allows it, else in the engine’s image store, after each source of COPY and ADD was checked. docker-push finds it in both.';
export const examples = [
  { command: 'nx run kdcube-chat-proc-bundled:docker-build', description: 'Build one image' },
  { command: 'nx affected -t docker-build', description: 'Build the images that changed' },
];

export const DockerBuildOptions = z.strictObject({ ...image });
export type DockerBuildOptions = z.infer<typeof DockerBuildOptions>;
