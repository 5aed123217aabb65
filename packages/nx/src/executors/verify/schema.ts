import * as z from 'zod';
import { environment, json, platform, registry } from '../options';

export const description =
  'Check everything that a deployment needs: account, cluster, services, roles and their permissions, images and their platforms, secrets (never their values), log groups, target groups, idle timeouts, subnets, security groups, file systems and quotas. For an environment with compose: the images, the host, its compose file and secret files. Only reads. Prints one table; a check that AWS denies is unknown, not failed.';
export const examples = [
  { command: 'nx run release:verify:prod', description: 'Check whether prod is ready for a deployment' },
  { command: 'nx run release:verify:prod --layers', description: 'Also fetch the layers of the images and check their content' },
  { command: 'nx run release:verify:prod --secretKeys', description: 'Also check that each secret has the key that is used' },
];

export const VerifyOptions = z.strictObject({
  environment,
  registry,
  platform,
  secretKeys: z
    .boolean()
    .default(false)
    .describe(
      'Read the secrets that are referenced by key (secretsmanager:name#key), to check that they have the key. Values are neither printed nor stored. By default no secret is read.',
    )
    .meta({ examples: [true] }),
  layers: z
    .boolean()
    .default(false)
    .describe(
      'Fetch every layer of the release’s images that is not its base’s, and check that it unpacks to the content that was computed from git. For runtimes that pull lazily, which do not check it themselves.',
    )
    .meta({ examples: [true] }),
  json,
});
export type VerifyOptions = z.infer<typeof VerifyOptions>;
