import * as z from 'zod';
import { dryRun, environment, json } from '../options';

export const description =
  'Continue a deployment on ECS that is paused at a lifecycle hook, or roll it back. Only for services with a native strategy: BLUE_GREEN, LINEAR, CANARY.';
export const examples = [
  { command: 'nx run release:continue:prod', description: 'Continue every deployment of the environment that is paused' },
  { command: 'nx run release:continue:prod --service=proc', description: 'Continue the paused deployment of one service' },
  {
    command: 'nx run release:continue:prod --service=proc --rollback',
    description: 'Let ECS roll the deployment of proc back, paused or in its bake',
  },
];

export const ContinueOptions = z.strictObject({
  environment,
  service: z
    .string()
    .optional()
    .describe('The name of a service in the environment. Default: all services.')
    .meta({ examples: ['proc'] }),
  rollback: z
    .boolean()
    .default(false)
    .describe('Roll back instead: every deployment that is in progress, whether it is paused or not.')
    .meta({ examples: [true] }),
  dryRun,
  json,
});
export type ContinueOptions = z.infer<typeof ContinueOptions>;
