import type { BundlePin, Environment, EnvPlan } from '@kdcube/release/internal';
import { descriptorOptions, planDescriptor, renderEnv } from '@kdcube/release/internal';
import { releaseImages, environmentRegistry } from '../workspace/environment';
import { plannedImages, releasedImages, type ReleasedImage } from '../images/released-images';
import type { Registries } from '../workspace/registries';
import type { Log } from '../system/log';
import { requireBundlePin, type OpenRelease } from '../workspace/workspace';

export interface EnvOptions {
  registries: Registries;
  platform?: string;
  offline: boolean;
}

export interface RenderedEnv extends EnvPlan {
  images: ReleasedImage[];
}

/** Every service's environment, with the images as the registry has them. */
export async function renderedEnv(
  open: OpenRelease,
  environment: Environment,
  options: EnvOptions,
  log: Log,
): Promise<RenderedEnv> {
  const { release } = open;
  const pins = new Map<string, BundlePin>();
  for (const bundle of release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, requireBundlePin(open, bundle));
  const names = releaseImages(environment);
  const { platform, offline } = options;
  const planned = await plannedImages(open, names, { platform }, log);
  const images =
    planned.length === 0
      ? []
      : await releasedImages(open.root, planned, environmentRegistry(environment, options.registries), { offline }, log);
  const rendered = renderEnv({
    environment,
    release,
    descriptor: planDescriptor(release, pins, descriptorOptions(environment)),
    images: new Map(images.map(({ plan, reference }) => [plan.image, reference])),
  });
  return { ...rendered, images };
}
