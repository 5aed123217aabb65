import * as z from 'zod';
import { dryRun, environment, json, platform, registry, rollout } from '../options';

export const description =
  'Deploy the release to an environment on ECS: in waves, watching each service’s own deployment until its tasks run the pinned images. A failed wave is rolled back, with the reason from the task itself. Ends with a release record in the registry.';
export const examples = [
  { command: 'nx run release:deploy-ecs:prod', description: 'Deploy the release to the environment prod' },
  { command: 'nx run release:deploy-ecs:prod --plan=dist/plan/prod.json', description: 'Carry out exactly this plan, or fail' },
  { command: 'nx run release:deploy-ecs:prod --onFailure=stop', description: 'Leave everything as it is when a wave fails' },
];

export const DeployEcsOptions = z.strictObject({
  environment,
  plan: z
    .string()
    .optional()
    .describe(
      'A plan file of `nx run release:plan`. It is refused if the environment has changed since. Default: make a new plan.',
    )
    .meta({ examples: ['dist/plan/prod.json'] }),
  allowUncommitted: z
    .boolean()
    .default(false)
    .describe(
      'Deploy from CI although files of the release have uncommitted changes. Outside of CI, such a deploy is only reported.',
    )
    .meta({ examples: [true] }),
  allowOlder: z
    .boolean()
    .default(false)
    .describe('Deploy although what runs comes from a newer commit. To return to an earlier release, use `rollback`.')
    .meta({ examples: [true] }),
  ...rollout,
  registry,
  platform,
  dryRun,
  json,
});
export type DeployEcsOptions = z.infer<typeof DeployEcsOptions>;
