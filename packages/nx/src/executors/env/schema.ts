import * as z from 'zod';
import { dryRun, environment, json, offlineReceipts, platform, registry } from '../options';

export const description =
  'Render the environment variables and files of every service from environments/<name>.yaml and the release, with images by digest, to dist/env/<name>. Secrets stay references.';
export const examples = [
  { command: 'nx run release:env:prod', description: 'Render the environment prod' },
  { command: 'nx run release:env', description: 'Render the only environment' },
];

export const EnvOptions = z.strictObject({ environment, registry, platform, offline: offlineReceipts, dryRun, json });
export type EnvOptions = z.infer<typeof EnvOptions>;
