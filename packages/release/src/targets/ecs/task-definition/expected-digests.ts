import type { TaskDefinition } from './task-definition';

/** An image in a registry: its digest and, if it is an image index, its manifests. */
export interface RegistryImage {
  digest: string;
  children: readonly { platform: string; digest: string }[];
}

type HasPlatform = Pick<TaskDefinition, 'runtimePlatform'>;

/** The OCI platform that a task runs on. The default of ECS is X86_64. */
export function taskPlatform({ runtimePlatform }: HasPlatform): string {
  return runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}

/** The digests that a running task may report for its image: the pinned one and, of an image index, that of the manifest for the task's platform. Only the pinned one if the registry does not tell. */
export function expectedDigests(
  image: string,
  definition: HasPlatform,
  registryImages: ReadonlyMap<string, RegistryImage>,
): string[] {
  const found = registryImages.get(image);
  if (!found) return [image.slice(image.indexOf('@') + 1)];
  const platform = taskPlatform(definition);
  const children = found.children.filter((child) => child.platform === platform).map(({ digest }) => digest);
  return [...new Set([found.digest, ...children])];
}
