import * as z from 'zod';
import { environment, json, platform, registry } from '../options';

export const description =
  'Ask for everything that a deploy assumes: account, cluster, services, roles and what they may do, images for the right platform, secrets (whether they are there, never what they are), log groups, target groups, idle timeouts, quotas. One table; what may not be asked is said.';
export const examples = [{ command: 'nx run release:verify:prod', description: 'Whether prod is ready for a deploy' }];

export const VerifyOptions = z.strictObject({ environment, registry, platform, json });
export type VerifyOptions = z.infer<typeof VerifyOptions>;
