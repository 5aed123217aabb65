import type { Environment, Problem, RegistryName, ServiceImage, Workspace } from '@kdcube/release/internal';
import {
  builtImageNames,
  chosenEnvironment,
  mustReadEnvironment,
  parseRegistry,
  requirePin,
  shown,
} from '@kdcube/release/internal';
import { diskFiles } from './disk';
import { withProxyConfig } from './proxy';
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
  const published = workspace.pins.platform;
  const images = [...builtImageNames(workspace), ...published.map(({ subject }) => subject.name)];
  const baked = Object.fromEntries(
    workspace.pins.images.flatMap(({ subject: { name, question } }) =>
      question?.baked ? [[name, question.baked] as const] : [],
    ),
  );
  const options = { images, baked, generation: release?.generation };
  const { environment, notes } = mustReadEnvironment(chosenEnvironment(wanted, files), files, options);
  const withImages = withPublishedImages(environment, published, release !== undefined);
  return { environment: release ? withProxyConfig(root, withImages, release) : withImages, notes };
}

/** The environment with the mirrored images of the platform by digest. Problem `pin-missing` or `pin-stale` where the pins are required. */
function withPublishedImages(
  environment: Environment,
  published: Workspace['pins']['platform'],
  requiresPins: boolean,
): Environment {
  const { registry } = environment;
  const byDigest = (image: ServiceImage): ServiceImage => {
    const found = image.kind === 'release' ? published.find(({ subject }) => subject.name === image.name) : undefined;
    if (!found || registry === undefined) return image;
    const { name, ref } = found.subject;
    const pin = requiresPins ? requirePin(found.pin, found.fits, name, found.file) : found.pin;
    if (!pin) return image;
    return { kind: 'digest', reference: `${shown(parseRegistry(registry))}/${name}@${pin.digest}`, published: { name, ref } };
  };
  return mapImages(environment, byDigest);
}

/** The environment with other images of its services and of exec. */
export function mapImages(environment: Environment, change: (image: ServiceImage) => ServiceImage): Environment {
  const { services, exec } = environment;
  return {
    ...environment,
    services: services.map((service) => ({ ...service, image: change(service.image) })),
    ...(exec && { exec: { ...exec, image: change(exec.image) } }),
  };
}

/** The registry of the environment's images: its own, else the workspace's. Problem `registry-missing`. */
export function environmentRegistry({ registry }: Environment, registries: Registries): RegistryName {
  return registry === undefined ? requireRegistry(registries) : parseRegistry(registry);
}

/** The registry of the environment's images; undefined if none is configured. */
export function configuredRegistry({ registry }: Environment, { registry: fallback }: Registries): RegistryName | undefined {
  return registry === undefined ? fallback : parseRegistry(registry);
}

/** The images of the release that an environment runs, by name, without duplicates. */
export function releaseImages(environment: Environment): string[] {
  const names = allImages(environment).flatMap((image) => (image.kind === 'release' ? [image.name] : []));
  return [...new Set(names)].sort();
}

/** An image that an environment names by digest, or a mirrored image of the platform, whose pin has the digest. */
export type ExternalImage = Extract<ServiceImage, { kind: 'digest' }>;

/** The images that do not come from a Dockerfile of this workspace. */
export function externalImages(environment: Environment): ExternalImage[] {
  return allImages(environment).filter((image) => image.kind === 'digest');
}

/** The images of the services and of exec. */
function allImages({ services, exec }: Environment): ServiceImage[] {
  return [...services, ...(exec ? [exec] : [])].map(({ image }) => image);
}
