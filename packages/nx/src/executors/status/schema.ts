import * as z from 'zod';
import { environment, json, registry } from '../options';

export const description =
  'Show what runs in an environment on ECS: the release, each service and each bundle, since when, and where that differs from the last release record. Fails with `release-drift` on any difference.';
export const examples = [
  { command: 'nx run release:status:prod', description: 'Show what runs in the environment prod' },
  { command: 'nx run release:status:prod --json', description: 'The same as JSON' },
];

export const StatusOptions = z.strictObject({ environment, registry, json });
export type StatusOptions = z.infer<typeof StatusOptions>;
