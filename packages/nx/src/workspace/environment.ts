import type { Environment, Problem, RegistryName } from '@kdcube/release/internal';
import { chosenEnvironment, mustReadEnvironment, parseRegistry } from '@kdcube/release/internal';
import { diskFiles } from './disk';
import type { Registries } from './registries';
import { requireRegistry } from './registries';
import type { OpenRelease } from './workspace';

export interface OpenEnvironment {
  environment: Environment;
  notes: Problem[];
}

/**
 * The named environment, or the only one, validated against the images of this release, with the defaults of its platform's generation.
 * Throws all problems of its file at once.
 */
export function openEnvironment(
  { root, workspace, release }: Pick<OpenRelease, 'root' | 'workspace'> & Partial<Pick<OpenRelease, 'release'>>,
  wanted: string | undefined,
): OpenEnvironment {
  const files = diskFiles(root);
  const images = workspace.images.map(({ name }) => name);
  return mustReadEnvironment(chosenEnvironment(wanted, files), files, { images, generation: release?.generation });
}

/** The registry of the environment's images: its own, else the workspace's. Problem `registry-missing`. */
export function environmentRegistry({ registry }: Environment, registries: Registries): RegistryName {
  return registry === undefined ? requireRegistry(registries) : parseRegistry(registry);
}

/** The registry of the environment's images; undefined if none is configured. */
export function configuredRegistry({ registry }: Environment, { registry: fallback }: Registries): RegistryName | undefined {
  return registry === undefined ? fallback : parseRegistry(registry);
}

/** The images of the release that an environment runs: the images of its services and of exec, without duplicates. */
export function releaseImages({ services, exec }: Environment): string[] {
  const all = [...services.map(({ image }) => image), ...(exec ? [exec.image] : [])];
  return [...new Set(all.flatMap((image) => (image.kind === 'release' ? [image.name] : [])))].sort();
}
