import * as z from 'zod';
import { environment, json, platform, registry } from '../options';

export const description =
  'Ask for everything that a deploy assumes: account, cluster, services, roles and what they may do, images for the right platform, secrets (whether they are there, never what they are), log groups, target groups, idle timeouts, subnets and security groups, file systems and the way to them, quotas. One table; what may not be asked is said.';
export const examples = [
  { command: 'nx run release:verify:prod', description: 'Whether prod is ready for a deploy' },
  { command: 'nx run release:verify:prod --secretKeys', description: 'And whether each secret has the key that is wanted of it' },
];

export const VerifyOptions = z.strictObject({
  environment,
  registry,
  platform,
  secretKeys: z
    .boolean()
    .default(false)
    .describe(
      'Read the secrets of which one key is wanted (secretsmanager:name#key), to see whether they have it. Nothing of a value is shown or kept. By default no secret is read.',
    )
    .meta({ examples: [true] }),
  json,
});
export type VerifyOptions = z.infer<typeof VerifyOptions>;
