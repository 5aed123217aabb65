import * as z from 'zod';
import { dryRun, environment, hostTimeout, json, overwriteDescriptor, platform, registry, rollout } from '../options';
import { DeployEcsOptions } from '../deploy-ecs/schema';

export const description =
  'Deploy the release to a host with docker compose: every image is pulled first, then the services that change are replaced in waves, and each is watched until it is healthy and runs the pinned image. A failed wave is rolled back to the previous release. Ends with a release record on the host and in the registry.';
export const examples = [
  { command: 'nx run release:deploy-compose:host', description: 'Deploy the release to the environment host' },
  {
    command: 'nx run release:deploy-compose:host --plan=dist/plan/host.json',
    description: 'Carry out exactly this plan, or fail',
  },
  { command: 'nx run release:deploy-compose:host --onFailure=stop', description: 'Leave everything as it is when a wave fails' },
];

export const DeployComposeOptions = z.strictObject({
  environment,
  plan: DeployEcsOptions.shape.plan,
  allowUncommitted: DeployEcsOptions.shape.allowUncommitted,
  allowOlder: DeployEcsOptions.shape.allowOlder,
  onFailure: rollout.onFailure,
  timeout: hostTimeout,
  overwriteDescriptor,
  registry,
  platform,
  dryRun,
  json,
});
export type DeployComposeOptions = z.infer<typeof DeployComposeOptions>;
