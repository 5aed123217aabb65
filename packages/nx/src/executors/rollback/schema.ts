import * as z from 'zod';
import { dryRun, environment, json, registry, rollout, anyTimeout, overwriteDescriptor } from '../options';

export const description =
  'Roll back an environment on ECS to an earlier release, by its release record: the same task definition revisions, images and bundle descriptor. Needs no build, and not the release.yaml of this checkout.';
export const examples = [
  { command: 'nx run release:rollback:prod', description: 'Roll back to the last good release before the running one' },
  { command: 'nx run release:rollback:prod --to=prod-2026-02-22', description: 'Roll back to a release by its name' },
];

export const RollbackOptions = z.strictObject({
  environment,
  to: z
    .string()
    .optional()
    .describe('The name of a release (`release_name`). Default: the last good release that is not the running one.')
    .meta({ examples: ['prod-2026-02-22'] }),
  ...rollout,
  timeout: anyTimeout,
  overwriteDescriptor,
  registry,
  dryRun,
  json,
});
export type RollbackOptions = z.infer<typeof RollbackOptions>;
