import type { BundlePin, Environment, EnvPlan } from '@kdcube/release/internal';
import { descriptorOptions, planDescriptor, renderEnv } from '@kdcube/release/internal';
import { releaseImages, environmentRegistry } from '../workspace/environment';
import { releasedImages, withPlannedImages, type ReleasedImage, type ReleasedOptions } from '../images/released-images';
import type { TrustOptions } from '../images/verify/verify';
import type { Log } from '../system/log';
import { requireBundlePin, type OpenRelease } from '../workspace/workspace';

export interface EnvOptions extends TrustOptions, Pick<ReleasedOptions, 'signedFor'> {
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
  const { root, release } = open;
  const pins = new Map<string, BundlePin>();
  for (const bundle of release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, requireBundlePin(open, bundle));
  const names = releaseImages(environment);
  const images = await withPlannedImages(open, names, options, log, async (planned) =>
    planned.length === 0
      ? []
      : releasedImages(planned, environmentRegistry(environment, options.registries), { ...options, root }, log),
  );
  const rendered = renderEnv({
    environment,
    release,
    descriptor: planDescriptor(release, pins, descriptorOptions(environment)),
    images: new Map(images.map(({ plan, reference }) => [plan.image, reference])),
  });
  return { ...rendered, images };
}
