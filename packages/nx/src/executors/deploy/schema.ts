import * as z from 'zod';
import { DeployEcsOptions } from '../deploy-ecs/schema';
import { anyTimeout, overwriteDescriptor } from '../options';

export const description =
  'Deploy the release to an environment, on ECS or on a host with docker compose, as the environment says. The same as `deploy-ecs` or `deploy-compose`.';
export const examples = [
  { command: 'nx run release:deploy:prod', description: 'Deploy the release to the environment prod' },
  { command: 'nx run release:deploy:prod --plan=dist/plan/prod.json', description: 'Carry out exactly this plan, or fail' },
];

export const DeployOptions = z.strictObject({
  ...DeployEcsOptions.shape,
  timeout: anyTimeout,
  overwriteDescriptor,
});
export type DeployOptions = z.infer<typeof DeployOptions>;
