import * as z from 'zod';
import { environment, json, platform, registry } from '../options';

export const description =
  'Show what a deploy would do: which services restart, in which order and why, bundle by bundle and variable by variable, and what stays unchanged. Reads the registry and ECS; writes a plan file that a deploy can carry out.';
export const examples = [
  { command: 'nx run release:plan:prod', description: 'Show what would change in the environment prod' },
  { command: 'nx run release:plan:prod --markdown=plan.md', description: 'Also as Markdown, for a pull request' },
  { command: 'nx run release:plan:prod --unpushed', description: 'Before the images are pushed, as in a pull request' },
  { command: 'nx run release:plan:prod --offline', description: 'Compare with the last release record, without AWS' },
];

export const PlanOptions = z.strictObject({
  environment,
  registry,
  platform,
  offline: z
    .boolean()
    .default(false)
    .describe(
      'Do not contact AWS: compare with the last release record in the registry, and name it. An Amazon registry is used only with docker’s own login. If the registry cannot be reached, the plan uses the record that was read last in this checkout, and the digests in the receipts of docker-push. Such a plan is for reading: no plan file is written.',
    )
    .meta({ examples: [true] }),
  unpushed: z
    .boolean()
    .default(false)
    .describe(
      'Also plan with images that are not pushed yet, such as those of a pull request: the plan shows their content key in place of a digest. Such a plan is for reading: no plan file is written.',
    )
    .meta({ examples: [true] }),
  values: z
    .boolean()
    .default(false)
    .describe('Show the values of changed variables, before and after. Values that look like secrets are never shown.')
    .meta({ examples: [true] }),
  markdown: z
    .string()
    .optional()
    .describe(
      'Also write the plan as Markdown to this file, for a comment on a pull request: what is removed comes first, and what exceeds a comment of GitHub is counted.',
    )
    .meta({ examples: ['plan.md'] }),
  out: z
    .string()
    .optional()
    .describe('The plan file to write. Default: dist/plan/<environment>.json.')
    .meta({ examples: ['dist/plan/prod.json'] }),
  json,
});
export type PlanOptions = z.infer<typeof PlanOptions>;
