import * as z from 'zod';

export const description =
  'Create release.yaml, the one input of a release. In an existing one, set the platform’s version or the release’s name; comments are preserved.';
export const examples = [
  {
    command: 'nx g @kdcube/nx:release --platformRef=2026.07.20.444',
    description: 'Create release.yaml, or change its platform version',
  },
  {
    command: 'nx g @kdcube/nx:release --from=deploy/assembly.yaml,deploy/bundles.yaml',
    description: 'Create release.yaml from the platform’s descriptors',
  },
  { command: 'nx g @kdcube/nx:release --name=prod-2026-11-23', description: 'Rename the release' },
];

/** The name of the platform’s repository in a new release.yaml. */
export const PLATFORM_REPO = 'kdcube-ai-app';

export const fromOption = z
  .array(z.string())
  .default([])
  .describe(
    'Files of this workspace that describe the release already, for a new release.yaml: another release.yaml, assembly.yaml and bundles.yaml, or the value of AGENTIC_BUNDLES_JSON. What does not come along is named.',
  )
  .meta({ examples: [['deploy/assembly.yaml', 'deploy/bundles.yaml']] });

export const ReleaseGeneratorOptions = z.strictObject({
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version: the tag of its published images. Required if there is no release.yaml yet.')
    .meta({
      'x-prompt': 'Which platform version (platform.ref)?',
      'x-priority': 'important',
      examples: ['2026.07.20.444'],
    }),
  platformRepo: z
    .string()
    .default(PLATFORM_REPO)
    .describe('The platform’s repository in a new release.yaml: a URL or a name.')
    .meta({ examples: ['git@github.com:kdcube/kdcube-ai-app.git'] }),
  from: fromOption,
  name: z
    .string()
    .optional()
    .describe(
      'The name of the release (release_name). It becomes a tag of the images. Default in a new release.yaml: the package’s name and -1.',
    )
    .meta({ examples: ['prod-2026-11-23'] }),
});
export type ReleaseGeneratorOptions = z.input<typeof ReleaseGeneratorOptions>;
