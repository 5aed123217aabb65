import * as z from 'zod';
import { generations } from '../platform/generation';
import { PLATFORM_CONTEXT } from '../platform/image-list';
import type { Generation } from '../platform/generation';
import { NotSecret } from '../document/not-secret';
import type { RegistryName } from './reference';

/**
 * The format of release.yaml. schema.json (for editors) and docs/release-yaml.md are generated from these descriptions. The schemas define
 * shapes, not messages: read.ts has its own messages.
 */
const text = () => z.string().min(1);

/** The schema of one bundle in release.yaml, and its type. */
export const WrittenBundle = z
  .strictObject({
    id: text().describe(
      'The bundle’s id, with its version: `my-bundle@1-0-0`. Also the name of its folder and of its Nx project.',
    ),
    name: z.string().optional().describe('What people see. The platform only displays it.'),
    description: z.string().optional().describe('What the bundle does. The platform only displays it.'),
    repo: text()
      .optional()
      .describe(
        'Where a pinned bundle comes from: an ssh, https or file URL, or a name from `repos`. Without it the bundle is a workspace bundle: its folder here, as git sees it.',
      ),
    ref: text()
      .optional()
      .describe('A tag or a full commit id of `repo`. A branch only in git mode with BUNDLE_GIT_ALWAYS_PULL=1.'),
    subdir: z
      .string()
      .optional()
      .describe(
        'The folder that holds the bundle’s folder (not the bundle’s folder itself). Default: `bundles` for a workspace bundle, the repository’s root for a pinned one.',
      ),
    module: text()
      .optional()
      .describe('The module the platform imports. Derived from the id; written, it must be `<id>.entrypoint`.'),
    singleton: z.boolean().optional().describe('Whether the platform keeps one instance for all requests. Default: false.'),
    path: text().optional().describe('Where the bundle is in the image. Derived (`/bundles`); written, it must say the same.'),
    git_commit: text().optional().describe('The commit that `ref` must name, as a second lock. Derived from the pin.'),
    config: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'The bundle’s settings that are not secret. Platforms from 2026-04-19 read them as `config`, those from 2026-03-03 as `props`.',
      ),
    props: z.record(z.string(), z.unknown()).optional().describe('The older name of `config`. Write one of the two.'),
  })
  .describe('One bundle of the release.');

const source = {
  repo: text().describe('An ssh, https or file URL, or a name from `repos`.'),
  ref: text().describe('A tag or a full commit id.'),
};

/** The schema of one image in `platform.images`. */
const WrittenPlatformImage = z.strictObject({
  dockerfile: text()
    .optional()
    .describe(`Its Dockerfile, relative to the build context \`${PLATFORM_CONTEXT}\` of the platform’s repository.`),
  args: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'Build arguments, in addition to those that the platform’s own build passes. Visible in the image: never a secret.',
    ),
});

/** How one image of the platform is built, where release.yaml departs from the platform's own build. */
export type PlatformImageSettings = z.infer<typeof WrittenPlatformImage>;

/** The schema of release.yaml, and its type. schema.json is generated from it. */
export const WrittenRelease = z
  .strictObject({
    release_name: text()
      .optional()
      .describe('What people call this release: `prod-2026-02-22`. It becomes a tag of the images; it never enters one.'),
    platform: z
      .strictObject({
        repo: source.repo.optional(),
        ref: text().describe(
          'The platform’s version: the tag of its published images, exactly (PEP 440 since 2026-03-05); with `build`, any tag or full commit id of `repo`.',
        ),
        registry: text()
          .optional()
          .describe(
            'The registry that has the platform’s published images, such as `docker.io/kdcube`. With it, all of them belong to the release: `nx sync` pins each by digest, `docker-push` copies them into your registry, and environments use them by name.',
          ),
        build: z
          .boolean()
          .optional()
          .describe(
            'Whether the platform’s images are built here, from `repo` at `ref`, instead of copied from `registry`. Then all of them belong to the release too: `nx sync` pins the commit and the base images of each, and `docker-push` builds those that the registry does not have. Default: false.',
          ),
        images: z
          .record(z.string(), WrittenPlatformImage)
          .optional()
          .describe('With `build`: how single images are built, where that is not as the platform does it. By their names.'),
        description: z.string().optional().describe('For people.'),
      })
      .describe('Which KDCube platform the release runs on.'),
    frontend: z
      .strictObject({
        ...source,
        subdir: text()
          .optional()
          .describe(
            'The folder of the repository that has the frontend’s package.json. Only its content is in the image and in the image’s key. Default: the whole repository.',
          ),
      })
      .optional()
      .describe(
        'Which frontend the release ships: pinned like a bundle, and staged as `frontend/` into the build context of each image whose Dockerfile copies from it.',
      ),
    repos: z
      .record(z.string(), text())
      .optional()
      .describe(
        'Names for repositories, so that `repo:` can be a name: `{customer-repo: git@github.com:org/customer-repo.git}`.',
      ),
    not_secret: NotSecret.optional().describe(
      'What looks like a secret and is none: names of settings of bundles, as a list, or with a reason each as a mapping; and files of bundles, always with a reason: `{bundles/my-bundle/tests/key.pem: a test key that signs nothing}`.',
    ),
    bundles: z
      .strictObject({
        version: z
          .union([z.string(), z.number()])
          .optional()
          .describe('The version of this list’s format, "1". Written by today’s platform; nothing here depends on it.'),
        default_bundle_id: text().optional().describe('The bundle that answers when a request names none. Default: the first.'),
        items: z.array(WrittenBundle).describe('The bundles, in the order in which people see them.'),
      })
      .describe('What runs on the platform.'),
  })
  .describe('A KDCube release: the one input of the release process.');

