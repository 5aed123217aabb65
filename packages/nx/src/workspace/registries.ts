import type { Repository } from '../registry/blobs/blobs';
import { connect, type Registry } from '../registry/transport/connect';
import { dockerCredentials } from '../registry/credentials/docker-config';
import type { Log } from '../system/log';
import {
  type ImagePin,
  type RegistryName,
  type Release,
  KdcubeError,
  parseImageReference,
  parseRegistry,
  REGISTRY_ARGS,
  repositoryOf,
  shown,
  ecrRegion,
} from '@kdcube/release/internal';

/** The options that configure registries. An option of the command overrides an environment variable, which overrides the plugin's options. */
export interface RegistryOptions {
  registry?: string;
  platformRegistry?: string;
}

export interface Registries {
  /** The registry that images are pushed to. */
  registry?: RegistryName;
  /** The registry of the platform's images. */
  platform?: RegistryName;
}

/** The registries of this run. Undefined if not configured; an invalid name is a Problem. */
export function resolveRegistries(
  options: RegistryOptions,
  plugin: RegistryOptions,
  env: NodeJS.ProcessEnv = process.env,
): Registries {
  const registry = options.registry || env.KDCUBE_REGISTRY || plugin.registry;
  const platform = options.platformRegistry || env.KDCUBE_PLATFORM_REGISTRY || plugin.platformRegistry || registry;
  return { registry: registry ? parseRegistry(registry) : undefined, platform: platform ? parseRegistry(platform) : undefined };
}

/** The plugin's registries, with the one that release.yaml mirrors the platform's images from as the default of `platformRegistry`. */
export function withMirroredRegistry<T extends RegistryOptions>(plugin: T, { platform }: Pick<Release, 'platform'>): T {
  return { ...plugin, platformRegistry: plugin.platformRegistry || (platform.registry && shown(platform.registry)) };
}

/** The registry that images are pushed to. Problem `registry-missing`. */
export function requireRegistry({ registry }: Registries): RegistryName {
  if (registry) return registry;
  throw new KdcubeError({
    code: 'registry-missing',
    message: 'No registry is configured for the images.',
    hint: '--registry=<host>/<path>, or KDCUBE_REGISTRY, or "registry" in the options of @kdcube/nx in nx.json',
  });
}

/** The reference of an external image in a Dockerfile, with the registries filled in. */
export function baseReference(name: string, registries: Registries): string {
  return REGISTRY_ARGS.reduce((text, variable) => {
    if (!text.includes(`\${${variable}}`)) return text;
    const value = variable === 'KDCUBE_REGISTRY' ? registries.registry : registries.platform;
    if (value) return text.replaceAll(`\${${variable}}`, shown(value));
    throw new KdcubeError({
      code: 'registry-missing',
      message: `No registry is configured for the platform's images, so ${text} cannot be found.`,
      hint: 'KDCUBE_PLATFORM_REGISTRY (or KDCUBE_REGISTRY, if both are the same), or "platformRegistry" in the options of @kdcube/nx in nx.json',
    });
  }, name);
}

/** Every external image of a pin, by digest. */
export function pinnedReferences(pin: Pick<ImagePin, 'bases'>, registries: Registries): Map<string, string> {
  return new Map(
    Object.entries(pin.bases).map(([name, digest]) => [name, `${withoutDigest(baseReference(name, registries))}@${digest}`]),
  );
}

/** A valid reference with its name and tag only: engines show the tag beside the pinned digest. */
function withoutDigest(reference: string): string {
  parseImageReference(reference);
  return reference.split('@')[0]!;
}

/** The registries as build arguments, for Dockerfile lines other than FROM. They are not part of the content key. */
export function registryBuildArgs({ registry, platform }: Registries): Record<string, string> {
  return {
    ...(registry && { KDCUBE_REGISTRY: shown(registry) }),
    ...(platform && { KDCUBE_PLATFORM_REGISTRY: shown(platform) }),
  };
}

/** Connects to a registry, and logs its retries. */
export function openRegistry(host: string, log: Log): Registry {
  return connect(host, { onRetry: (text) => log.progress(text) });
}

/** Connects to the repository of one image in a registry. */
export function openRepository(name: RegistryName, image: string, log: Log): Repository {
  return { registry: openRegistry(name.host, log), repository: repositoryOf(name, image) };
}

/** Connects for optional requests: with fewer retries, and without AWS. Undefined for an ECR registry that docker has no credentials for. */
export async function openRegistryWithoutAws(host: string, log: Log): Promise<Registry | undefined> {
  const credentials = () => dockerCredentials(host);
  if (ecrRegion(host) !== undefined && (await credentials()) === undefined) return undefined;
  return connect(host, { credentials, attempts: 2, onRetry: (text) => log.progress(text) });
}

/** Each registry once. */
export function uniqueRegistries(names: readonly RegistryName[]): RegistryName[] {
  return [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
}
