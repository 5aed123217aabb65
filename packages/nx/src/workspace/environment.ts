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

/** The environment that was named, or the only one there is, checked against the images of this release. Throws every problem of its file at once. */
export function openEnvironment(
  { root, workspace }: Pick<OpenRelease, 'root' | 'workspace'>,
  wanted: string | undefined,
): OpenEnvironment {
  const files = diskFiles(root);
  const images = workspace.images.map(({ name }) => name);
  return mustReadEnvironment(chosenEnvironment(wanted, files), files, { images });
}

/** Where the environment's images are: what its file says, else what is said for all. */
export function environmentRegistry({ registry }: Environment, registries: Registries): RegistryName {
  return registry === undefined ? requireRegistry(registries) : parseRegistry(registry);
}

/** The same where nobody need have named one. */
export function configuredRegistry({ registry }: Environment, { registry: forAll }: Registries): RegistryName | undefined {
  return registry === undefined ? forAll : parseRegistry(registry);
}

/** The images of the release that an environment runs, its services' and exec's, each once. */
export function releaseImages({ services, exec }: Environment): string[] {
  const all = [...services.map(({ image }) => image), ...(exec ? [exec.image] : [])];
  return [...new Set(all.flatMap((image) => (image.kind === 'release' ? [image.name] : [])))].sort();
}
