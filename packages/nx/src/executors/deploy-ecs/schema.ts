import * as z from 'zod';
import { dryRun, environment, json, platform, registry, rollout } from '../options';

export const description =
  'Bring the release to an environment on ECS: in waves, each service watched by its own deployment until its tasks run the pinned images. What fails goes back, with the reason from the task itself. Ends with a record in the registry.';
export const examples = [
  { command: 'nx run release:deploy-ecs:prod', description: 'Deploy the release to the environment prod' },
  { command: 'nx run release:deploy-ecs:prod --plan=dist/plan/prod.json', description: 'Carry out exactly this plan, or refuse' },
  { command: 'nx run release:deploy-ecs:prod --onFailure=stop', description: 'Leave everything as it is when a wave fails' },
];

export const DeployEcsOptions = z.strictObject({
  environment,
  plan: z
    .string()
    .optional()
    .describe(
      'A plan that was saved (`nx run release:plan`). It is refused when what runs changed in between. Default: a plan is made now.',
    )
    .meta({ examples: ['dist/plan/prod.json'] }),
  ...rollout,
  registry,
  platform,
  dryRun,
  json,
});
export type DeployEcsOptions = z.infer<typeof DeployEcsOptions>;
