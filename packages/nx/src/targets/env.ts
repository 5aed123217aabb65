import type { Environment, EnvPlan } from '@kdcube/release/internal';
import { renderEnv } from '@kdcube/release/internal';
import { releaseImages, environmentRegistry } from '../workspace/environment';
import { releasedImages, withPlannedImages, type ReleasedImage, type ReleasedOptions } from '../images/released-images';
import type { TrustOptions } from '../images/verify/verify';
import type { Log } from '../system/log';
import { findImageGit } from './git-mode/image-git';
import { prepareBundles } from './git-mode/prepare';
import { requirePushed } from './git-mode/pushed';
import type { OpenRelease } from '../workspace/workspace';

export interface EnvOptions extends TrustOptions, Pick<ReleasedOptions, 'signedFor' | 'allowsUnpushed'> {
  platform?: string;
  offline: boolean;
}

export interface RenderedEnv extends EnvPlan {
  images: ReleasedImage[];
}

/** Every service's environment, with the images as the registry has them. */
export async function renderedEnv(open: OpenRelease, written: Environment, options: EnvOptions, log: Log): Promise<RenderedEnv> {
  const { root, release } = open;
  const { environment, descriptor, notes } = await prepareBundles(open, written, options.registries, log);
  if (!options.offline) await requirePushed(open, descriptor.clones, log);
  const names = releaseImages(environment);
  const images = await withPlannedImages(open, names, options, log, async (planned) =>
    planned.length === 0
      ? []
      : releasedImages(planned, environmentRegistry(environment, options.registries), { ...options, root }, log),
  );
  const imagesByName = new Map(images.map(({ plan, reference }) => [plan.image, reference]));
  const imageHasGit = options.offline ? undefined : await findImageGit(environment, release.generation, imagesByName, log);
  const rendered = renderEnv({ environment, release, descriptor, images: imagesByName, imageHasGit });
  return { ...rendered, notes: [...notes, ...rendered.notes], images };
}
