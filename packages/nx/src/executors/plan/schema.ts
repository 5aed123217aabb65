import * as z from 'zod';
import { environment, json, platform, registry } from '../options';

export const description =
  'Say what a deploy would do, before anything moves: which services restart and why, bundle by bundle and variable by variable, in which order, what stays. Reads the registry and ECS; writes a file that a deploy can carry out.';
export const examples = [
  { command: 'nx run release:plan:prod', description: 'What would change in the environment prod' },
  { command: 'nx run release:plan:prod --markdown=plan.md', description: 'The same for a pull request' },
  { command: 'nx run release:plan:prod --offline', description: 'Against the last release record, without AWS' },
];

export const PlanOptions = z.strictObject({
  environment,
  registry,
  platform,
  offline: z
    .boolean()
    .default(false)
    .describe(
      'Without AWS: compare with the last release record that the registry has, and say which. An Amazon registry is asked only with the login that docker keeps; where the registry cannot be asked, the record that was seen here last holds, and digests are taken from the receipts of docker-push. Such a plan is to be read only: no file is written for a deploy.',
    )
    .meta({ examples: [true] }),
  values: z
    .boolean()
    .default(false)
    .describe('Show the values of variables that change, before and after. Those that look like secrets never.')
    .meta({ examples: [true] }),
  markdown: z
    .string()
    .optional()
    .describe('Write the plan as Markdown into this file too: for a comment on a pull request.')
    .meta({ examples: ['plan.md'] }),
  out: z
    .string()
    .optional()
    .describe('The file that a deploy can carry out. Default: dist/plan/<environment>.json.')
    .meta({ examples: ['dist/plan/prod.json'] }),
  json,
});
export type PlanOptions = z.infer<typeof PlanOptions>;
