import type { ImageFolder, ImagePin, ImagePlan, ImageTag, MissingSource, Problem } from '@kdcube/release/internal';
import { platformArgs } from '@kdcube/release/internal';
import type { FoundBundle } from '../workspace/bundles';
import type { FoundFrontend } from '../workspace/frontend';
import type { GitStore } from '../git/mirror/store';
import type { Log } from '../system/log';
import type { Registries } from '../workspace/registries';
import type { ScannedFiles } from '../workspace/tree-secrets';

/** The options of an image. */
export interface ImageOptions {
  platform?: string;
  args: Readonly<Record<string, string>>;
  offline: boolean;
  /** Whether reading a pinned bundle checks that its ref still names the pinned commit. Default: true. */
  checksRefs?: boolean;
}

/** A planned image: its content is known; nothing has been fetched or built. */
export interface ImageJob {
  plan: ImagePlan;
  folder: ImageFolder;
  pin: Pick<ImagePin, 'bases'>;
  bundles: FoundBundle[];
  /** Set if its Dockerfile copies from the folder `frontend`. */
  frontend?: FoundFrontend;
  /** Its paths with uncommitted changes: such an image can be pushed, but not tagged or deployed. */
  uncommitted: string[];
  files: {
    tree: string;
    /** Makes the content readable; for an image of the platform, fetches it. */
    open(): Promise<GitStore>;
    scanned: ScannedFiles;
  };
  /** Set for an image of the platform that is built from its repository. */
  platform?: PlatformParts;
  /** The reference of every external image in the Dockerfile, by digest. Of a base that is built here, `c-<key>` gives the digest, which is verified. */
  references(registries: Registries, log: Log): Promise<Map<string, string>>;
}

/** What is special about an image of the platform that is built here. */
interface PlatformParts {
  /** platform.ref and the platform's commit. They move: another base or argument gives another image of the same commit. */
  tags: ImageTag[];
  /** The Dockerfile with pinned clones. */
  rewrite(dockerfile: string): string;
  /** Checks the sources of COPY and ADD against the whole commit. */
  requireSources(toProblem: (missing: MissingSource) => Problem): Promise<void>;
}

/** The build arguments of an image: its own, and the platform's ref. */
export function buildArgs({ plan }: Pick<ImageJob, 'plan'>): Record<string, string> {
  return { ...plan.args, ...platformArgs(plan.platformRef) };
}

/** The content of an image, for receipts. */
export function contentOf({ plan, bundles }: Pick<ImageJob, 'plan' | 'bundles'>) {
  const { image, key, platform, platformRef, bases, frontend } = plan;
  return {
    image,
    key,
    platform,
    ...(platformRef !== undefined && { platformRef }),
    bases: { ...bases },
    bundles: bundles.map(({ content }) => content),
    ...(frontend !== undefined && { frontend }),
  };
}
