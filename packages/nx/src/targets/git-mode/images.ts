import {
  BUILT_BASE,
  builtBaseImage,
  type Environment,
  environmentFile,
  KdcubeError,
  platformArgs,
  platformBase,
  type Problem,
  quoted,
  readDockerfile,
  type ServiceImage,
} from '@kdcube/release/internal';
import { pinnedImage } from '../../images/plan-job';
import { diskFiles } from '../../workspace/disk';
import { mapImages } from '../../workspace/environment';
import { pinnedReferences, type Registries } from '../../workspace/registries';
import type { OpenRelease } from '../../workspace/workspace';

export interface PlatformImages {
  environment: Environment;
  notes: Problem[];
}

/**
 * In git mode, an image whose only purpose is to have the bundles is not built or needed: its services run its base, by the digest of its pin. So one key switches an environment from one mode to the
 * other. Problem `git-mode` for an image that does more.
 */
export function usePlatformImages(open: OpenRelease, environment: Environment, registries: Registries): PlatformImages {
  if (environment.bundles.mode !== 'git') return { environment, notes: [] };
  const bases = new Map<string, ServiceImage>();
  const problems: Problem[] = [];
  const replace = (image: ServiceImage): ServiceImage => {
    if (image.kind === 'digest' || !hasBundles(open, image.name)) return image;
    try {
      const base = bases.get(image.name) ?? baseOf(open, image.name, environment.name, registries);
      bases.set(image.name, base);
      return base;
    } catch (error) {
      if (!(error instanceof KdcubeError)) throw error;
      for (const problem of error.problems)
        if (!problems.some(({ message }) => message === problem.message)) problems.push(problem);
      return image;
    }
  };
  const replaced = mapImages(environment, replace);
  if (problems.length > 0) throw new KdcubeError(problems);
  const notes = [...bases].map(([image, base]): Problem => ({
    code: 'git-mode',
    message: `${quoted(image)} is not needed in git mode: its base runs, ${base.kind === 'digest' ? base.reference : base.name}.`,
  }));
  return { environment: replaced, notes };
}

function hasBundles({ workspace }: OpenRelease, name: string): boolean {
  const found = workspace.pins.images.find(({ subject }) => subject.name === name);
  return (found?.subject.question?.bundles.length ?? 0) > 0;
}

function baseOf(open: OpenRelease, name: string, environment: string, registries: Registries): ServiceImage {
  const { folder, pin } = pinnedImage(open, name);
  const file = `${folder.path}/${folder.dockerfile}`;
  const text = new TextDecoder().decode(Buffer.from(diskFiles(open.root).read(file) ?? ''));
  const found = platformBase(readDockerfile(text, file, platformArgs(open.release.platform.ref)));
  if ('does' in found) throw doesMore(name, environment, { file, ...found });
  // An image of the release, as any other that is built here.
  if (pin.bases[found.base] === BUILT_BASE) return { kind: 'release', name: builtBaseImage(found.base, open.release)! };
  const reference = pinnedReferences(pin, registries).get(found.base)!;
  return { kind: 'digest', reference: reference.replace(/:[\w.-]+(?=@)/, '') };
}

export function doesMore(
  image: string,
  environment: string,
  { file, line, does }: { file: string; line: number; does: string },
): KdcubeError {
  return new KdcubeError({
    code: 'git-mode',
    message: `${quoted(image)} does more than add bundles (${file}:${line}: ${does}): in git mode ${environment} would run its base, without that.`,
    hint: `an image without COPY ./bundles, and its name in ${environmentFile(environment)}`,
    at: { file, line },
  });
}
