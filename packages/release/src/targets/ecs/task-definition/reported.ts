import type { TaskDefinition } from './task-definition';

/** What a registry says of an image: its own digest and, of an index, its children. */
export interface KnownImage {
  digest: string;
  children: readonly { platform: string; digest: string }[];
}

type Runtime = Pick<TaskDefinition, 'runtimePlatform'>;

/** The platform that a task runs on, as a registry writes it. ECS takes X86_64 where a definition says nothing. */
export function platformOf({ runtimePlatform }: Runtime): string {
  return runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}

/** What a running task may report as its image: the pinned digest and, of an index, the child for the platform of the task. Where the registry says nothing, the pinned digest alone. */
export function reportedDigests(image: string, definition: Runtime, known: ReadonlyMap<string, KnownImage>): string[] {
  const found = known.get(image);
  if (!found) return [image.slice(image.indexOf('@') + 1)];
  const platform = platformOf(definition);
  const children = found.children.filter((child) => child.platform === platform).map(({ digest }) => digest);
  return [...new Set([found.digest, ...children])];
}
