import * as z from 'zod';

export const description =
  'Move what release.yaml pins to a newer tag: a bundle, the frontend, the platform, or all of them. Prints the commits in between. Never a branch.';
export const examples = [
  { command: 'nx g @kdcube/nx:bump', description: 'Every bundle, the frontend and the platform to the newest tag' },
  { command: 'nx g @kdcube/nx:bump --dry-run', description: 'Show what is newer, and change nothing' },
  { command: 'nx g @kdcube/nx:bump app@2-0', description: 'One bundle to its newest tag' },
  { command: 'nx g @kdcube/nx:bump platform --to=2026.08.19.120', description: 'The platform to this version' },
];

export const BumpOptions = z.strictObject({
  name: z
    .string()
    .optional()
    .describe('The id of a bundle, `frontend` or `platform`. Default: all that release.yaml pins.')
    .meta({ $default: { $source: 'argv', index: 0 }, examples: ['app@2-0', 'platform'] }),
  to: z
    .string()
    .optional()
    .describe(
      'The tag, or a full commit id. Needs a name. Default: the newest tag of the same series (`v1.2.0` → `v1.10.0`); a pre-release only follows a pre-release.',
    )
    .meta({ examples: ['v2.1.0'] }),
});
export type BumpOptions = z.input<typeof BumpOptions>;
