import * as z from 'zod';

export const description =
  'Add a bundle to the release: a folder with a working entrypoint and a test, or, with --repo and --ref, a pinned bundle from another repository.';
export const examples = [
  { command: 'nx g @kdcube/nx:bundle my-bundle', description: 'A new bundle in bundles/my-bundle' },
  {
    command: 'nx g @kdcube/nx:bundle my-bundle@1-0-0 --title="My bundle"',
    description: 'One with a version in its id, and a display name',
  },
  {
    command: 'nx g @kdcube/nx:bundle app@2-0 --repo=git@github.com:org/app.git --ref=v2.0.0 --subdir=service/bundles',
    description: 'A bundle from another repository, at a tag',
  },
];

export const BundleOptions = z.strictObject({
  name: z
    .string()
    .describe('The bundle’s id: the name of its folder and of its Nx project. A version follows an @, with dashes.')
    .meta({
      $default: { $source: 'argv', index: 0 },
      'x-prompt': 'What is the id of the bundle?',
      examples: ['my-bundle', 'my-bundle@1-0-0'],
    }),
  title: z
    .string()
    .optional()
    .describe('The display name (name in release.yaml).')
    .meta({ examples: ['My bundle'] }),
  description: z
    .string()
    .optional()
    .describe('What the bundle does, in one line.')
    .meta({ examples: ['Answers questions about invoices.'] }),
  directory: z
    .string()
    .default('bundles')
    .describe('The folder of this workspace that gets the new bundle’s folder.')
    .meta({ examples: ['service/bundles'] }),
  repo: z
    .string()
    .optional()
    .describe('For a pinned bundle: its repository, an ssh, https or file URL or a name from repos in release.yaml.')
    .meta({ examples: ['git@github.com:org/app.git'] }),
  ref: z
    .string()
    .optional()
    .describe('For a pinned bundle: a tag or a full commit id of repo.')
    .meta({ examples: ['v2.0.0'] }),
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version, for a workspace without release.yaml: the bundle generator writes one.')
    .meta({ examples: ['2026.07.20.444'] }),
  subdir: z
    .string()
    .optional()
    .describe('For a pinned bundle: the folder of repo that holds the bundle’s folder. Default: the repository’s root.')
    .meta({ examples: ['service/bundles'] }),
});
export type BundleOptions = z.input<typeof BundleOptions>;
