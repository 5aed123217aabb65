import * as z from 'zod';

export const description =
  'Write release.yaml, the one input of a release. Where it is there already, set the platform’s version or the release’s name in it; its comments stay.';
export const examples = [
  {
    command: 'nx g @kdcube/nx:release --platformRef=2026.7.20.444',
    description: 'Write release.yaml, or move it to another platform',
  },
  { command: 'nx g @kdcube/nx:release --name=prod-2026-11-23', description: 'Give the release another name' },
];

export const ReleaseGeneratorOptions = z.strictObject({
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version: the tag of its published images. Needed where there is no release.yaml yet.')
    .meta({
      'x-prompt': 'Which platform version (platform.ref)?',
      'x-priority': 'important',
      examples: ['2026.7.20.444'],
    }),
  platformRepo: z
    .string()
    .default('kdcube-ai-app')
    .describe('The platform’s repository, for a new release.yaml: a URL, or a name.')
    .meta({ examples: ['git@github.com:kdcube/kdcube-ai-app.git'] }),
  name: z
    .string()
    .optional()
    .describe('What people call this release (release_name). It becomes a tag of the images.')
    .meta({ examples: ['prod-2026-11-23'] }),
});
export type ReleaseGeneratorOptions = z.input<typeof ReleaseGeneratorOptions>;
