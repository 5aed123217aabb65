import * as z from 'zod';

export const description =
  'Create release.yaml, the one input of a release. In an existing one, set the platform’s version or the release’s name; comments are preserved.';
export const examples = [
  {
    command: 'nx g @kdcube/nx:release --platformRef=2026.7.20.444',
    description: 'Create release.yaml, or change its platform version',
  },
  { command: 'nx g @kdcube/nx:release --name=prod-2026-11-23', description: 'Rename the release' },
];

export const ReleaseGeneratorOptions = z.strictObject({
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version: the tag of its published images. Required if there is no release.yaml yet.')
    .meta({
      'x-prompt': 'Which platform version (platform.ref)?',
      'x-priority': 'important',
      examples: ['2026.7.20.444'],
    }),
  platformRepo: z
    .string()
    .default('kdcube-ai-app')
    .describe('The platform’s repository in a new release.yaml: a URL or a name.')
    .meta({ examples: ['git@github.com:kdcube/kdcube-ai-app.git'] }),
  name: z
    .string()
    .optional()
    .describe('The name of the release (release_name). It becomes a tag of the images.')
    .meta({ examples: ['prod-2026-11-23'] }),
});
export type ReleaseGeneratorOptions = z.input<typeof ReleaseGeneratorOptions>;
