import * as z from 'zod';
import { environment, json, registry } from '../options';

export const description =
  'Say what runs in an environment on ECS: which release, each service and each bundle, since when, and where it is not what the last record says. Fails with `release-drift` where it is not.';
export const examples = [
  { command: 'nx run release:status:prod', description: 'What runs in the environment prod' },
  { command: 'nx run release:status:prod --json', description: 'The same for a tool' },
];

export const StatusOptions = z.strictObject({ environment, registry, json });
export type StatusOptions = z.infer<typeof StatusOptions>;