export type WrittenBundle = z.infer<typeof WrittenBundle>;
export type WrittenRelease = z.infer<typeof WrittenRelease>;

/** The fields of both kinds of bundle. */
interface BundleBase {
  id: string;
  name?: string;
  description?: string;
  singleton?: boolean;
  config?: Record<string, unknown>;
  /** Its folder under /bundles in the images (a name with a dot could not be imported). */
  folder: string;
  /** `<folder>.entrypoint`, relative to /bundles. */
  module: string;
  /** The folder that contains the bundle's own folder; '' is the repository's root. Forward slashes, no trailing one. */
  subdir: string;
}

/** A bundle with a repository and a ref: its pin defines its content. */
export interface PinnedBundle extends BundleBase {
  kind: 'pinned';
  /** As written in release.yaml: a URL or a name. */
  repo: string;
  ref: string;
  /** The commit in release.yaml itself, if any. */
  gitCommit?: string;
}

/** A bundle of this workspace: its content is its folder as git sees it (tracked and untracked, not ignored). */
export interface WorkspaceBundle extends BundleBase {
  kind: 'workspace';
}

/** A bundle of a release, with all derived values. */
export type Bundle = PinnedBundle | WorkspaceBundle;

/** The frontend: its repository as written in release.yaml (a URL or a name), a ref in it, and its folder there; without `subdir`, all of it. */
export interface FrontendSource {
  repo: string;
  ref: string;
  subdir?: string;
}

/** A validated and normalized release: names are resolved, defaults are filled in. */
export interface Release {
  name?: string;
  /**
   * `registry`: where the platform's images are mirrored from. `build`: they are built here, with these settings by image. If both are undefined, they are not
   * part of the release.
   */
  platform: {
    repo?: string;
    ref?: string;
    registry?: RegistryName;
    build?: Readonly<Record<string, PlatformImageSettings>>;
  };
  frontend?: FrontendSource;
  repos: Record<string, string>;
  /** Files of bundles that look like secrets but are not, and the reason: by the bundle's place, and the path in it. */
  allowedFiles?: Record<string, string>;
  /** Resolved: the bundle that release.yaml names, else the first bundle. */
  defaultBundleId?: string;
  bundles: Bundle[];
  generation: Generation;
  /** Why this generation was chosen, for messages. */
  generationBecause: string;
}

/** How a release will be used. Some rules depend on it. */
export const ReleaseOptions = z.object({
  generation: z
    .enum(generations)
    .optional()
    .describe(
      'The platform’s generation, by the day from which on it holds. Default: by platform.ref where that is a calendar version.',
    ),
  mode: z
    .enum(['baked', 'git'])
    .optional()
    .describe('How the bundles reach the platform: `baked` into its images, or cloned by it (`git`). Default: baked.'),
  alwaysPull: z
    .boolean()
    .optional()
    .describe('In git mode, BUNDLE_GIT_ALWAYS_PULL=1: then a ref may be a branch. Default: false.'),
  examples: z
    .boolean()
    .optional()
    .describe('BUNDLES_INCLUDE_EXAMPLES of the deployment: whether the platform adds its own examples. Default: false.'),
});

export type ReleaseOptions = z.infer<typeof ReleaseOptions>;

/** Where bundles are in the images. */
export const BUNDLES_ROOT = '/bundles';

/** The possible locations of a bundle's folder in its repository: `<subdir>/<id>`, and if the id has dots, also the importable folder name. */
export function bundlePlaces(bundle: Pick<Bundle, 'id' | 'folder' | 'subdir'>): string[] {
  const below = (name: string) => (bundle.subdir ? `${bundle.subdir}/${name}` : name);
  return bundle.folder === bundle.id ? [below(bundle.id)] : [below(bundle.id), below(bundle.folder)];
}
