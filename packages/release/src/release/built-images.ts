import { calendarVersion } from '../platform/generation';
import { PLATFORM_CONTEXT } from '../platform/image-list';
import { platformImage, platformImages } from '../platform/images';
import type { Release } from './release';

/** An image of the platform that is built here: from which commit, and how. */
export interface BuiltPlatformImage {
  name: string;
  /** As written in release.yaml: a URL or a name. */
  repo: string;
  /** platform.ref */
  ref: string;
  /** The folder of the repository that is the build context. */
  context: string;
  /** Relative to the context. */
  dockerfile: string;
  args: Record<string, string>;
}

/** The images of the platform that are built here; none without `platform.build`. A ref that is no version has the images of the release's generation. */
export function builtPlatformImages({ platform, generation }: Pick<Release, 'platform' | 'generation'>): BuiltPlatformImage[] {
  const { repo, ref, build } = platform;
  if (repo === undefined || ref === undefined || build === undefined) return [];
  return platformImages(calendarVersion(ref) === undefined ? generation : ref).map((name) => {
    const { dockerfile, args } = platformImage(name)!;
    const written = Object.hasOwn(build, name) ? build[name] : undefined;
    return {
      name,
      repo,
      ref,
      context: PLATFORM_CONTEXT,
      dockerfile: written?.dockerfile ?? dockerfile,
      args: { ...args, ...written?.args },
    };
  });
}
