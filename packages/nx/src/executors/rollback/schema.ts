import * as z from 'zod';
import { dryRun, environment, json, registry, rollout } from '../options';

export const description =
  'Go back to an earlier release of an environment on ECS, by its record: the same revisions, the same images, its descriptor in the registry. Needs no build, and nothing of the release in this checkout.';
export const examples = [
  { command: 'nx run release:rollback:prod', description: 'To the last good release that is not what runs now' },
  { command: 'nx run release:rollback:prod --to=prod-2026-02-22', description: 'To a release by its name' },
];

export const RollbackOptions = z.strictObject({
  environment,
  to: z
    .string()
    .optional()
    .describe('The name of a release (`release_name`). Default: the last good one that is not what runs now.')
    .meta({ examples: ['prod-2026-02-22'] }),
  ...rollout,
  registry,
  dryRun,
  json,
});
export type RollbackOptions = z.infer<typeof RollbackOptions>;
